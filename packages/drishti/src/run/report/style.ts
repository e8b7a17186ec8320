/** @file Looks of the report: light and dark, screen and paper, without anything from elsewhere. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5c6470; --paper: #fff; --panel: #f6f7f9; --line: #d9dde3; --a: #b25d00; --b: #0b62c4; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #9aa3ad; --paper: #14171a; --panel: #1c2025; --line: #343a42; --a: #f0a04b; --b: #6cb1ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Noto Sans Devanagari", sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
:root:not(:has(#hindi:checked)) [lang="hi"], :root:has(#hindi:checked) [lang="en"] { display: none; }
.switch { float: right; font-size: .9rem; color: var(--soft); } .switch label { margin-left: .8rem; cursor: pointer; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .8rem; overflow-wrap: anywhere; } h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; }
h2 + p, .note { color: var(--soft); margin: 0 0 .8rem; max-width: 46rem; }
.lead strong { font-size: 2.2rem; line-height: 1.1; margin-right: .3rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.numbers { display: flex; flex-wrap: wrap; gap: .6rem 2.2rem; padding: 0; margin: 1rem 0; list-style: none; } .numbers b { display: block; font-size: 1.15rem; font-variant-numeric: tabular-nums; } .numbers li { color: var(--soft); } .numbers b { color: var(--ink); }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem 2rem; } .charts figure { margin: 0; }
figcaption { color: var(--soft); font-size: .95rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 12px; }
.grid { stroke: var(--line); } .line { fill: none; stroke-width: 2; } .even { stroke: var(--soft); stroke-dasharray: 4 4; }
.line.a { stroke: var(--a); } .line.b { stroke: var(--b); } .dot.a { fill: var(--a); } .dot.b { fill: var(--b); }
.bar { fill: var(--b); } .gap { fill: var(--a); fill-opacity: .35; } .count { fill: var(--soft); fill-opacity: .45; }
.key { white-space: nowrap; } .key::before { content: ""; display: inline-block; width: .7em; height: .7em; margin: 0 .35em 0 .8em; border-radius: 50%; background: currentColor; } .key.a { color: var(--a); } .key.b { color: var(--b); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); } th { font-weight: 600; } th[scope="row"] { text-align: left; } thead th { color: var(--soft); font-weight: 500; }
.confusion td { min-width: 2.6rem; text-align: center; } .confusion thead th { text-align: center; }
.hit { background: color-mix(in srgb, var(--b) calc(var(--share) * .6), transparent); } .miss { background: color-mix(in srgb, var(--a) calc(var(--share) * 2), transparent); }
.bars { text-align: left; white-space: nowrap; } .f1 { display: inline-block; width: min(6rem, 12vw); height: .55rem; margin-left: .7rem; background: linear-gradient(90deg, var(--b) var(--share), var(--line) 0); }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.5rem, 1fr)); gap: 1rem; } .pictures.pairs { grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); }
.pictures figure { margin: 0; } .pictures figcaption { font-size: .82rem; line-height: 1.35; margin-top: .25rem; } .pictures b { color: var(--ink); } .wrong { color: var(--a); } .right { color: var(--b); }
.pictures img { width: 100%; aspect-ratio: 1; object-fit: contain; background: var(--panel); image-rendering: auto; display: block; } .pictures img.tiny { image-rendering: pixelated; } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: 2px; }
pre { overflow-x: auto; padding: .8rem 1rem; background: var(--panel); border: 1px solid var(--line); }
@media print { .switch { display: none; } body { font-size: 12px; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
`;
