/** @file Initial weights, in place, bit for bit torch.nn.init's for the same seed. */
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { defaultGenerator, fillNormal, fillUniform, type Generator } from "../base/rng/index.ts";
import { ArgumentError, ShapeError } from "../errors/errors.ts";
import { fill_ } from "../ops/in-place.ts";

export { dirac_, eye_, orthogonal_, sparse_ } from "./init-structured.ts";
export { truncNormal_ } from "./init-trunc-normal.ts";

export interface InitOptions {
  generator?: Generator;
}

export type Nonlinearity = "linear" | "conv1d" | "conv2d" | "sigmoid" | "tanh" | "relu" | "leaky_relu" | "selu";

function draw<T extends Tensor>(t: T, fillWith: (values: Float32Array) => void): T {
  const values = new Float32Array(t.numel);
  fillWith(values);
  t.write(values);
  return t;
}

/** Every element 0: all units of a layer then learn the same, for ever. */
export function zeros_<T extends Tensor>(t: T): T {
  return constant_(t, 0);
}

export function ones_<T extends Tensor>(t: T): T {
  return constant_(t, 1);
}

export function constant_<T extends Tensor>(t: T, value: number): T {
  noGrad(() => fill_(t, value));
  return t;
}

/** Uniform on [a, b), default [0, 1). */
export function uniform_<T extends Tensor>(t: T, a = 0, b = 1, { generator = defaultGenerator }: InitOptions = {}): T {
  return draw(t, (values) => fillUniform(generator, values, a, b));
}

/** Normal with mean and std, default 0 and 1. */
export function normal_<T extends Tensor>(
  t: T,
  mean = 0,
  std = 1,
  { generator = defaultGenerator }: InitOptions = {},
): T {
  return draw(t, (values) => fillNormal(generator, values, mean, std));
}

/** Inputs and outputs of one unit: in·kernel and out·kernel. */
export function calculateFanInAndFanOut(t: Tensor): { fanIn: number; fanOut: number } {
  if (t.ndim < 2)
    throw new ShapeError("init", "rank", `fan-in and fan-out need at least 2 axes, got ${t.ndim}.`, [
      { name: "weight", shape: t.shape },
    ]);
  const field = t.shape.slice(2).reduce((a, b) => a * b, 1);
  return { fanIn: t.shape[1]! * field, fanOut: t.shape[0]! * field };
}

/** By how much a nonlinearity shrinks a signal, so that weights can make up for it. torch.nn.init.calculate_gain. */
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
      throw new ArgumentError("calculateGain", "nonlinearity", `there is no gain for "${nonlinearity}".`);
  }
}

/** U(−a, a), a = gain·√(6/(fanIn + fanOut)): for sigmoid and tanh. Glorot & Bengio 2010. */
export function xavierUniform_<T extends Tensor>(t: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t);
  const std = gain * Math.sqrt(2 / (fanIn + fanOut));
  const a = Math.sqrt(3) * std;
  return uniform_(t, -a, a, options);
}

/** N(0, gain²·2/(fanIn + fanOut)). Glorot & Bengio 2010. */
export function xavierNormal_<T extends Tensor>(t: T, gain = 1, options: InitOptions = {}): T {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t);
  return normal_(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
}

export interface KaimingOptions extends InitOptions {
  /** Slope of the leaky ReLU that follows. Default 0. */
  a?: number;
  /** "fan_in" keeps the variance forward, "fan_out" backward. Default "fan_in". */
  mode?: "fan_in" | "fan_out";
  /** Default "leaky_relu". */
  nonlinearity?: Nonlinearity;
}

function kaimingStd(t: Tensor, { a = 0, mode = "fan_in", nonlinearity = "leaky_relu" }: KaimingOptions): number {
  const { fanIn, fanOut } = calculateFanInAndFanOut(t);
  if (mode !== "fan_in" && mode !== "fan_out")
    throw new ArgumentError("init", "mode", `mode must be "fan_in" or "fan_out", got "${mode}".`);
  return calculateGain(nonlinearity, a) / Math.sqrt(mode === "fan_in" ? fanIn : fanOut);
}

/** U(−b, b), b = gain·√(3/fan): for ReLU. He et al. 2015. */
export function kaimingUniform_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform_(t, -bound, bound, options);
}

/** N(0, gain²/fan): for ReLU. He et al. 2015. */
export function kaimingNormal_<T extends Tensor>(t: T, options: KaimingOptions = {}): T {
  return normal_(t, 0, kaimingStd(t, options), options);
}
