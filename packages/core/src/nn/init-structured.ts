/** @file Initial weights with a structure: identity, Dirac, orthogonal, sparse. torch.nn.init. */

import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, fillNormal, type Generator, randperm } from "../base/rng/index.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";

function wantRank(where: string, t: Tensor, fits: boolean, wanted: string): void {
  if (fits) return;
  throw new ShapeError(where, "rank", say`the tensor must have ${wanted} axes, it has ${{ axes: t.ndim }}.`, [
    { name: "tensor", shape: t.shape },
  ]);
}

function stored<T extends Tensor>(t: T, values: Float32Array): T {
  noGrad(() => t.write(values));
  return t;
}

/**
 * The identity matrix, in place: as many inputs as possible pass unchanged through a Linear layer.
 *
 * Throws   ShapeError "rank" unless 2 axes.
 * Source   torch.nn.init.eye_.
 *
 * @example
 * await nn.init.eye_(empty([2, 3])).tolist(); // [[1, 0, 0], [0, 1, 0]]
 */
export function eye_<T extends Tensor>(t: T): T {
  wantRank("eye_", t, t.ndim === 2, "2");
  const [rows = 0, columns = 0] = t.shape;
  const values = new Float32Array(t.numel);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return stored(t, values);
}

/**
 * 1 at the kernel's centre where output and input channel agree, else 0, in place: a convolution (padding half the
 * kernel) that passes as many channels as possible unchanged. With groups each group of output channels does so.
 *
 * Shape    (O, C/groups, k), (O, C/groups, kH, kW) or with depth.
 * Options  groups 1.
 * Throws   ShapeError "rank"; ArgumentError "groups" when groups does not divide O.
 * Source   Zagoruyko & Komodakis 2017 (https://arxiv.org/abs/1706.00388); torch.nn.init.dirac_.
 *
 * @example
 * await nn.init.dirac_(empty([2, 2, 3])).tolist(); // [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
 */
export function dirac_<T extends Tensor>(t: T, groups = 1): T {
  wantRank("dirac_", t, t.ndim >= 3 && t.ndim <= 5, "3, 4 or 5");
  const [outputs = 0, inputs = 0, ...kernel] = t.shape;
  if (!Number.isInteger(groups) || groups < 1 || outputs % groups !== 0)
    throw new ArgumentError(
      "dirac_",
      "groups",
      say`groups ${{ groups }} must divide the ${{ outputs }} output channels.`,
    );
  const field = kernel.reduce((a, b) => a * b, 1);
  const centre = kernel.reduce((at, size) => at * size + Math.floor(size / 2), 0);
  const perGroup = outputs / groups;
  const values = new Float32Array(t.numel);
  for (let group = 0; group < groups; group++)
    for (let c = 0; c < Math.min(perGroup, inputs); c++)
      values[((group * perGroup + c) * inputs + c) * field + centre] = 1;
  return stored(t, values);
}

/**
 * Householder QR in doubles of a (rows, columns) matrix, rows ≥ columns, in place: `q` becomes the orthonormal columns
 * whose R has a positive diagonal. The sign makes the decomposition unique, and the result uniform over such matrices.
 */
function orthonormalise(q: Float64Array, rows: number, columns: number): void {
  const reflectors: Float64Array[] = [];
  const signs = new Float64Array(columns);
  for (let j = 0; j < columns; j++) {
    const v = new Float64Array(rows);
    let square = 0;
    for (let i = j; i < rows; i++) {
      v[i] = q[i * columns + j]!;
      square += v[i]! ** 2;
    }
    const diagonal = v[j]! > 0 ? -Math.sqrt(square) : Math.sqrt(square); // R[j][j], opposed to v to add, not cancel
    signs[j] = Math.sign(diagonal);
    v[j]! -= diagonal;
    const scale = 2 / (square - 2 * diagonal * (v[j]! + diagonal) + diagonal ** 2);
    for (let i = j; i < rows; i++) v[i]! *= Number.isFinite(scale) ? Math.sqrt(scale) : 0;
    reflectors.push(v);
    reflect(q, v, rows, columns, j);
  }
  q.fill(0);
  for (let j = 0; j < columns; j++) q[j * columns + j] = signs[j]!;
  for (let j = columns - 1; j >= 0; j--) reflect(q, reflectors[j]!, rows, columns, 0);
}

/** m ← (I − v·vᵀ)·m for the columns from `first` on. */
function reflect(m: Float64Array, v: Float64Array, rows: number, columns: number, first: number): void {
  for (let c = first; c < columns; c++) {
    let dot = 0;
    for (let i = 0; i < rows; i++) dot += v[i]! * m[i * columns + c]!;
    for (let i = 0; i < rows; i++) m[i * columns + c]! -= dot * v[i]!;
  }
}

/**
 * Rows (or columns, if there are more rows) that are orthonormal, times gain, in place: what keeps a signal's length
 * exactly. Draws as normal_; torch's float32 QR agrees to 2e-6.
 *
 * Shape    2 or more axes; all but the first count as columns.
 * Options  gain 1; generator, by default the one that manualSeed() sets.
 * Throws   ShapeError "rank".
 * Source   Saxe et al. 2014 (https://arxiv.org/abs/1312.6120); torch.nn.init.orthogonal_.
 *
 * @example
 * const w = nn.init.orthogonal_(empty([2, 3]));
 * await w.matmul(w.transpose(0, 1)).tolist(); // [[1.0, 0.0], [0.0, 1.0]]
 */
export function orthogonal_<T extends Tensor>(
  t: T,
  gain = 1,
  options: { /** Default: the one that manualSeed() sets. */ generator?: Generator } = {},
): T {
  checkKnown("orthogonal_", options, { generator: 0 });
  wantRank("orthogonal_", t, t.ndim >= 2, "2 or more");
  if (t.numel === 0) return t;
  const rows = t.shape[0]!;
  const columns = t.numel / rows;
  const drawn = fillNormal(options.generator ?? defaultGenerator, new Float32Array(t.numel), 0, 1);
  const [height, width] = rows < columns ? [columns, rows] : [rows, columns];
  const q = new Float64Array(t.numel);
  const at = (i: number, j: number) => (rows < columns ? j * columns + i : i * columns + j);
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) q[i * width + j] = drawn[at(i, j)]!;
  orthonormalise(q, height, width);
  const values = new Float32Array(t.numel);
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) values[at(i, j)] = gain * q[i * width + j]!;
  return stored(t, values);
}

/**
 * N(0, std²), then the share `sparsity` of each column, rounded up, set to 0, in place.
 *
 * Options  std 0.01; generator, by default the one that manualSeed() sets.
 * Throws   ShapeError "rank" unless 2 axes; ArgumentError "sparsity" outside [0, 1].
 * Source   Martens 2010; torch.nn.init.sparse_.
 *
 * @example
 * const w = nn.init.sparse_(empty([4, 3]), 0.5);
 * await w.eq(0).sum(0).tolist(); // [2, 2, 2]
 */
export function sparse_<T extends Tensor>(
  t: T,
  sparsity: number,
  std = 0.01,
  options: { /** Default: the one that manualSeed() sets. */ generator?: Generator } = {},
): T {
  checkKnown("sparse_", options, { generator: 0 });
  wantRank("sparse_", t, t.ndim === 2, "2");
  if (!(sparsity >= 0 && sparsity <= 1))
    throw new ArgumentError("sparse_", "sparsity", say`sparsity must lie in [0, 1], got ${{ sparsity }}.`);
  const generator = options.generator ?? defaultGenerator;
  const [rows = 0, columns = 0] = t.shape;
  const values = fillNormal(generator, new Float32Array(t.numel), 0, std);
  const zeros = Math.ceil(sparsity * rows);
  for (let c = 0; c < columns; c++) {
    const order = randperm(generator, rows);
    for (let i = 0; i < zeros; i++) values[order[i]! * columns + c] = 0;
  }
  return stored(t, values);
}
