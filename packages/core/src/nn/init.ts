/** @file Initial weights, in place, bit for bit torch.nn.init's for the same seed. */

import { run } from "../autograd/define-op.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, drawNormal, fillNormal, fillUniform, type Generator } from "../base/rng/index.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { fill_ } from "../ops/in-place.ts";
import { skipsNormal, skipsUniform } from "./init-skip.ts";

export { skipInit } from "./init-skip.ts";
export { dirac_, eye_, orthogonal_, sparse_ } from "./init-structured.ts";
export { truncNormal_ } from "./init-trunc-normal.ts";

/** What the random initialisers take last. */
export interface InitOptions {
  /** Where the draws come from. Default: the generator that manualSeed() sets. */
  generator?: Generator;
}

/** What follows the weights, for calculateGain and the Kaiming initialisers; names as in PyTorch. */
export type Nonlinearity = "linear" | "conv1d" | "conv2d" | "sigmoid" | "tanh" | "relu" | "leaky_relu" | "selu";

function given(where: string, options: InitOptions): Generator {
  checkKnown(where, options, { generator: 0 });
  return options.generator ?? defaultGenerator;
}

function draw<T extends Tensor>(t: T, fillWith: (values: Float32Array) => void): T {
  const values = new Float32Array(t.numel);
  fillWith(values);
  t.write(values);
  return t;
}

/**
 * Every element 0, in place: a start for biases. Units whose weights are all 0 learn the same for ever.
 *
 * Source   torch.nn.init.zeros_.
 *
 * @example
 * const layer = new nn.Linear(8, 2);
 * nn.init.zeros_(layer.bias!);
 * await layer.bias!.tolist(); // [0, 0]
 */
export function zeros_<T extends Tensor>(t: T): T {
  return constant_(t, 0);
}

/**
 * Every element 1, in place.
 *
 * Source   torch.nn.init.ones_.
 *
 * @example
 * await nn.init.ones_(empty([2])).tolist(); // [1, 1]
 */
export function ones_<T extends Tensor>(t: T): T {
  return constant_(t, 1);
}

/**
 * Every element `value`, in place.
 *
 * Source   torch.nn.init.constant_.
 *
 * @example
 * await nn.init.constant_(empty([2]), 0.5).tolist(); // [0.5, 0.5]
 */
export function constant_<T extends Tensor>(t: T, value: number): T {
  noGrad(() => fill_(t, value));
  return t;
}

/**
 * U[a, b) in place, bit for bit torch's values for the same seed.
 *
 * Options  a 0, b 1; generator, by default the one that manualSeed() sets.
 * Source   torch.nn.init.uniform_.
 *
 * @example
 * manualSeed(0);
 * await nn.init.uniform_(empty([3])).tolist(); // [0.4963, 0.7682, 0.0885]
 */
export function uniform_<T extends Tensor>(t: T, a = 0, b = 1, options: InitOptions = {}): T {
  const generator = given("uniform_", options);
  if (skipsUniform(generator, t.numel)) return zeros_(t);
  return draw(t, (values) => fillUniform(generator, values, a, b));
}

/**
 * N(mean, std²) in place, bit for bit torch's values for the same seed.
 *
 * Options  mean 0, std 1; generator, by default the one that manualSeed() sets.
 * Source   torch.nn.init.normal_.
 *
 * @example
 * manualSeed(0);
 * await nn.init.normal_(empty([3])).tolist(); // [1.5410, -0.2934, -2.1788]
 */
export function normal_<T extends Tensor>(t: T, mean = 0, std = 1, options: InitOptions = {}): T {
  const generator = given("normal_", options);
  if (skipsNormal(generator, t.numel)) return zeros_(t);
  if (t.dtype !== "float32") return draw(t, (values) => fillNormal(generator, values, mean, std));
  let left = 0;
  draw(t, (values) => {
    left = drawNormal(generator, values, mean, std);
  });
  // The arithmetic is the device's: of 138 million numbers it is most of the time.
  if (left > 0) run("box_muller_f32", { count: left, alpha: mean, beta: std }, [t], [t]);
  return t;
}

/**
 * How many inputs one output has, and how many outputs one input: fanIn = in·kernel, fanOut = out·kernel for a weight
 * (out, in, …kernel).
 *
 * Throws   ShapeError "rank" below 2 axes.
 * Source   torch.nn.init._calculate_fan_in_and_fan_out.
 *
 * @example
 * nn.init.calculateFanInAndFanOut(empty([16, 3, 5, 5])); // { "fanIn": 75, "fanOut": 400 }
 */
export function calculateFanInAndFanOut(
  t: Tensor,
  where = "calculateFanInAndFanOut",
): { fanIn: number; fanOut: number } {
  if (t.ndim < 2)
    throw new ShapeError(
      where,
      "rank",
      say`fan-in and fan-out need at least 2 axes, got ${{ axes: t.ndim }}.`,
      [{ name: "weight", shape: t.shape }],
      "for a bias use zeros_ or uniform_.",
    );
  const field = t.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: t.shape[1]! * field, fanOut: t.shape[0]! * field };
}

/**
 * By how much the standard deviation of the weights must grow to make up for what a nonlinearity takes from the signal:
 * relu √2, leaky_relu √(2/(1 + param²)) (param 0.01), tanh 5/3, selu 3/4, the others 1.
 *
 * Throws   ArgumentError "nonlinearity" for an unknown name.
 * Source   torch.nn.init.calculate_gain.
 *
 * @example
 * nn.init.calculateGain("relu"); // 1.4142
 * nn.init.calculateGain("leaky_relu", 1); // 1
 */
export function calculateGain(nonlinearity: Nonlinearity, param?: number): number {
  switch (nonlinearity) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.sqrt(2);
    case "leaky_relu":
      return Math.sqrt(2 / (1 + (param ?? 0.01) ** 2));
    case "selu":
      return 3 / 4;
    case "linear":
    case "conv1d":
    case "conv2d":
    case "sigmoid":
      return 1;
    default:
      throw new ArgumentError(
        "calculateGain",
        "nonlinearity",
        say`there is no gain for "${{ nonlinearity }}": use linear, conv1d, conv2d, sigmoid, tanh, relu, leaky_relu or selu.`,
      );
  }
}

/**
 * U(−a, a) in place, a = gain·√(6/(fanIn + fanOut)): for layers before tanh or sigmoid.
 *
 * Options  gain 1; generator, by default the one that manualSeed() sets.
 * Throws   ShapeError "rank" below 2 axes.
 * Source   Glorot & Bengio 2010; torch.nn.init.xavier_uniform_.
 *
 * @example
 * const weight = nn.init.xavierUniform_(empty([100, 200])); // a = √(6/300) = 0.1414
 * await abs(weight).amax().item(); // 0.141
 */
export function xavierUniform_<T extends Tensor>(t: T, gain = 1, options: InitOptions = {}): T {
  checkKnown("xavierUniform_", options, { generator: 0 });
  const { fanIn, fanOut } = calculateFanInAndFanOut(t, "xavierUniform_");
  const std = gain * Math.sqrt(2 / (fanIn + fanOut));
  const a = Math.sqrt(3) * std;
  return uniform_(t, -a, a, options);
}

/**
 * N(0, std²) in place, std = gain·√(2/(fanIn + fanOut)): for layers before tanh or sigmoid.
 *
 * Options  gain 1; generator, by default the one that manualSeed() sets.
 * Throws   ShapeError "rank" below 2 axes.
 * Source   Glorot & Bengio 2010; torch.nn.init.xavier_normal_.
 *
 * @example
 * const weight = nn.init.xavierNormal_(empty([100, 200])); // std = √(2/300) = 0.0816
 * await std(weight).item(); // 0.08
 */
export function xavierNormal_<T extends Tensor>(t: T, gain = 1, options: InitOptions = {}): T {
  checkKnown("xavierNormal_", options, { generator: 0 });
  const { fanIn, fanOut } = calculateFanInAndFanOut(t, "xavierNormal_");
  return normal_(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
}

/** What kaimingUniform_ and kaimingNormal_ take after the tensor. */
export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky ReLU that follows. Default 0. */
  a?: number;
  /** "fan_in" keeps the variance forward, "fan_out" backward. Default "fan_in". */
  mode?: "fan_in" | "fan_out";
  /** What follows the weights; "leaky_relu" with a = 0 is ReLU. Default "leaky_relu". */
  nonlinearity?: Nonlinearity;
}

function kaimingStd(
  where: string,
  t: Tensor,
  { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions,
): number {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t, where);
  if (mode !== "fan_in" && mode !== "fan_out")
    throw new ArgumentError(where, "mode", say`mode must be "fan_in" or "fan_out", got "${{ mode }}".`);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut);
}

/**
 * U(−b, b) in place, b = gain·√(3/fan): for layers before ReLU, whose signal keeps its variance.
 *
 * Options  a 0 (slope of the leaky ReLU), mode "fan_in" | "fan_out", nonlinearity "leaky_relu", which with a = 0 is
 *          ReLU.
 * Throws   ShapeError "rank" below 2 axes; ArgumentError "mode", "nonlinearity".
 * Source   He et al. 2015 (https://arxiv.org/abs/1502.01852); torch.nn.init.kaiming_uniform_.
 *
 * @example
 * const weight = nn.init.kaimingUniform_(empty([64, 32, 3, 3])); // b = √(6/288) = 0.1443
 * await abs(weight).amax().item(); // 0.144
 */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  checkKnown("kaimingUniform_", options, { a: 0, mode: 0, nonlinearity: 0, generator: 0 });
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform_", t, options);
  return uniform_(t, -bound, bound, { generator: options.generator ?? defaultGenerator });
}

/**
 * N(0, std²) in place, std = gain/√fan: for layers before ReLU, whose signal keeps its variance.
 *
 * Options  a 0 (slope of the leaky ReLU), mode "fan_in" | "fan_out", nonlinearity "leaky_relu", which with a = 0 is
 *          ReLU.
 * Throws   ShapeError "rank" below 2 axes; ArgumentError "mode", "nonlinearity".
 * Source   He et al. 2015 (https://arxiv.org/abs/1502.01852); torch.nn.init.kaiming_normal_.
 *
 * @example
 * const conv = new nn.Conv2d(32, 64, 3);
 * nn.init.kaimingNormal_(conv.weight, { mode: "fan_out", nonlinearity: "relu" }); // std = √(2/576) = 0.0589
 * await std(conv.weight).item(); // 0.059
 */
export function kaimingNormal_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  checkKnown("kaimingNormal_", options, { a: 0, mode: 0, nonlinearity: 0, generator: 0 });
  const { generator = defaultGenerator } = options;
  return normal_(t, 0, kaimingStd("kaimingNormal_", t, options), { generator });
}
