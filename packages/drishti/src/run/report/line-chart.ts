/** @file Curves as inline SVG. */
import { both } from "./text.ts";

export interface Series {
  /** HTML. */
  readonly name: string;
  /** A CSS class: its colour. */
  readonly tone: "a" | "b";
  /** One value an epoch; what is not finite is left out. */
  readonly values: readonly number[];
}

const [WIDTH, HEIGHT] = [560, 260];
const [LEFT, RIGHT, TOP, BOTTOM] = [56, 12, 14, 34];

/** A chart over epochs 1, 2, … with ticks at round numbers. */
export function lineChart(
  title: { readonly en: string; readonly hi: string },
  series: readonly Series[],
  format: (value: number) => string,
): string {
  const all = series.flatMap(({ values }) => values).filter(Number.isFinite);
  const epochs = Math.max(...series.map(({ values }) => values.length));
  if (all.length === 0) return `<p>${both(`${title.en}: no finite values.`, `${title.hi}: कोई सीमित संख्या नहीं।`)}</p>`;
  const ticks = roundTicks(Math.min(...all), Math.max(...all));
  const [low, high] = [ticks[0]!, ticks.at(-1)!];
  const x = (epoch: number) => LEFT + ((epoch - 1) / Math.max(1, epochs - 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const grid = ticks.map(
    (tick) =>
      `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(tick))}" y2="${at(y(tick))}"/><text x="${LEFT - 8}" y="${at(y(tick) + 4)}" text-anchor="end">${format(tick)}</text>`,
  );
  const every = Math.max(1, Math.ceil(epochs / 10));
  const names = Array.from({ length: epochs }, (_, i) => i + 1).filter((epoch) => epoch === 1 || epoch % every === 0);
  const axis = names.map(
    (epoch) => `<text x="${at(x(epoch))}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${epoch}</text>`,
  );
  const lines = series.map(({ tone, values }) => {
    const points = values.flatMap((value, i) =>
      Number.isFinite(value) ? [[at(x(i + 1)), at(y(value)), i + 1, value] as const] : [],
    );
    const dots = points.map(
      ([px, py, epoch, value]) =>
        `<circle class="dot ${tone}" cx="${px}" cy="${py}" r="3"><title>epoch ${epoch}: ${format(value)}</title></circle>`,
    );
    return `<polyline class="line ${tone}" points="${points.map(([px, py]) => `${px},${py}`).join(" ")}"/>${dots.join("")}`;
  });
  const legend = series.map(({ name, tone }) => `<span class="key ${tone}">${name}</span>`).join(" ");
  return `<figure><figcaption>${both(title.en, title.hi)} ${legend}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title.en} by epoch">${grid.join("")}${axis.join("")}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 5}" text-anchor="middle">epoch</text>${lines.join("")}</svg></figure>`;
}

function at(value: number): string {
  return value.toFixed(1);
}

/** About five round numbers from at or below `min` to at or above `max`. */
function roundTicks(min: number, max: number): number[] {
  const span = max - min || Math.abs(max) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= 5)!;
  const first = Math.floor(min / step);
  const last = Math.max(first + 1, Math.ceil(max / step));
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
}
