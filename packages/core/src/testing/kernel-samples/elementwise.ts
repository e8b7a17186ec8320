/** @file Samples of the kernels over `count` elements: fills, casts, unary functions, optimisers. */
import type { Params } from "../../kernels/contract.ts";
import type { KernelSample, KernelSamples, ValueKind } from "./types.ts";

/** Nothing, one, less than a vector, vectors and a rest, several chunks and a rest. */
const counts = [0, 1, 3, 67, 70_001];

const fills = (value: number): readonly KernelSample<"fill_f32">[] =>
  counts.map((count) => ({ name: `${count} elements`, params: { count, value } }));

const casts = (...kinds: readonly ValueKind[]): readonly KernelSample<"cast_i32_f32">[] => [
  ...counts.map((count) => ({ name: `${count} elements`, params: { count }, values: { input: kinds[0]! } })),
  ...kinds.slice(1).map((input) => ({ name: "special values", params: { count: 91 }, values: { input } })),
];

interface UnaryCase {
  readonly alpha?: number;
  readonly beta?: number;
  /** What `input` or `saved` holds, one call each; besides, the first at every count. */
  readonly kinds: readonly ValueKind[];
}

function unary({ alpha = 0, beta = 0, kinds }: UnaryCase): readonly KernelSample<"relu_f32">[] {
  const call = (count: number, kind: ValueKind) => ({
    name: `${count} elements, ${typeof kind === "string" ? kind : "listed"}, alpha ${alpha}, beta ${beta}`,
    params: { count, alpha, beta },
    values: { input: kind, saved: kind },
  });
  return [...counts.map((count) => call(count, kinds[0]!)), ...kinds.slice(1).map((kind) => call(91, kind))];
}

/** The gradient of an op that saves `saved`; plain values only, as inf·0 depends on the order of factors. */
const backward = (options: UnaryCase) => unary(options) as readonly KernelSample<"relu_backward_f32">[];

const plain = [Number.NaN, 0, -0, 1, -1, 20, -20, 1e-6, -1e-6, 88, -88, 0.25, -3];

const sgd = (name: string, options: Partial<Params<"sgd_f32">>): KernelSample<"sgd_f32"> => ({
  name,
  params: {
    count: 67,
    learningRate: 0.1,
    momentum: 0,
    dampening: 0,
    weightDecay: 0,
    nesterov: 0,
    first: 0,
    maximize: 0,
    ...options,
  },
  absent: options.momentum ? [] : ["momentumBuffer"],
});

/** Step 3 of an Adam with learning rate 0.01. */
const adam = (name: string, options: Partial<Params<"adam_f32">> & { amsgrad?: boolean }): KernelSample<"adam_f32"> => {
  const { amsgrad = false, ...params } = options;
  return {
    name,
    params: {
      count: 67,
      learningRate: 0.01,
      beta1: 0.9,
      beta2: 0.999,
      oneMinusBeta1: 1 - 0.9,
      oneMinusBeta2: 1 - 0.999,
      eps: 1e-8,
      weightDecay: 0,
      stepSize: 0.01 / (1 - 0.9 ** 3),
      invBias2Sqrt: 1 / Math.sqrt(1 - 0.999 ** 3),
      decoupled: 0,
      maximize: 0,
      ...params,
    },
    values: { expAvgSq: "positive", maxExpAvgSq: "positive" },
    absent: amsgrad ? [] : ["maxExpAvgSq"],
  };
};

export const elementwise = {
  fill_f32: fills(-1.5),
  fill_i32: fills(-7),
  fill_u8: fills(200),
  cast_f32_i32: casts("large", [0.5, -0.5, 0.999, -0.999, 1.5, -1.5, 16_777_215, -2_000_000_000, 0, -0]),
  cast_i32_f32: casts("normal", "wide", [16_777_217, 16_777_219, -16_777_217, 2_147_483_647]),
  cast_f32_u8: casts({ below: 256 }, [0.5, 0.999, 1.5, 127.5, 128, 254.999, 255, 0]),
  cast_u8_f32: casts("bytes"),
  cast_i32_u8: casts({ below: 256 }, "wide"),
  cast_u8_i32: casts("bytes"),
  cast_f32_bool: casts("ties", "extremes"),
  cast_i32_bool: casts("ties", "wide"),

  neg_f32: unary({ kinds: ["normal", "extremes"] }),
  exp_f32: unary({ kinds: ["normal", "large", "small", "extremes", [88.7, 88.8, -87, -87.3, -104, 1000, -1000]] }),
  log_f32: unary({
    kinds: ["positive", "normal", "extremes", [1, 0.99999994, 1.0000001, 0.7, 1.5, 1e-37, 3e38]],
  }),
  sqrt_f32: unary({ kinds: ["positive", "normal", "extremes"] }),
  abs_f32: unary({ kinds: ["normal", "extremes"] }),
  sign_f32: unary({ kinds: ["normal", "ties", "extremes"] }),
  reciprocal_f32: unary({ kinds: ["normal", "extremes"] }),
  clamp_f32: [
    ...unary({ alpha: -0.5, beta: 0.75, kinds: ["normal", "extremes", [-0.5, 0.75]] }),
    ...unary({ alpha: Number.NEGATIVE_INFINITY, beta: 0.75, kinds: ["normal", "extremes"] }),
    ...unary({ alpha: 0, beta: Number.POSITIVE_INFINITY, kinds: ["normal", "extremes"] }),
    ...unary({ alpha: 1, beta: -1, kinds: ["normal"] }),
  ],
  clamp_backward_f32: [
    ...backward({ alpha: -0.5, beta: 0.75, kinds: ["normal", "extremes", [-0.5, 0.75]] }),
    ...backward({ alpha: Number.NEGATIVE_INFINITY, beta: 0, kinds: ["ties", "extremes"] }),
  ],
  box_muller_f32: [
    ...unary({ alpha: 0, beta: 1, kinds: ["unit", [0, 1 - 2 ** -24, 0.5, 0.125, 2 ** -24, 0.29289323, 0.875]] }),
    ...unary({ alpha: 0.3, beta: 0.7, kinds: ["unit"] }),
  ],
  affine_f32: [
    ...unary({ alpha: -1.75, beta: 0.3, kinds: ["normal", "specials"] }),
    ...unary({ alpha: 1 / 255, beta: 0, kinds: ["large"] }),
  ],
  multiply_add_chain_f32: [
    ...counts.map((count) => ({ name: `${count} elements`, params: { count, steps: 5, alpha: 0.5, beta: 0.3 } })),
    { name: "no step", params: { count: 67, steps: 0, alpha: 2, beta: 1 } },
    {
      name: "many steps, special values",
      params: { count: 91, steps: 40, alpha: -0.5, beta: 1 },
      values: { input: "specials" },
    },
  ],
  pow_scalar_f32: [
    ...unary({ alpha: 2, kinds: ["normal", "extremes"] }),
    ...unary({ alpha: 3, kinds: ["normal", "extremes"] }),
    ...unary({ alpha: -1.5, kinds: ["positive", "extremes"] }),
    ...unary({ alpha: 0.5, kinds: ["positive"] }),
    ...unary({ alpha: 2.75, kinds: ["positive", "negative"] }),
    ...unary({ alpha: 0, kinds: ["extremes"] }),
  ],

  relu_f32: unary({ kinds: ["normal", "ties", "extremes"] }),
  relu_backward_f32: backward({ kinds: ["normal", "ties", "extremes"] }),
  leaky_relu_f32: unary({ alpha: 0.01, kinds: ["normal", "ties", "extremes"] }),
  leaky_relu_backward_f32: backward({ alpha: 0.3, kinds: ["normal", "ties", "extremes"] }),
  sigmoid_f32: unary({ kinds: ["normal", "large", "small", "extremes", plain] }),
  sigmoid_backward_f32: backward({ kinds: ["unit", [0, 1, 0.5, Number.NaN]] }),
  tanh_f32: unary({ kinds: ["normal", "large", "small", "extremes", plain] }),
  tanh_backward_f32: backward({ kinds: ["unit", [0, 1, -1, 0.5, -0.99, Number.NaN]] }),
  gelu_f32: unary({ kinds: ["normal", "large", "small", "specials", plain] }),
  gelu_backward_f32: backward({ kinds: ["normal", "large", "small", plain] }),
  gelu_tanh_f32: unary({ kinds: ["normal", "large", "small", "specials", plain] }),
  gelu_tanh_backward_f32: backward({ kinds: ["normal", "large", "small", plain] }),
  silu_f32: unary({ kinds: ["normal", "large", "small", "specials", plain] }),
  silu_backward_f32: backward({ kinds: ["normal", "large", "small", plain] }),

  sgd_f32: [
    sgd("plain", {}),
    sgd("nothing", { count: 0 }),
    sgd("several chunks", { count: 70_001, momentum: 0.9 }),
    sgd("weight decay, maximize", { weightDecay: 0.05, maximize: 1 }),
    sgd("first step of momentum with dampening", { momentum: 0.9, dampening: 0.25, first: 1 }),
    sgd("momentum with dampening and weight decay", { momentum: 0.9, dampening: 0.25, weightDecay: 0.05 }),
    sgd("nesterov", { momentum: 0.8, nesterov: 1, weightDecay: 0.05, count: 5 }),
    sgd("nesterov, first step, maximize", { momentum: 0.8, nesterov: 1, first: 1, maximize: 1 }),
  ],
  adam_f32: [
    adam("plain", {}),
    adam("nothing", { count: 0 }),
    adam("several chunks", { count: 70_001 }),
    adam("weight decay, maximize", { weightDecay: 0.05, maximize: 1 }),
    adam("AdamW", { weightDecay: 0.05, decoupled: 1, count: 5 }),
    adam("AdamW, amsgrad, maximize", { weightDecay: 0.05, decoupled: 1, maximize: 1, amsgrad: true }),
    adam("amsgrad, weight decay", { weightDecay: 0.05, amsgrad: true, count: 21 }),
  ],
} satisfies Partial<KernelSamples>;
