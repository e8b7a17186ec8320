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

/** Values of the convolution, NCHW, from NCHW; zeros around. */
export function winogradConv(
  p: Params<"conv2d_winograd_f32">,
  input: Float64Array,
  weight: Float64Array,
): Float64Array {
  const { batch, inChannels, inHeight, inWidth, outChannels, outHeight, outWidth } = p;
  const values = new Float64Array(batch * outChannels * outHeight * outWidth);
  const inputAt = (n: number, c: number, y: number, x: number) =>
    y < 0 || x < 0 || y >= inHeight || x >= inWidth ? 0 : input[((n * inChannels + c) * inHeight + y) * inWidth + x]!;
  for (let n = 0; n < batch; n++) {
    for (let y = 0; y < outHeight; y += 2) {
      for (let x = 0; x < outWidth; x += 2) {
        const sources = Array.from({ length: inChannels }, (_, c) =>
          both(
            B,
            Array.from({ length: 16 }, (_, i) => inputAt(n, c, y - p.padTop + (i >> 2), x - p.padLeft + (i & 3))),
          ),
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
