/** @file Winograd's F(2x2, 3x3) by the formula: Aᵀ[(G g Gᵀ) ∘ (Bᵀ d B)]A, summed over channels. */
import type { Params } from "../contract.ts";

type Matrix = readonly (readonly number[])[];
/** The transposed matrices of the paper, rows of numbers. */
const B: Matrix = [
  [1, 0, -1, 0],
  [0, 1, 1, 0],
  [0, -1, 1, 0],
  [0, 1, 0, -1],
];
const G: Matrix = [
  [1, 0, 0],
  [0.5, 0.5, 0.5],
  [0.5, -0.5, 0.5],
  [0, 0, 1],
];
const A: Matrix = [
  [1, 1, 1, 0],
  [0, 1, -1, -1],
];

const turned = (m: Matrix): Matrix => m[0]!.map((_, i) => m.map((row) => row[i]!));

/** M x Mᵀ of a square x, row by row. What M leaves out is not looked at: 0 · NaN would be NaN. */
function both(m: Matrix, x: ArrayLike<number>): Float64Array {
  const [rows, size] = [m.length, m[0]!.length];
  const left = new Float64Array(rows * size);
  const result = new Float64Array(rows * rows);
  for (const [r, row] of m.entries())
    for (let i = 0; i < size; i++) {
      if (row[i] === 0) continue;
      for (let j = 0; j < size; j++) left[r * size + j]! += row[i]! * x[i * size + j]!;
    }
  for (let r = 0; r < rows; r++)
    for (const [q, row] of m.entries())
      for (let j = 0; j < size; j++) if (row[j] !== 0) result[r * rows + q]! += left[r * size + j]! * row[j]!;
  return result;
}

/** Where number `term` of the filter (output o, channel c) lies. */
function placeOf(
  p: Params<"conv2d_winograd_pack_f32"> | Params<"conv2d_winograd_f32">,
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
  packed.fill(0, 0, 16 * Math.ceil(p.outChannels / p.panel) * p.panel * p.inChannels);
  for (let o = 0; o < p.outChannels; o++) {
    for (let c = 0; c < p.inChannels; c++) {
      const from = (p.transposed ? c * p.outChannels + o : o * p.inChannels + c) * 9;
      const filter = weight.subarray(from, from + 9);
      const numbers = both(G, p.transposed ? filter.toReversed() : filter);
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
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y += 2) {
      for (let x = 0; x < outWidth; x += 2) {
        const sources = Array.from({ length: inChannels }, (_, c) =>
          both(B, patch(inputAt, n, c, y - p.padTop, x - p.padLeft, 4)),
        );
        for (let o = 0; o < outChannels; o++) {
          const sums = new Float64Array(16);
          for (let term = 0; term < 16; term++) {
            const [at, step] = [placeOf(p, term, o, 0), p.panel];
            for (let c = 0; c < inChannels; c++) sums[term]! += sources[c]![term]! * weight[at + c * step]!;
          }
          for (const [q, value] of both(A, sums).entries()) {
            const [row, column] = [y + (q >> 1), x + (q & 1)];
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
  const sums = new Float64Array(outChannels * inChannels * 16);
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y += 2) {
      for (let x = 0; x < outWidth; x += 2) {
        const sources = Array.from({ length: inChannels }, (_, c) =>
          both(B, patch(inputAt, n, c, y - p.padTop, x - p.padLeft, 4)),
        );
        for (let o = 0; o < outChannels; o++) {
          const g = both(turned(A), patch(gradientAt, n, o, y, x, 2));
          for (let c = 0; c < inChannels; c++) {
            const [source, at] = [sources[c]!, (o * inChannels + c) * 16];
            for (let term = 0; term < 16; term++) sums[at + term]! += g[term]! * source[term]!;
          }
        }
      }
    }
  }
  for (let i = 0; i < outChannels * inChannels; i++)
    gradWeight.set(both(turned(G), sums.subarray(i * 16, (i + 1) * 16)), i * 9);
}
