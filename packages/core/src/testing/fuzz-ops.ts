/** @file What random graphs are made of: for each operation how it is applied to a tensor of a given shape. */
import { tensor } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import * as F from "../ops/index.ts";

/** Plain numbers that settle a step: sizes, axes, paddings. */
export type Numbers = readonly number[];

export interface Dice {
  /** A whole number from 0 to n − 1. */
  below(n: number): number;
  /** One of these. */
  of<T>(list: readonly T[]): T;
}

export interface FuzzOp {
  /** Numbers for an input of this shape, and shapes of further inputs; null where the op does not apply. */
  plan(shape: Shape, dice: Dice): { numbers?: number[]; more?: Shape[] } | null;
  call(inputs: readonly Tensor[], numbers: Numbers): Tensor;
}

type Unary = (x: Tensor) => Tensor;

const each = (f: Unary): FuzzOp => ({ plan: () => ({}), call: ([x]) => f(x!) });

/** An op of one axis. */
const along = (f: (x: Tensor, dim: number) => Tensor, least = 1): FuzzOp => ({
  plan: (shape, dice) => {
    const axes = shape.flatMap((size, i) => (size >= least ? [i] : []));
    return axes.length === 0 ? null : { numbers: [dice.of(axes)] };
  },
  call: ([x], [dim]) => f(x!, dim!),
});

/** An op of two tensors that broadcast: the second has some axes of 1, and may lack leading ones. */
const pair = (f: (a: Tensor, b: Tensor) => Tensor): FuzzOp => ({
  plan: (shape, dice) => ({
    more: [shape.slice(dice.below(shape.length + 1)).map((size) => (dice.below(3) === 0 ? 1 : size))],
  }),
  call: ([a, b]) => f(a!, b!),
});

/** Away from 0, where roots, logarithms and quotients have no slope. */
const lifted: Unary = (x) => x.mul(x).add(0.5);

const images = (shape: Shape, least: number) => shape.length === 4 && shape[2]! >= least && shape[3]! >= least;

const index = (x: Tensor, shape: Shape, size: number) =>
  tensor(
    Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i * 7 + 3) % size),
    { shape, device: x.backend },
  );

export const fuzzOps: Readonly<Record<string, FuzzOp>> = {
  neg: each(F.neg),
  exp: each((x) => F.exp(F.tanh(x))),
  log: each((x) => F.log(lifted(x))),
  sqrt: each((x) => F.sqrt(lifted(x))),
  reciprocal: each((x) => F.reciprocal(lifted(x))),
  pow: each((x) => F.pow(lifted(x), -1.5)),
  abs: each(F.abs),
  relu: each(F.relu),
  leakyRelu: each((x) => F.leakyRelu(x, 0.2)),
  sigmoid: each(F.sigmoid),
  tanh: each(F.tanh),
  gelu: each((x) => F.gelu(x)),
  geluTanh: each((x) => F.gelu(x, { approximate: "tanh" })),
  silu: each(F.silu),
  mish: each(F.mish),
  softplus: each((x) => F.softplus(x)),
  elu: each((x) => F.elu(x, 0.7)),
  hardswish: each(F.hardswish),
  clamp: each((x) => F.clamp(x, -0.8, 1.1)),

  add: pair(F.add),
  sub: pair(F.sub),
  mul: pair(F.mul),
  div: pair((a, b) => F.div(a, lifted(b))),
  maximum: pair(F.maximum),
  minimum: pair(F.minimum),
  where: pair((a, b) => F.where(F.gt(a, b.detach()), a, b)),

  sum: along((x, dim) => F.sum(x, dim)),
  mean: along((x, dim) => F.mean(x, dim, { keepdim: true })),
  amax: along((x, dim) => F.amax(x, dim)),
  max: along((x, dim) => F.max(x, dim).values),
  variance: along((x, dim) => F.variance(x, dim, { keepdim: true }), 2),
  norm: along((x, dim) => F.norm(F.cat([x, F.exp(F.tanh(x))], dim), 2, dim)),
  logsumexp: along((x, dim) => F.logsumexp(x, dim)),
  softmax: along(F.softmax),
  logSoftmax: along(F.logSoftmax),
  cumsum: along(F.cumsum),
  sort: along((x, dim) => F.sort(x, dim).values),
  topk: along((x, dim) => F.topk(x, 1 + (x.shape[dim]! >> 1), dim).values),

  flatten: { plan: (shape) => (shape.length > 1 ? {} : null), call: ([x]) => F.flatten(x!, 1) },
  split: along((x, dim) => F.cat(F.split(x, 2, dim).reverse(), dim), 3),
  stack: along((x, dim) => F.stack([x, F.tanh(x)], dim)),
  transpose: along((x, dim) => F.transpose(x, 0, dim)),
  narrow: along((x, dim) => F.narrow(x, dim, 1, x.shape[dim]! - 1), 2),
  slice: along((x, dim) => F.slice(x, dim, 0, undefined, 2), 2),
  flip: along(F.flip, 2),
  roll: along((x, dim) => F.roll(x, 1, dim), 2),
  repeat: along((x, dim) => F.cat([x, x], dim)),
  expand: along((x, dim) => F.expand(F.unsqueeze(x, dim), [...x.shape.slice(0, dim), 2, ...x.shape.slice(dim)])),
  indexSelect: along((x, dim) => F.indexSelect(x, dim, index(x, [3], x.shape[dim]!))),
  gather: along((x, dim) => F.gather(x, dim, index(x, x.shape, x.shape[dim]!))),
  scatterAdd: along((x, dim) => F.scatterAdd(F.tanh(x), dim, index(x, x.shape, x.shape[dim]!), x)),

  matmul: {
    plan: (shape, dice) => (shape.length < 2 ? null : { more: [[shape.at(-1)!, 1 + dice.below(3)]] }),
    call: ([a, b]) => F.matmul(a!, b!),
  },
  linear: {
    plan(shape, dice) {
      if (shape.length === 0) return null;
      const out = 1 + dice.below(3);
      return { more: [[out, shape.at(-1)!], [out]] };
    },
    call: ([x, weight, bias]) => F.linear(x!, weight!, bias),
  },
  conv2d: {
    plan(shape, dice) {
      if (!images(shape, 2)) return null;
      const [groups, o] = [dice.of([1, shape[1]!]), shape[1]! * (1 + dice.below(2))];
      const kernel = [1 + dice.below(2), 1 + dice.below(2)];
      return {
        numbers: [1 + dice.below(2), 1 + dice.below(2), dice.below(2), dice.below(2), 1 + dice.below(2), 1, groups],
        more: [[o, shape[1]! / groups, ...kernel], [o]],
      };
    },
    call: ([x, weight, bias], [sh = 1, sw = 1, ph = 0, pw = 0, dh = 1, dw = 1, groups = 1]) =>
      F.conv2d(F.pad(x!, [0, 1, 0, 1]), weight!, bias, {
        stride: [sh, sw],
        padding: [ph, pw],
        dilation: [dh, dw],
        groups,
      }),
  },
  convTranspose2d: {
    plan: (shape, dice) =>
      images(shape, 1) ? { numbers: [1 + dice.below(2), 1], more: [[shape[1]!, 2, 2, 1 + dice.below(2)], [2]] } : null,
    call: ([x, weight, bias], [sh = 1, sw = 1]) => F.convTranspose2d(x!, weight!, bias, { stride: [sh, sw] }),
  },
  maxPool2d: {
    plan: (shape, dice) => (images(shape, 2) ? { numbers: [1 + dice.below(2), 2, dice.below(2)] } : null),
    call: ([x], [sh = 1, sw = 1, pad = 0]) =>
      F.maxPool2d(x!, 2, { stride: [sh, sw], padding: [pad, 0], ceilMode: true }),
  },
  avgPool2d: {
    plan: (shape, dice) => (images(shape, 2) ? { numbers: [1 + dice.below(2), 1, dice.below(2)] } : null),
    call: ([x], [sh = 1, sw = 1, pad = 0]) => F.avgPool2d(x!, [2, 1], { stride: [sh, sw], padding: [pad, 0] }),
  },
  adaptiveAvgPool2d: {
    plan: (shape) => (images(shape, 1) ? {} : null),
    call: ([x]) => F.adaptiveAvgPool2d(x!, [2, 1]),
  },
  pad: {
    plan: (shape, dice) =>
      shape.length < 3 || shape.at(-1)! < 2 || shape.at(-2)! < 2 ? null : { numbers: [dice.below(4)] },
    call: ([x], [mode]) =>
      F.pad(x!, [1, 0, 1, 1], { mode: (["constant", "reflect", "replicate", "circular"] as const)[mode!] }),
  },
  interpolate: {
    plan: (shape, dice) => (images(shape, 1) ? { numbers: [dice.below(2)] } : null),
    call: ([x], [mode]) => F.interpolate(x!, { size: [3, 2], mode: (["nearest", "bilinear"] as const)[mode!] }),
  },
  batchNorm: {
    plan: (shape) => (shape.length >= 2 && shape[0]! > 1 ? { more: [[shape[1]!], [shape[1]!]] } : null),
    call: ([x, weight, bias]) => F.batchNorm(x!, null, null, { weight, bias, training: true, eps: 0.1 }),
  },
  layerNorm: {
    plan: (shape) => (shape.length > 0 && shape.at(-1)! > 1 ? { more: [[shape.at(-1)!]] } : null),
    call: ([x, weight]) => F.layerNorm(x!, [x!.shape.at(-1)!], weight, null, 0.1),
  },
};
