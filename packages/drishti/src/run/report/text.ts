/** @file Text of the report in both languages, and what goes into HTML. */

export function html(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[letter]!);
}

/** The same in English and Hindi, as HTML; the switch at the top of the page shows one of them. */
export function both(en: string, hi: string): string {
  return `<span lang="en">${en}</span><span lang="hi">${hi}</span>`;
}

/** The same inside an SVG text. */
export function bothInSvg(en: string, hi: string): string {
  return `<tspan lang="en">${en}</tspan><tspan lang="hi">${hi}</tspan>`;
}

export function percent(value: number, digits = 1): string {
  return `${(100 * value).toFixed(digits)} %`;
}

/** About three digits. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  return size > 0 && size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** A list of names and values; both are HTML. */
export function facts(rows: readonly (readonly [name: string, value: string])[]): string {
  return `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
}
