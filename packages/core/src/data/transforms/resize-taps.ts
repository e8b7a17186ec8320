/** @file The filters of resizing: for every output place, which inputs count and how much. */

/** How `resize` weighs the pixels around a place; see there for the formulas. */
export type Interpolation = "nearest" | "nearest-exact" | "bilinear" | "bicubic";

/** For every output place the first input it looks at, and `count` weights from there on. */
export interface Taps {
  readonly count: number;
  readonly start: Int32Array;
  readonly weights: Float64Array;
}

export type MakeTaps = (from: number, to: number) => Taps;

/** The filter that torch, and Pillow, use for these options. Tables are kept: data sets have few sizes. */
export function tapsFor(interpolation: Interpolation, antialias: boolean): MakeTaps {
  switch (interpolation) {
    case "nearest":
      return cached(nearestTaps);
    case "nearest-exact":
      return cached(nearestExactTaps);
    case "bilinear":
      return cached(antialias ? antialiasedTaps(triangle, 1) : bilinearTaps);
    case "bicubic":
      return cached(antialias ? antialiasedTaps((x) => cubic(x, -0.5), 2) : bicubicTaps);
  }
}

const KEPT = 64;

function cached(make: MakeTaps): MakeTaps {
  const made = new Map<number, Taps>();
  return (from, to) => {
    const key = from * 65536 + to;
    let taps = made.get(key);
    if (!taps) {
      if (made.size >= KEPT) made.clear();
      taps = make(from, to);
      made.set(key, taps);
    }
    return taps;
  };
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys's cubic: a = −0.5 in Pillow and where torch smooths, −0.75 in torch's plain bicubic. */
function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
}

const antialiasedTaps =
  (filter: (x: number) => number, reach: number): MakeTaps =>
  (from, to) => {
    const scale = from / to;
    const stretch = Math.max(scale, 1);
    const support = reach * stretch;
    const count = Math.min(from, Math.ceil(support) * 2 + 1);
    const start = new Int32Array(to);
    const weights = new Float64Array(to * count);
    for (let i = 0; i < to; i++) {
      const center = scale * (i + 0.5);
      const first = Math.max(0, Math.trunc(center - support + 0.5));
      const end = Math.min(from, Math.trunc(center + support + 0.5));
      start[i] = Math.min(first, from - count); // so that all `count` taps lie inside
      let sum = 0;
      for (let j = first; j < end; j++) sum += filter((j + 0.5 - center) / stretch);
      for (let j = first; j < end; j++) weights[i * count + j - start[i]!] = filter((j + 0.5 - center) / stretch) / sum;
    }
    return { count, start, weights };
  };

const bilinearTaps: MakeTaps = (from, to) => {
  const count = Math.min(2, from);
  const start = new Int32Array(to);
  const weights = new Float64Array(to * count);
  const scale = Math.fround(from / to); // torch computes positions in float32, and their error grows with the picture
  for (let i = 0; i < to; i++) {
    const position = Math.max(0, Math.fround(scale * (i + 0.5) - 0.5));
    const first = Math.min(Math.floor(position), from - 1);
    start[i] = Math.min(first, from - count);
    const share = first + 1 < from ? position - first : 0;
    weights[i * count + first - start[i]!] = 1 - share;
    if (share > 0) weights[i * count + first + 1 - start[i]!] = share;
  }
  return { count, start, weights };
};

/** Four neighbours; those outside count for the edge pixel. */
const bicubicTaps: MakeTaps = (from, to) => {
  const count = Math.min(4, from);
  const start = new Int32Array(to);
  const weights = new Float64Array(to * count);
  const scale = Math.fround(from / to);
  for (let i = 0; i < to; i++) {
    const position = Math.fround(scale * (i + 0.5) - 0.5);
    const base = Math.floor(position);
    start[i] = Math.min(Math.max(0, base - 1), from - count);
    for (let j = base - 1; j <= base + 2; j++) {
      const at = Math.min(Math.max(0, j), from - 1);
      const tap = i * count + at - start[i]!;
      weights[tap] = weights[tap]! + cubic(position - j, -0.75);
    }
  }
  return { count, start, weights };
};

const nearestTaps: MakeTaps = (from, to) => {
  const scale = Math.fround(from / to); // torch computes this one in float32, and rounds down
  return picks(from, to, (i) => Math.fround(i * scale));
};

const nearestExactTaps: MakeTaps = (from, to) => picks(from, to, (i) => ((i + 0.5) * from) / to);

function picks(from: number, to: number, position: (i: number) => number): Taps {
  const start = Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(position(i)), from - 1));
  return { count: 1, start, weights: new Float64Array(to).fill(1) };
}
