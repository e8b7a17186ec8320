/** @file report.html: a run on one page that needs nothing but itself. */
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import { type PictureSet, resize } from "@drishti/core/data";
import { encode } from "fast-png";
import { lineChart } from "./chart.ts";
import type { Judgement } from "./judge.ts";
import { versions } from "./save.ts";
import type { TrainOutcome } from "./train-job.ts";
import { writeAtomic } from "./write-file.ts";

/** Writes the report of a finished run. Throws DataError when it cannot be written. */
export async function writeReport(path: string, outcome: TrainOutcome): Promise<void> {
  await writeAtomic(path, await reportPage(outcome));
}

export async function reportPage(outcome: TrainOutcome): Promise<string> {
  const { config, records, judgement, trained, validation, run } = outcome;
  const classes = trained?.card.classes ?? [];
  const name = trained?.card.model.name ?? config.model;
  const best = records.findLast((record) => record.best);
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const sections = [
    judgement
      ? `<p class="lead"><strong>${percent(judgement.evaluation.accuracy)}</strong> accuracy on ${judgement.evaluation.count} validation pictures: the model of epoch ${best?.epoch ?? "?"}, the best by that measure.</p>
${facts([
  ["macro precision", percent(judgement.evaluation.precision)],
  ["macro recall", percent(judgement.evaluation.recall)],
  ["macro F1", percent(judgement.evaluation.f1)],
  ["loss", judgement.evaluation.loss.toFixed(4)],
])}`
      : "",
    `<h2>Learning</h2>`,
    lineChart(
      "Loss",
      [
        { name: "training", tone: "a", values: records.map((r) => r.trainLoss) },
        { name: "validation", tone: "b", values: records.map((r) => r.loss) },
      ],
      short,
    ),
    lineChart("Accuracy", [{ name: "validation", tone: "b", values: records.map((r) => r.accuracy) }], percent),
    judgement ? `<h2>Confusion</h2>${confusion(judgement.evaluation.confusionMatrix, classes)}` : "",
    judgement ? `<h2>Classes</h2>${perClass(judgement, classes)}` : "",
    judgement && judgement.mistakes.length > 0
      ? `<h2>Surest mistakes</h2><div class="pictures">${await mistakes(judgement, validation, classes)}</div>`
      : "",
    `<h2>Configuration</h2>`,
    facts(Object.entries(config).map(([key, value]) => [key, value === null ? "–" : String(value)])),
    `<h2>Machine</h2>`,
    facts([
      ["device", `${outcome.device.name} (${outcome.device.detail})`],
      ["processor", `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} of them`],
      ["system", `${platform()} ${release()} ${arch()}`],
      [
        "versions",
        Object.entries(versions())
          .map(([key, value]) => `${key} ${value}`)
          .join(", "),
      ],
      ["training speed", `${Math.round(outcome.imagesPerSecond)} pictures a second`],
    ]),
    `<h2>Again</h2><pre>drishti train --config ${html(run)}/config.json --out another-folder
drishti evaluate ${html(run)}
drishti predict ${html(run)} picture.png</pre>`,
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${html(name)} on ${html(config.data)}</title><style>${style}</style></head>
<body><main><h1>${html(name)} on ${html(config.data)}</h1>
${sections.filter((section) => section !== "").join("\n")}
</main></body></html>
`;
}

function confusion(matrix: readonly (readonly number[])[], classes: readonly string[]): string {
  const head = classes.map((label) => `<th scope="col">${html(label)}</th>`).join("");
  const rows = matrix.map((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0) || 1;
    const cells = row.map((count, predicted) => {
      const share = Math.round((100 * count) / total);
      const title = `${html(classes[truth]!)} taken for ${html(classes[predicted]!)}: ${count}`;
      return `<td class="${truth === predicted ? "hit" : "miss"}" style="--share:${share}%" title="${title}">${count || ""}</td>`;
    });
    return `<tr><th scope="row">${html(classes[truth]!)}</th>${cells.join("")}</tr>`;
  });
  return `<p>Rows: what it is. Columns: what the model says.</p><div class="wide"><table class="confusion"><tr><th></th>${head}</tr>${rows.join("")}</table></div>`;
}

function perClass({ evaluation }: Judgement, classes: readonly string[]): string {
  const rows = evaluation.perClass.map(
    ({ label, precision, recall, f1, support }) =>
      `<tr><th scope="row">${html(classes[label]!)}</th><td>${precision.toFixed(3)}</td><td>${recall.toFixed(3)}</td><td>${f1.toFixed(3)}</td><td>${support}</td></tr>`,
  );
  return `<div class="wide"><table><tr><th></th><th>precision</th><th>recall</th><th>F1</th><th>pictures</th></tr>${rows.join("")}</table></div>`;
}

async function mistakes(judgement: Judgement, set: PictureSet, classes: readonly string[]): Promise<string> {
  const pictures = await Promise.all(judgement.mistakes.map(({ index }) => dataUrl(set, index)));
  return judgement.mistakes
    .map(
      ({ index, truth, predicted, probability }, k) =>
        `<figure><img alt="picture ${index}" src="${pictures[k]}"><figcaption>${html(classes[truth]!)}, said ${html(classes[predicted]!)} (${Math.round(100 * probability)} %)</figcaption></figure>`,
    )
    .join("");
}

/** The picture as a PNG inside the page, a large one made smaller. */
async function dataUrl(set: PictureSet, index: number): Promise<string> {
  const whole = await set.get(index);
  const {
    data: planes,
    channels,
    height,
    width,
  } = Math.min(whole.height, whole.width) > 112 ? resize(112).apply(whole) : whole;
  const plane = height * width;
  const shown = channels === 3 ? 3 : 1; // of other counts the first
  const data = new Uint8Array(plane * shown);
  for (let c = 0; c < shown; c++) for (let i = 0; i < plane; i++) data[i * shown + c] = planes[c * plane + i]!;
  return `data:image/png;base64,${Buffer.from(encode({ width, height, data, channels: shown, depth: 8 })).toString("base64")}`;
}

function facts(rows: readonly (readonly [string, string])[]): string {
  return `<dl>${rows.map(([key, value]) => `<dt>${html(key)}</dt><dd>${html(value)}</dd>`).join("")}</dl>`;
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);
}

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667; --paper: #fff; --line: #d5d9e0; --a: #b25d00; --b: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --paper: #14171a; --line: #343a42; --a: #f0a04b; --b: #6cb1ff; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.lead strong { font-size: 1.6rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1rem 0; } figcaption { color: var(--soft); }
svg { width: 100%; max-width: 40rem; height: auto; } svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 2; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); } .dot.a { fill: var(--a); } .dot.b { fill: var(--b); }
.key::before { content: ""; display: inline-block; width: .8em; height: .8em; margin: 0 .35em 0 .8em; border-radius: 50%; background: currentColor; } .key.a { color: var(--a); } .key.b { color: var(--b); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid var(--line); } th { font-weight: 600; }
.confusion td { min-width: 1.6rem; } .hit { background: color-mix(in srgb, var(--b) calc(var(--share) * .6), transparent); } .miss { background: color-mix(in srgb, var(--a) calc(var(--share) * 3), transparent); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; } .pictures figure { margin: 0; width: 7rem; font-size: .8rem; } .pictures img { width: 100%; image-rendering: pixelated; border: 1px solid var(--line); }
pre { overflow-x: auto; padding: .8rem; border: 1px solid var(--line); }
`;
