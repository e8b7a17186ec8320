/** @file Samples of the kernels along one axis and of matrix products. */
import type { Params } from "../../kernels/contract.ts";
import type { KernelSample, KernelSamples, ValueKind } from "./types.ts";

type Axis = Params<"sum_f32">;
type Values = Readonly<Record<string, ValueKind>>;

const lines: readonly Axis[] = [
  { outer: 1, size: 1, inner: 1 },
  { outer: 5, size: 10, inner: 1 },
  { outer: 3, size: 5, inner: 7 },
  { outer: 64, size: 10, inner: 1 },
  { outer: 33, size: 17, inner: 1 },
  { outer: 1, size: 13, inner: 37 },
  { outer: 2, size: 1000, inner: 3 },
  { outer: 2, size: 70_001, inner: 1 },
  { outer: 4_001, size: 3, inner: 5 },
  { outer: 0, size: 5, inner: 3 },
  { outer: 3, size: 4, inner: 0 },
];

const along = (axes: readonly Axis[], values: Values = {}): readonly KernelSample<"sum_f32">[] =>
  axes.map((params) => ({ name: `[${params.outer}, ${params.size}, ${params.inner}]`, params, values }));

/** Nothing to add: 0. */
const emptyLines: readonly Axis[] = [{ outer: 2, size: 0, inner: 3 }];
const few: readonly Axis[] = [
  { outer: 7, size: 13, inner: 1 },
  { outer: 7, size: 40, inner: 5 },
];

const extremes = [
  ...along(lines),
  ...along(few, { input: "ties" }),
  ...along(few, { input: "nan" }),
  ...along(few, { input: "extremes" }),
];

const softmax = [
  ...along(lines),
  ...along(few, { input: "large" }),
  ...along(few, { input: "nan" }),
  ...along(few, { input: [1, Number.NEGATIVE_INFINITY, 2, 0.5] }), // masked out, as in attention
];
const softmaxBackward = (output: ValueKind) =>
  along(lines, { output }) as readonly KernelSample<"softmax_backward_f32">[];

/** Strides default to one matrix after the other. */
function product(
  name: string,
  [batch, m, n, k]: readonly [number, number, number, number],
  options: Partial<Params<"matmul_f32">> = {},
): KernelSample<"matmul_f32"> {
  const strides = { batchStrideA: m * k, batchStrideB: k * n };
  return { name, params: { batch, m, n, k, transposeA: 0, transposeB: 0, ...strides, ...options } };
}

const linearSizes: readonly Params<"linear_f32">[] = [
  { rows: 1, inFeatures: 1, outFeatures: 1 },
  { rows: 3, inFeatures: 5, outFeatures: 7 },
  { rows: 1, inFeatures: 257, outFeatures: 129 },
  { rows: 64, inFeatures: 130, outFeatures: 33 },
  { rows: 65, inFeatures: 70, outFeatures: 131 },
  { rows: 0, inFeatures: 4, outFeatures: 3 },
  { rows: 3, inFeatures: 0, outFeatures: 4 },
];
const linear = linearSizes.map((params) => ({
  name: `${params.rows} rows, ${params.inFeatures} to ${params.outFeatures}`,
  params,
}));

export const axis = {
  sum_f32: along([...lines, ...emptyLines]),
  sum_i32: [...along([...lines, ...emptyLines]), ...along(few, { input: "wide" })],
  amax_f32: extremes,
  amin_f32: extremes,
  argmax_f32: extremes,
  argmin_f32: extremes,
  softmax_f32: softmax,
  softmax_backward_f32: softmaxBackward("unit"),
  log_softmax_f32: softmax,
  log_softmax_backward_f32: softmaxBackward("negative"),

  matmul_f32: [
    product("one product", [1, 1, 1, 1]),
    product("odd sizes", [1, 5, 7, 11]),
    product("A transposed", [1, 5, 7, 11], { transposeA: 1 }),
    product("B transposed", [1, 5, 7, 11], { transposeB: 1 }),
    product("both transposed, batch of 3", [3, 5, 7, 11], { transposeA: 1, transposeB: 1 }),
    product("A repeated", [3, 4, 9, 6], { batchStrideA: 0 }),
    product("B repeated, transposed", [3, 4, 9, 6], { batchStrideB: 0, transposeB: 1 }),
    product("several tiles", [1, 70, 65, 130]),
    product("several tiles, A transposed", [2, 33, 70, 65], { transposeA: 1 }),
    product("a long sum", [1, 3, 5, 3_001]),
    product("row by matrix", [1, 1, 129, 67]),
    product("matrix by column", [1, 129, 1, 67]),
    product("no inner axis: zeros", [2, 3, 4, 0]),
    product("no rows", [1, 0, 4, 3]),
    product("no batch", [0, 3, 4, 5]),
  ],
  linear_f32: [...linear, ...linear.map((s) => ({ ...s, name: `${s.name}, no bias`, absent: ["bias"] }))],
  linear_backward_input_f32: linear,
  linear_backward_weight_f32: linear,
} satisfies Partial<KernelSamples>;
