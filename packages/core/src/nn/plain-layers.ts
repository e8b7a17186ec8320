/**
 * @file Layers known to keep neither their input nor their output, so that a chain of them may recycle what lies
 * between, and run some as one operation.
 */

import type { Tensor } from "../autograd/tensor.ts";
import { isTraced } from "../autograd/trace.ts";
import { watch } from "../autograd/watch.ts";
import { GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, SiLU, Softmax, Tanh } from "./activation.ts";
import {
  ELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LogSigmoid,
  Mish,
  PReLU,
  ReLU6,
  SELU,
  Softmin,
  Softplus,
} from "./activations.ts";
import { BatchNorm1d, BatchNorm2d } from "./batchnorm.ts";
import { Conv1d, Conv2d, ConvTranspose2d } from "./conv.ts";
import { Linear } from "./linear.ts";
import { Dropout, Dropout2d, Flatten, Identity } from "./misc.ts";
import type { Module } from "./module.ts";
import { AdaptiveAvgPool2d, AdaptiveMaxPool2d, AvgPool2d, MaxPool2d } from "./pooling.ts";

// The exact classes: a subclass may do anything with its tensors.
const plain: ReadonlySet<unknown> = new Set([
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Linear,
  BatchNorm1d,
  BatchNorm2d,
  MaxPool2d,
  AvgPool2d,
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  ReLU,
  LeakyReLU,
  Sigmoid,
  Tanh,
  GELU,
  SiLU,
  Softmax,
  LogSoftmax,
  Flatten,
  Dropout,
  Dropout2d,
  Identity,
  ELU,
  SELU,
  ReLU6,
  Hardtanh,
  Hardsigmoid,
  Hardswish,
  Mish,
  Softplus,
  LogSigmoid,
  PReLU,
  Softmin,
]);

/**
 * Whether nobody but the tape can still hold what goes in and comes out: a layer of ours as it was made, without hooks; or a module
 * whose own class says so (static keepsNothing) as far as it is concerned, of such layers.
 */
export function keepsNothing(layer: Module): boolean {
  if (layer.hasHooks || !layer.runsItsOwn) return false;
  if (plain.has(layer.constructor)) return true;
  if (!Object.hasOwn(layer.constructor, "keepsNothing")) return false;
  for (const [, child] of layer.namedChildren()) if (!keepsNothing(child)) return false;
  return true;
}

/**
 * Whether ReLU and the pool after it may change places: the largest of a window, cut off at 0, is the largest of what was cut
 * off. Values and gradients are the same bits, and the cut is made on fewer numbers. Not while somebody wants to see each
 * operation, a tracer or a recording whose calls are joined later, and not where a window may see nothing but padding.
 */
export function poolsFirst(layer: Module, next: Module | undefined): boolean {
  if (layer.constructor !== ReLU || next?.constructor !== MaxPool2d || watch.current?.joins || isTraced()) return false;
  const { dilation = 1, returnIndices } = (next as MaxPool2d<boolean>).options;
  return !returnIndices && [dilation].flat().every((step) => step === 1) && keepsNothing(layer) && keepsNothing(next);
}

/**
 * Conv2d, a BatchNorm2d in training if there is one, ReLU and MaxPool2d(2) as one operation: its output and how many layers it
 * stands for; undefined where there is none or somebody could notice.
 */
export function ranAsOne(
  layers: readonly Module[],
  at: number,
  input: Tensor,
): { output: Tensor; count: number } | undefined {
  const [conv, second] = layers.slice(at, at + 2) as [Conv2d, BatchNorm2d?];
  if (conv.constructor !== Conv2d || !keepsNothing(conv)) return undefined;
  const isNorm = second?.constructor === BatchNorm2d && keepsNothing(second);
  const count = isNorm ? 4 : 3;
  const [relu, pool] = layers.slice(at + count - 2, at + count) as [Module?, MaxPool2d?];
  if (!relu || !poolsFirst(relu, pool) || !pool!.isHalving) return undefined;
  const norm = isNorm ? second.inTraining : undefined;
  if (isNorm && (!norm || second.numFeatures !== conv.outChannels)) return undefined;
  const output = conv.pooled(input, norm);
  if (!output) return undefined;
  for (const layer of layers.slice(at, at + count)) watch.current?.module(layer, false);
  return { output, count };
}
