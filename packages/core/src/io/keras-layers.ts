/** @file Keras' layers, each as a module that takes and gives NCHW. Source: keras.layers; TensorFlow's rule for "same" padding. */
import type { Tensor } from "../autograd/tensor.ts";
import { BatchNorm2d, Conv2d, ConvTranspose2d, Dropout, Linear, Module } from "../nn/index.ts";
import * as ops from "../ops/index.ts";
import type { Fail } from "./fail.ts";
import { kerasStateDict, permuted } from "./keras-weights.ts";
import type { TfjsTensor } from "./tfjs-weights.ts";

export type Config = Readonly<Record<string, unknown>>;
/** A layer's own tensors: "kernel", "bias", "gamma" … */
export type Own = ReadonlyMap<string, TfjsTensor>;

/** A layer ready to run: the module with its weights, and how it is called. */
export interface KerasLayer {
  readonly module: Module | null;
  readonly run: (inputs: readonly Tensor[]) => Tensor;
  /** By the module's own keys. */
  readonly state: ReadonlyMap<string, TfjsTensor>;
}

type Pair = [number, number];

function pair(config: Config, key: string, usual: number, fail: Fail): Pair {
  const value = config[key] ?? usual;
  const list = typeof value === "number" ? [value, value] : value;
  if (Array.isArray(list) && list.length === 2 && list.every((n) => Number.isInteger(n) && n >= 1)) return list as Pair;
  return fail("topology", `${String(config.name)}: ${key} must be one or two whole numbers from 1.`);
}

/** What TensorFlow adds before and after for "same": as much as ceil(size / stride) outputs need, the odd one after. */
function samePadding(size: number, kernel: number, stride: number, dilation: number): Pair {
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + (kernel - 1) * dilation + 1 - size);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

function padded(input: Tensor, kernel: Pair, stride: Pair, dilation: Pair, value = 0): Tensor {
  const [h, w] = [input.shape.at(-2)!, input.shape.at(-1)!];
  const [top, bottom] = samePadding(h, kernel[0], stride[0], dilation[0]);
  const [left, right] = samePadding(w, kernel[1], stride[1], dilation[1]);
  return top + bottom + left + right === 0 ? input : ops.pad(input, [left, right, top, bottom], { value });
}

const activations: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  linear: (x) => x,
  relu: (x) => ops.relu(x),
  relu6: (x) => ops.relu6(x),
  sigmoid: (x) => ops.sigmoid(x),
  tanh: (x) => ops.tanh(x),
  softmax: (x) => ops.softmax(x, 1),
  elu: (x) => ops.elu(x),
  selu: (x) => ops.selu(x),
  softplus: (x) => ops.softplus(x),
  swish: (x) => ops.silu(x),
  silu: (x) => ops.silu(x),
  gelu: (x) => ops.gelu(x),
  exponential: (x) => ops.exp(x),
  hard_sigmoid: (x) => ops.clamp(x.mul(0.2).add(0.5), 0, 1),
};

export function activation(config: Config, fail: Fail): (x: Tensor) => Tensor {
  const given = config.activation ?? "linear";
  const name = typeof given === "string" ? given : (given as Config).class_name;
  const found = typeof name === "string" ? activations[name.toLowerCase()] : undefined;
  return (
    found ??
    fail(
      "activation",
      `${String(config.name)}: the activation ${String(name)} is not known; known are ${Object.keys(activations).join(", ")}.`,
    )
  );
}

function kernelOf(own: Own, name: string, rank: number, config: Config, fail: Fail): TfjsTensor {
  const kernel = own.get(name);
  if (kernel?.shape.length === rank) return kernel;
  return fail("weights", `${String(config.name)}: its ${name} of ${rank} axes is missing.`);
}

type Maker = (config: Config, own: Own, fail: Fail) => KerasLayer;
const plain = (run: (input: Tensor) => Tensor): KerasLayer => ({
  module: null,
  run: ([x]) => run(x!),
  state: new Map(),
});
const merge = (run: (inputs: readonly Tensor[]) => Tensor): KerasLayer => ({ module: null, run, state: new Map() });

function convolution(config: Config, own: Own, fail: Fail, depthwise: boolean): KerasLayer {
  const name = depthwise ? "depthwise_kernel" : "kernel";
  const kernel = kernelOf(own, name, 4, config, fail);
  const [kh, kw, channels, last] = kernel.shape as [number, number, number, number];
  const stride = pair(config, "strides", 1, fail);
  const dilation = pair(config, "dilation_rate", 1, fail);
  const groups = depthwise ? channels : typeof config.groups === "number" ? config.groups : 1;
  const from = depthwise ? channels : channels * groups;
  const module = new Conv2d(from, depthwise ? channels * last : last, [kh, kw], {
    stride,
    dilation,
    groups,
    bias: own.has("bias"),
  });
  const act = activation(config, fail);
  const same = config.padding === "same";
  return {
    module,
    run: ([x]) => act(module.forward(same ? padded(x!, [kh, kw], stride, dilation) : x!)),
    state: kerasStateDict(own),
  };
}

function transposedConvolution(config: Config, own: Own, fail: Fail): KerasLayer {
  const kernel = kernelOf(own, "kernel", 4, config, fail);
  const [kh, kw, to, from] = kernel.shape as [number, number, number, number];
  const stride = pair(config, "strides", 1, fail);
  const module = new ConvTranspose2d(from, to, [kh, kw], { stride, bias: own.has("bias") });
  const act = activation(config, fail);
  const state = new Map([["weight", permuted(kernel, [3, 2, 0, 1])]]);
  const bias = own.get("bias");
  if (bias) state.set("bias", bias);
  const run = ([x]: readonly Tensor[]): Tensor => {
    const whole = module.forward(x!);
    if (config.padding !== "same") return act(whole);
    // The gradient of a "same" convolution: what that would have added is cut off.
    const cut = ([size, k, s]: readonly [number, number, number]): Pair => samePadding(size * s, k, s, 1);
    const [h, w] = [x!.shape[2]!, x!.shape[3]!];
    const [top] = cut([h, kh, stride[0]]);
    const [left] = cut([w, kw, stride[1]]);
    const [wantedH, wantedW] = [h * stride[0], w * stride[1]];
    const fit = ops.pad(whole, [
      0,
      Math.max(0, left + wantedW - whole.shape[3]!),
      0,
      Math.max(0, top + wantedH - whole.shape[2]!),
    ]);
    return act(ops.narrow(ops.narrow(fit, 2, top, wantedH), 3, left, wantedW));
  };
  return { module, run, state };
}

function separable(config: Config, own: Own, fail: Fail): KerasLayer {
  const depthwise = convolution(
    { ...config, activation: "linear" },
    new Map([["depthwise_kernel", kernelOf(own, "depthwise_kernel", 4, config, fail)]]),
    fail,
    true,
  );
  const pointwise = new Map([["kernel", kernelOf(own, "pointwise_kernel", 4, config, fail)]]);
  const bias = own.get("bias");
  if (bias) pointwise.set("bias", bias);
  const second = convolution({ name: config.name, activation: config.activation }, pointwise, fail, false);
  const prefixed = (prefix: string, state: KerasLayer["state"]) =>
    [...state].map(([key, value]) => [`${prefix}.${key}`, value] as const);
  class Separable extends Module {
    readonly depthwise = depthwise.module!;
    readonly pointwise = second.module!;
    forward(input: Tensor): Tensor {
      return second.run([depthwise.run([input])]);
    }
  }
  const module = new Separable();
  return {
    module,
    run: ([x]) => module.forward(x!),
    state: new Map([...prefixed("depthwise", depthwise.state), ...prefixed("pointwise", second.state)]),
  };
}

function batchNorm(config: Config, own: Own, fail: Fail): KerasLayer {
  const axis = Array.isArray(config.axis) ? config.axis[0] : (config.axis ?? -1);
  const mean = own.get("moving_mean");
  if (!mean || !own.has("moving_variance"))
    return fail("weights", `${String(config.name)}: its moving mean and variance are missing.`);
  const momentum = typeof config.momentum === "number" ? 1 - config.momentum : 0.01;
  const module = new BatchNorm2d(mean.shape[0]!, {
    eps: typeof config.epsilon === "number" ? config.epsilon : 1e-3,
    momentum,
  });
  const ones = { shape: mean.shape, data: new Float32Array(mean.data.length).fill(1) };
  const zeros = { shape: mean.shape, data: new Float32Array(mean.data.length) };
  const counter = { shape: [], data: Int32Array.of(0) };
  const run = ([x]: readonly Tensor[]): Tensor => {
    if (axis !== -1 && axis !== x!.shape.length - 1)
      return fail(
        "axis",
        `${String(config.name)}: only the last axis, the channels, is normalised here; this one says ${String(axis)}.`,
      );
    // A flat input is a picture of one pixel.
    return x!.shape.length === 2
      ? module.forward(x!.reshape([...x!.shape, 1, 1])).reshape(x!.shape)
      : module.forward(x!);
  };
  return {
    module,
    run,
    state: new Map([["weight", ones], ["bias", zeros], ["num_batches_tracked", counter], ...kerasStateDict(own)]),
  };
}

function dense(config: Config, own: Own, fail: Fail): KerasLayer {
  const [from, to] = kernelOf(own, "kernel", 2, config, fail).shape as [number, number];
  const module = new Linear(from, to, { bias: own.has("bias") });
  const act = activation(config, fail);
  const run = ([x]: readonly Tensor[]): Tensor => {
    if (x!.shape.length === 2) return act(module.forward(x!));
    const last = ops.permute(x!, [0, 2, 3, 1]); // Keras' last axis
    return act(ops.permute(module.forward(last), [0, 3, 1, 2]));
  };
  return { module, run, state: kerasStateDict(own) };
}

function pool(config: Config, fail: Fail, kind: "max" | "average"): KerasLayer {
  const kernel = pair(config, "pool_size", 2, fail);
  const stride = config.strides == null ? kernel : pair(config, "strides", 1, fail);
  const same = config.padding === "same";
  if (kind === "max")
    return plain((x) =>
      ops.maxPool2d(same ? padded(x, kernel, stride, [1, 1], Number.NEGATIVE_INFINITY) : x, kernel, { stride }),
    );
  return plain((x) => {
    if (!same) return ops.avgPool2d(x, kernel, { stride });
    const sums = ops.avgPool2d(padded(x, kernel, stride, [1, 1]), kernel, { stride });
    const share = ops.avgPool2d(padded(x.mul(0).add(1), kernel, stride, [1, 1]), kernel, { stride }); // of the window inside
    return sums.div(share);
  });
}

/** (N, C, H, W) as Keras sees it, row by row with the channels last. */
function flat(x: Tensor): Tensor {
  return ops.flatten(x.shape.length === 4 ? ops.permute(x, [0, 2, 3, 1]) : x, 1);
}

function reshaped(config: Config, fail: Fail): KerasLayer {
  const target = config.target_shape;
  if (!Array.isArray(target) || ![1, 3].includes(target.length))
    return fail("topology", `${String(config.name)}: the target shape must have 1 or 3 sizes.`);
  return plain((x) => {
    const rows = flat(x);
    if (target.length === 1) return rows;
    return ops.permute(rows.reshape([x.shape[0]!, ...(target as number[])]), [0, 3, 1, 2]);
  });
}

function borders(config: Config, key: string, fail: Fail): [number, number, number, number] {
  const given = config[key] ?? 1;
  const list = typeof given === "number" ? [given, given] : given;
  const [[top, bottom], [left, right]] = (
    Array.isArray(list) && list.length === 2
      ? list
      : fail("topology", `${String(config.name)}: ${key} must be numbers.`)
  ).map((side: unknown) => (Array.isArray(side) ? side : [side, side])) as [Pair, Pair];
  return [left, right, top, bottom];
}

function relu(config: Config): KerasLayer {
  const { max_value: most, negative_slope: slope = 0, threshold = 0 } = config;
  return plain((x) => {
    let y = slope ? ops.leakyRelu(x, Number(slope)) : ops.relu(x);
    if (threshold) y = x.mul(ops.clamp(ops.sign(x.sub(Number(threshold))), 0, 1));
    return typeof most === "number" ? ops.clamp(y, Number.NEGATIVE_INFINITY, most) : y;
  });
}

function concatenate(config: Config, fail: Fail): KerasLayer {
  return merge((inputs) => {
    const axis = typeof config.axis === "number" ? config.axis : -1;
    const rank = inputs[0]!.shape.length;
    if (axis !== -1 && axis !== rank - 1)
      return fail(
        "axis",
        `${String(config.name)}: only the last axis, the channels, is joined here; this one says ${axis}.`,
      );
    return ops.cat(inputs, 1);
  });
}

const identity: Maker = () => plain((x) => x);
const fold = (step: (a: Tensor, b: Tensor) => Tensor) => merge((inputs) => inputs.reduce(step));

/** By Keras' class names. */
export const kerasLayers: Readonly<Record<string, Maker>> = {
  InputLayer: identity,
  Conv2D: (c, own, fail) => convolution(c, own, fail, false),
  DepthwiseConv2D: (c, own, fail) => convolution(c, own, fail, true),
  SeparableConv2D: separable,
  Conv2DTranspose: transposedConvolution,
  Dense: dense,
  BatchNormalization: batchNorm,
  Activation: (c, _own, fail) => plain(activation(c, fail)),
  ReLU: relu,
  LeakyReLU: (c) => plain((x) => ops.leakyRelu(x, Number(c.alpha ?? c.negative_slope ?? 0.3))),
  ELU: (c) => plain((x) => ops.elu(x, Number(c.alpha ?? 1))),
  Softmax: () => plain((x) => ops.softmax(x, 1)),
  MaxPooling2D: (c, _own, fail) => pool(c, fail, "max"),
  AveragePooling2D: (c, _own, fail) => pool(c, fail, "average"),
  GlobalAveragePooling2D: (c) => plain((x) => ops.mean(x, [2, 3], { keepdim: c.keepdims === true })),
  GlobalMaxPooling2D: (c) => plain((x) => ops.amax(x, [2, 3], { keepdim: c.keepdims === true })),
  Flatten: () => plain(flat),
  Reshape: (c, _own, fail) => reshaped(c, fail),
  Dropout: (c) => {
    const module = new Dropout(Number(c.rate ?? 0.5));
    return { module, run: ([x]) => module.forward(x!), state: new Map() };
  },
  SpatialDropout2D: identity,
  GaussianNoise: identity,
  GaussianDropout: identity,
  ZeroPadding2D: (c, _own, fail) => {
    const sizes = borders(c, "padding", fail);
    return plain((x) => ops.pad(x, sizes));
  },
  Cropping2D: (c, _own, fail) => {
    const sizes = borders(c, "cropping", fail).map((size) => -size);
    return plain((x) => ops.pad(x, sizes));
  },
  UpSampling2D: (c, _own, fail) => {
    const scale = pair(c, "size", 2, fail);
    if (c.interpolation !== undefined && c.interpolation !== "nearest")
      return fail("topology", `${String(c.name)}: only nearest upsampling is read.`);
    return plain((x) => ops.interpolate(x, { scaleFactor: scale }));
  },
  Rescaling: (c) => plain((x) => x.mul(Number(c.scale ?? 1)).add(Number(c.offset ?? 0))),
  Add: () => fold((a, b) => a.add(b)),
  Subtract: () => fold((a, b) => a.sub(b)),
  Multiply: () => fold((a, b) => a.mul(b)),
  Maximum: () => fold((a, b) => ops.maximum(a, b)),
  Minimum: () => fold((a, b) => ops.minimum(a, b)),
  Average: () => merge((inputs) => inputs.reduce((a, b) => a.add(b)).div(inputs.length)),
  Concatenate: (c, _own, fail) => concatenate(c, fail),
};
