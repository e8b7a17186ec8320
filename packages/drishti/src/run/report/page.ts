/** @file report.html: a run on one page that needs nothing but itself, in English and Hindi. */
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import { versions } from "../save.ts";
import type { TrainOutcome } from "../train-job.ts";
import { writeAtomic } from "../write-file.ts";
import { lineChart } from "./line-chart.ts";
import { looks, mistakes } from "./pictures.ts";
import { reliability } from "./reliability.ts";
import { style } from "./style.ts";
import { confusion, perClass } from "./tables.ts";
import { both, facts, html, percent, short } from "./text.ts";

/** Writes the report of a finished run. Throws DataError when it cannot be written. */
export async function writeReport(path: string, outcome: TrainOutcome): Promise<void> {
  await writeAtomic(path, await reportPage(outcome));
}

export async function reportPage(outcome: TrainOutcome): Promise<string> {
  const { config, trained, judgement, validation } = outcome;
  const name = html(trained?.card.model.name ?? config.model);
  const data = html(config.data);
  const classes = trained?.card.classes ?? [];
  const sections = [
    lead(outcome),
    section("Learning", "सीखना", curves(outcome)),
    ...(judgement && trained
      ? [
          section("Confusion", "क्या क्या समझा गया", confusion(judgement.evaluation, classes)),
          section("Classes", "हर class", perClass(judgement.evaluation, classes)),
          section("Calibration", "भरोसा कितना सही", reliability(judgement.calibration, judgement.evaluation.count)),
          judgement.mistakes.length > 0
            ? section("Surest mistakes", "सबसे पक्की ग़लतियाँ", await mistakes(judgement, validation, classes))
            : "",
          section("Where it looked", "मॉडल ने कहाँ देखा", await looks(trained, judgement, validation)),
        ]
      : []),
    section(
      "Configuration",
      "सेटिंग",
      facts(Object.entries(config).map(([key, value]) => [html(key), value === null ? "–" : html(String(value))])),
    ),
    section("Machine", "मशीन", machine(outcome)),
    section("Again", "दोबारा", again(outcome.run)),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: ${data}</title><style>${style}</style></head>
<body><main><form class="switch"><label><input type="radio" name="language" checked> English</label><label><input type="radio" name="language" id="hindi"> हिन्दी</label></form>
<h1>${both(`${name} on ${data}`, `${data} पर ${name}`)}</h1>
${sections.join("\n")}
</main><script>if (navigator.language.startsWith("hi")) document.getElementById("hindi").checked = true;</script></body></html>
`;
}

function section(en: string, hi: string, content: string): string {
  return `<section><h2>${both(en, hi)}</h2>${content}</section>`;
}

function lead({ judgement, records, seconds }: TrainOutcome): string {
  if (!judgement) return "";
  const { accuracy, count, top5, precision, recall, f1, loss } = judgement.evaluation;
  const best = records.findLast((record) => record.best)?.epoch ?? "?";
  const numbers: readonly (readonly [string, string])[] = [
    [percent(top5), "top 5"],
    [percent(precision), "macro precision"],
    [percent(recall), "macro recall"],
    [percent(f1), "macro F1"],
    [loss.toFixed(4), "loss"],
    [duration(seconds), both("from start to end", "शुरू से अंत तक")],
  ];
  const items = numbers.map(([value, what]) => `<li><b>${value}</b>${what}</li>`).join("");
  return `<p class="lead"><strong>${percent(accuracy)}</strong> ${both(
    `accuracy on ${count} validation pictures: the model of epoch ${best}, the best by that measure.`,
    `accuracy, ${count} validation तस्वीरों पर: epoch ${best} का मॉडल, इस माप से सबसे अच्छा।`,
  )}</p><ul class="numbers">${items}</ul>`;
}

function curves({ records }: TrainOutcome): string {
  return `<div class="charts">${[
    lineChart(
      { en: "Loss", hi: "Loss" },
      [
        { name: "training", tone: "a", values: records.map((record) => record.trainLoss) },
        { name: "validation", tone: "b", values: records.map((record) => record.loss) },
      ],
      short,
    ),
    lineChart(
      { en: "Accuracy", hi: "Accuracy" },
      [{ name: "validation", tone: "b", values: records.map((record) => record.accuracy) }],
      (value) => percent(value, 0),
    ),
    lineChart(
      { en: "Learning rate", hi: "Learning rate" },
      [
        {
          name: both("at the end of the epoch", "epoch के अंत में"),
          tone: "a",
          values: records.map((record) => record.learningRate),
        },
      ],
      short,
    ),
    lineChart(
      { en: "Speed", hi: "गति" },
      [
        {
          name: both("pictures a second", "तस्वीरें प्रति सेकंड"),
          tone: "b",
          values: records.map((record) => record.imagesPerSecond),
        },
      ],
      short,
    ),
  ].join("")}</div>`;
}

function machine({ device, imagesPerSecond }: TrainOutcome): string {
  return facts([
    ["device", html(`${device.name} (${device.detail})`)],
    ["processor", html(`${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}`)],
    ["system", html(`${platform()} ${release()} ${arch()}`)],
    [
      "versions",
      html(
        Object.entries(versions())
          .map(([key, value]) => `${key} ${value}`)
          .join(", "),
      ),
    ],
    [
      both("training speed", "training की गति"),
      both(`${Math.round(imagesPerSecond)} pictures a second`, `${Math.round(imagesPerSecond)} तस्वीरें प्रति सेकंड`),
    ],
  ]);
}

function again(run: string): string {
  const folder = html(quoted(run));
  return `<p>${both(
    "The same training, from the configuration that the run folder holds; then its measures, and its answer for a picture, with heat.",
    "वही training, run के फ़ोल्डर में रखी सेटिंग से; फिर उसके माप, और किसी तस्वीर पर उसका उत्तर, Grad-CAM के साथ।",
  )}</p><pre>drishti train --config ${html(quoted(`${run}/config.json`))} --out another-folder
drishti evaluate ${folder}
drishti predict ${folder} picture.png --explain</pre>`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function duration(seconds: number): string {
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
