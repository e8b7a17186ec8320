/** @file Winograd's F(2x2, 3x3) and F(4x4, 3x3), and its form for stride 2, by the formula: Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A, summed over channels. */
import type { Params } from "../contract.ts";

type Matrix = readonly (readonly number[])[];
interface Matrices {
  readonly B: Matrix;
  readonly G: Matrix;
  readonly A: Matrix;
  /** Sources from tile to tile. */
  readonly move: number;
  /** Which row of G each product takes, where rows are shared. */
  readonly rows?: readonly number[];
}
/** The transposed matrices of the paper, rows of numbers. */
const two: Matrices = {
  B: [
    [1, 0, -1, 0],
    [0, 1, 1, 0],
    [0, -1, 1, 0],
    [0, 1, 0, -1],
  ],
  G: [
    [1, 0, 0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0, 0, 1],
  ],
  A: [
    [1, 1, 1, 0],
    [0, 1, -1, -1],
  ],
  move: 2,
};
/** The same of 4x4 outputs, from the points at which polynomials are multiplied. */
const points = [0, 0.75, -0.75, 1.5, -1.5];
const others = (x: number) => points.filter((point) => point !== x);
/** Coefficients of Π(x − root), that of x⁰ first. */
function product(roots: readonly number[]): number[] {
  let c = [1];
  for (const root of roots) c = Array.from({ length: c.length + 1 }, (_, i) => (c[i - 1] ?? 0) - root * (c[i] ?? 0));
  return c;
}
const powers = (x: number, count: number) => Array.from({ length: count }, (_, i) => x ** i);
const four: Matrices = {
  B: [...points.map((x) => [...product(others(x)), 0]), product(points)],
  G: [...points.map((x) => powers(x, 3).map((p) => p / others(x).reduce((f, other) => f * (x - other), 1))), [0, 0, 1]],
  A: Array.from({ length: 4 }, (_, i) => [...points.map((x) => x ** i), Number(i === 3)]),
  move: 4,
};
/** Stride 2: of taps 0 and 2 three products for two outputs, of tap 1 two; the first takes g0, g1, g2 and g0 + g2 from the filter. */
const halving: Matrices = {
  B: [
    [1, 0, -1, 0, 0],
    [0, 1, 0, 0, 0],
    [0, 0, 1, 0, 0],
    [0, 0, 0, 1, 0],
    [0, 0, -1, 0, 1],
  ],
  G: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
    [1, 0, 1],
  ],
  A: [
    [1, 1, 1, 0, 0],
    [0, 0, 1, 1, 1],
  ],
  move: 4,
  rows: [0, 1, 3, 1, 2],
};
/** Its input's gradient: four numbers of three; which a single tap meets depends on the padding. */
function doubling(isOdd: boolean): Matrices {
  const pairs = [
    [1, 1, 0, 0, 0],
    [0, 1, 1, 0, 0],
  ] as const;
  const [middle, side] = [
    [0, 0, 0, 1, 0],
    [0, 0, 0, 0, 1],
  ] as const;
  return {
    B: [[1, -1, 0], [0, 1, 0], [0, -1, 1], [0, 1, 0], isOdd ? [1, 0, 0] : [0, 0, 1]],
    G: halving.G,
    A: isOdd ? [side, pairs[0], middle, pairs[1]] : [pairs[0], middle, pairs[1], side],
    move: 2,
    rows: [2, 3, 0, 1, 1],
  };
}
const matrices = ({ tile, stride }: { readonly tile: number; readonly stride: number }): Matrices =>
  stride === 2 ? halving : tile === 4 ? four : two;

const turned = (m: Matrix): Matrix => m[0]!.map((_, i) => m.map((row) => row[i]!));

/** M x Mᵀ of a square x, row by row. What M leaves out is not looked at: 0 · NaN would be NaN. */
function both(m: Matrix, x: ArrayLike<number>): Float64Array {
  const [rows, size] = [m.length, m[0]!.length];
  const left = new Float64Array(rows * size);
  const result = new Float64Array(rows * rows);
  for (let r = 0; r < rows; r++)
    for (let i = 0; i < size; i++) {
      const factor = m[r]![i]!;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) left[r * size + j]! += factor * x[i * size + j]!;
    }
  for (let q = 0; q < rows; q++)
    for (let j = 0; j < size; j++) {
      const factor = m[q]![j]!;
      if (factor === 0) continue;
      for (let r = 0; r < rows; r++) result[r * rows + q]! += left[r * size + j]! * factor;
    }
  return result;
}

/** Where number `term` of the filter (output o, channel c) lies. */
function placeOf(
  p: Pick<Params<"conv2d_winograd_pack_f32">, "outChannels" | "inChannels" | "panel">,
  term: number,
  o: number,
  c: number,
) {
  const blocks = Math.ceil(p.outChannels / p.panel);
  return ((term * blocks + Math.floor(o / p.panel)) * p.inChannels + c) * p.panel + (o % p.panel);
}

export function winogradWeight(
  p: Params<"conv2d_winograd_pack_f32">,
  [weight, scale]: readonly [Float64Array, Float64Array | null],
  [packed]: readonly [Float64Array],
): void {
  const { G } = matrices(p);
  packed.fill(0, 0, G.length ** 2 * Math.ceil(p.outChannels / p.panel) * p.panel * p.inChannels);
  for (let o = 0; o < p.outChannels; o++) {
    for (let c = 0; c < p.inChannels; c++) {
      const from = (p.transposed ? c * p.outChannels + o : o * p.inChannels + c) * 9;
      const filter = weight.subarray(from, from + 9);
      const numbers = both(G, p.transposed && p.stride !== 2 ? filter.toReversed() : filter);
      for (const [term, x] of numbers.entries()) packed[placeOf(p, term, o, c)] = x * (scale ? scale[o]! : 1);
    }
  }
}

type Reader = (n: number, c: number, y: number, x: number) => number;
/** Of NCHW values, with zeros around. */
function reader(values: Float64Array, channels: number, height: number, width: number): Reader {
  return (n, c, y, x) =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : values[((n * channels + c) * height + y) * width + x]!;
}
const patch = (at: Reader, n: number, c: number, y: number, x: number, size: number) =>
  Float64Array.from({ length: size * size }, (_, i) => at(n, c, y + Math.floor(i / size), x + (i % size)));

/** Values of the convolution, NCHW, from NCHW; zeros around. */
export function winogradConv(
  p: Params<"conv2d_winograd_f32">,
  input: Float64Array,
  weight: Float64Array,
): Float64Array {
  const { batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth } = p;
  const values = new Float64Array(batch * outChannels * outHeight * outWidth);
  const inputAt = reader(input, inChannels, inHeight, inWidth);
  const kind = p.backward ? doubling(p.padTop % 2 === 1) : matrices({ ...p, stride: p.strideHeight });
  const { B, A, G, move, rows } = kind;
  const [tile, reach, width] = [A.length, B[0]!.length, B.length];
  const terms = width ** 2;
  /** Of a product's number along both axes: that of the filter. */
  const numberOf = (term: number) => (rows ? rows[Math.floor(term / width)]! * G.length + rows[term % width]! : term);
  // Where the first tile begins in the source.
  const start = (padding: number) => (p.backward ? Math.ceil(padding / 2) - 1 : -padding);
  const sources = new Float64Array(terms * inChannels);
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y += tile) {
      for (let x = 0; x < outWidth; x += tile) {
        for (let c = 0; c < inChannels; c++)
          sources.set(
            both(
              B,
              patch(inputAt, n, c, (y / tile) * move + start(p.padTop), (x / tile) * move + start(p.padLeft), reach),
            ),
            c * terms,
          );
        for (let o = 0; o < outChannels; o++) {
          const sums = new Float64Array(terms);
          for (let term = 0; term < terms; term++) {
            const at = placeOf(p, numberOf(term), o, 0);
            let sum = 0;
            for (let c = 0; c < inChannels; c++) sum += sources[c * terms + term]! * weight[at + c * p.panel]!;
            sums[term] = sum;
          }
          for (const [q, value] of both(A, sums).entries()) {
            const [row, column] = [y + Math.floor(q / tile), x + (q % tile)];
            if (row < outHeight && column < outWidth)
              values[((n * outChannels + o) * outHeight + row) * outWidth + column] = value;
          }
        }
      }
    }
  }
  return values;
}

/** The weight's gradient, O,I,3,3, of `gradient` and `input`, NCHW. */
export function winogradGradWeight(
  p: Params<"conv2d_winograd_backward_weight_f32">,
  gradient: Float64Array,
  input: Float64Array,
  gradWeight: Float64Array,
): void {
  const { batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth } = p;
  const inputAt = reader(input, inChannels, inHeight, inWidth);
  const gradientAt = reader(gradient, outChannels, outHeight, outWidth);
  const { B, G, A, move, rows } = matrices({ ...p, stride: p.strideHeight });
  const [tile, reach, terms] = [A.length, B[0]!.length, B.length ** 2];
  const [lift, unfilter] = [turned(A), turned(rows ? rows.map((row) => G[row]!) : G)];
  const sums = new Float64Array(outChannels * inChannels * terms);
  const sources = new Float64Array(terms * inChannels);
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y += tile) {
      for (let x = 0; x < outWidth; x += tile) {
        for (let c = 0; c < inChannels; c++)
          sources.set(
            both(B, patch(inputAt, n, c, (y / tile) * move - p.padTop, (x / tile) * move - p.padLeft, reach)),
            c * terms,
          );
        for (let o = 0; o < outChannels; o++) {
          const g = both(lift, patch(gradientAt, n, o, y, x, tile));
          for (let c = 0; c < inChannels; c++) {
            const [from, at] = [c * terms, (o * inChannels + c) * terms];
            for (let term = 0; term < terms; term++) sums[at + term]! += g[term]! * sources[from + term]!;
          }
        }
      }
    }
  }
  for (let i = 0; i < outChannels * inChannels; i++)
    gradWeight.set(both(unfilter, sums.subarray(i * terms, (i + 1) * terms)), i * 9);
}
