/** @file What `data check` found as one page with thumbnails, which needs nothing but itself. */
import { resize } from "@drishti/core/data";
import { encode } from "fast-png";
import { loadPicture } from "../data/work/task.ts";
import { shown } from "../run/shown.ts";
import type { CheckResult } from "./check.ts";
import { fatalCodes, type Problem, type ProblemCode, problemTexts } from "./problem.ts";

/** Thumbnails a kind of problem; the rest is listed by name. */
const MOST_SHOWN = 48;
const THUMB = 112;

/** Reads the pictures it shows. */
export async function checkPage(path: string, { count, classes, problems }: CheckResult): Promise<string> {
  const groups = new Map<ProblemCode, Problem[]>();
  for (const problem of problems) groups.set(problem.code, [...(groups.get(problem.code) ?? []), problem]);
  const sections: string[] = [];
  const brief = (text: string) => html(shown(text.replaceAll(`${path.replace(/\/+$/, "")}/`, "")));
  for (const [code, list] of groups) sections.push(await section(code, list, brief));
  const bad = problems.filter(({ code }) => fatalCodes.has(code)).length;
  const most = Math.max(1, ...classes.map(({ train, val }) => Math.max(train, val)));
  const hasVal = classes.some(({ val }) => val > 0);
  const bar = (value: number, tone: string) =>
    `<td class="number">${value}</td><td class="bar"><i class="${tone}" style="width:${((100 * value) / most).toFixed(1)}%"></i></td>`;
  const rows = classes.map(
    ({ label, train, val }) =>
      `<tr><th scope="row">${html(label)}</th>${bar(train, "a")}${hasVal ? bar(val, "b") : ""}</tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data check: ${html(path)}</title><style>${style}</style></head>
<body><main><h1>Data check <span lang="hi">· data की जाँच</span></h1><p class="path">${html(path)}</p>
<ul class="facts"><li><b>${count}</b> pictures <span lang="hi">तस्वीरें</span></li><li><b>${classes.length}</b> classes</li><li class="${bad > 0 ? "bad" : "good"}"><b>${bad}</b> cannot be used <span lang="hi">बेकार</span></li><li><b>${problems.length}</b> remarks <span lang="hi">टिप्पणियाँ</span></li></ul>
<nav>${[...groups].map(([code, list]) => `<a href="#${code}">${html(problemTexts[code][0])} <b>${list.length}</b></a>`).join("")}</nav>
<h2>Classes</h2><table><thead><tr><th></th><th colspan="2">train</th>${hasVal ? `<th colspan="2">validation</th>` : ""}</tr></thead><tbody>${rows.join("")}</tbody></table>
${problems.length === 0 ? `<p class="good">Nothing to remark. <span lang="hi">सब ठीक है।</span></p>` : sections.join("\n")}
</main></body></html>
`;
}

/** brief: a text for the page, without the path that all names begin with. */
async function section(code: ProblemCode, list: readonly Problem[], brief: (text: string) => string): Promise<string> {
  const [english, hindi] = problemTexts[code];
  const figures: string[] = [];
  for (const { file, message, other } of list.slice(0, MOST_SHOWN)) {
    const images = [await thumbnail(file), other === undefined ? "" : await thumbnail(other)].join("");
    figures.push(
      `<figure${other === undefined ? "" : ` class="pair"`}><div>${images || `<span class="none">${html(code)}</span>`}</div><figcaption><b>${brief(file)}</b> ${brief(message)}</figcaption></figure>`,
    );
  }
  const rest = list.slice(MOST_SHOWN);
  const more =
    rest.length === 0
      ? ""
      : `<details><summary>${rest.length} more</summary><ul>${rest.map(({ file, message }) => `<li><b>${brief(file)}</b> ${brief(message)}</li>`).join("")}</ul></details>`;
  return `<section id="${code}"><h2>${html(english)} <b>${list.length}</b> <span lang="hi">${html(hindi)}</span></h2><div class="pictures">${figures.join("")}</div>${more}</section>`;
}

async function thumbnail(file: string): Promise<string> {
  try {
    const whole = await loadPicture({ path: file }, 3);
    const small = resize(THUMB);
    const { data, height, width } = Math.min(whole.width, whole.height) > THUMB ? small.apply(whole) : whole;
    const plane = width * height;
    const interleaved = Uint8Array.from({ length: 3 * plane }, (_, i) => data[(i % 3) * plane + Math.floor(i / 3)]!);
    const png = encode({ width, height, data: interleaved, channels: 3, depth: 8 });
    return `<img alt="" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
  } catch {
    return ""; // most of what is shown here cannot be read: that is why
  }
}

function html(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);
}

const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #667; --paper: #fff; --card: #f5f6f8; --line: #d5d9e0; --a: #0b62c4; --b: #b25d00; --bad: #c0262d; --good: #1c7c3c; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --paper: #14171a; --card: #1d2125; --line: #343a42; --a: #6cb1ff; --b: #f0a04b; --bad: #ff7b7f; --good: #64c987; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Noto Sans", "Noto Sans Devanagari", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.4rem 0 .8rem; } h2 b { color: var(--soft); font-weight: 600; margin: 0 .4rem; }
[lang=hi] { color: var(--soft); font-weight: 400; } .path { color: var(--soft); margin: .2rem 0 1.2rem; overflow-wrap: anywhere; }
.facts { display: flex; flex-wrap: wrap; gap: .8rem; list-style: none; padding: 0; } .facts li { background: var(--card); border-radius: .6rem; padding: .6rem 1rem; } .facts b { font-size: 1.4rem; margin-right: .3rem; }
.bad b { color: var(--bad); } .good, .good b { color: var(--good); }
nav { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; } nav a { border: 1px solid var(--line); border-radius: 2rem; padding: .15rem .8rem; color: inherit; text-decoration: none; font-size: .9rem; } nav b { color: var(--a); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th { text-align: left; font-weight: 600; } th, td { padding: .2rem .7rem .2rem 0; } thead th { color: var(--soft); font-weight: 400; } .number { text-align: right; } .bar { width: 11rem; } .bar i { display: block; height: .7rem; border-radius: .2rem; min-width: 1px; } i.a { background: var(--a); } i.b { background: var(--b); }
.pictures { display: flex; flex-wrap: wrap; gap: .8rem; align-items: stretch; } figure { margin: 0; background: var(--card); border-radius: .6rem; padding: .6rem; width: 10rem; font-size: .78rem; line-height: 1.35; } .pair { width: 16rem; }
figure div { display: flex; gap: .4rem; justify-content: center; min-height: 7rem; align-items: center; } figure img { max-width: 100%; max-height: 8rem; min-width: 0; object-fit: contain; border-radius: .3rem; } .pair img { max-width: calc(50% - .2rem); }
.none { color: var(--bad); border: 1px dashed var(--line); border-radius: .4rem; padding: 2rem .5rem; width: 100%; text-align: center; } figcaption { margin-top: .5rem; overflow-wrap: anywhere; color: var(--soft); } figcaption b { color: var(--ink); display: block; }
details { margin-top: .8rem; } li { overflow-wrap: anywhere; }
`;
