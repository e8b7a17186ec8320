/** @file Where a network looked: Grad-CAM. */

import { tensor } from "../autograd/create.ts";
import { enableGrad, noGrad } from "../autograd/grad-mode.ts";
import { grad } from "../autograd/index.ts";
import { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { resize } from "../data/index.ts";
import { ArgumentError, ShapeError, TargetError } from "../errors/errors.ts";
import { evalMode } from "../models/eval-mode.ts";
import type { Layer, Module } from "../nn/index.ts";

/** Which class, and which layer, is looked at. */
export interface GradCamOptions {
  /** Class of each picture whose evidence is shown. Default: the one with the largest logit. */
  readonly classes?: ArrayLike<number>;
  /** Dotted path of the module whose output is looked at. Default: the last one that still has more than one place. */
  readonly layer?: string | undefined;
}

/** Heat maps of the pictures, and what the model said of them. */
export interface GradCam {
  /** Dotted path of the module that was looked at. */
  readonly layer: string;
  /** Of the maps: the input's. */
  readonly height: number;
  /** Of the maps: the input's. */
  readonly width: number;
  /** One a picture, row by row, at the input's size: 0 no evidence, 1 the most in this picture (all 0 where there is none). */
  readonly maps: readonly Float32Array[];
  /** Class of each map. */
  readonly classes: Int32Array;
  /** (N, classes). */
  readonly logits: Float32Array;
}

/**
 * Heat maps of the evidence for a class: relu(Σ αc·Ac) over the channels A of a layer's output, αc being the mean over all
 * places of ∂logit/∂Ac; enlarged bilinearly to the input and divided by their largest value.
 *
 * Shape   input (N, C, H, W); the model gives (N, classes). The model runs in eval mode and is left as it was, gradients included.
 * Throws  ShapeError "rank"; ArgumentError "no-map" for a network without a layer of (N, C, h, w), "layer" for one that is none
 *         of them; TargetError "class".
 * Source  Selvaraju et al. 2017 (https://arxiv.org/abs/1610.02391).
 *
 * @example
 * const net = createModel("simplecnn");
 * const { maps, layer } = await gradCam(net, randn([2, 3, 32, 32]), { classes: [3, 5] });
 * layer;           // "conv_layers"
 * maps[0].length;  // 1024
 */
export async function gradCam(model: Layer, input: Tensor, options: GradCamOptions = {}): Promise<GradCam> {
  checkKnown("gradCam", options, { classes: 0, layer: 0 });
  if (input.ndim !== 4)
    throw new ShapeError("gradCam", "rank", "the input must be (N, C, H, W).", [{ name: "input", shape: input.shape }]);
  const [count, , height, width] = input.shape as [number, number, number, number];
  const restore = evalMode(model);
  try {
    const layer = options.layer ?? lastMap(model, input);
    const module = [...model.namedModules()].find(([name]) => name === layer)?.[1];
    if (!module) throw noLayer(layer, model, input);
    const { logits, activation } = withLeaf(model, module, input);
    if (activation?.ndim !== 4) throw noLayer(layer, model, input);
    const values = (await logits.toArray()) as Float32Array;
    const classes = chosen(values, count, options.classes);
    const upstream = new Float32Array(values.length);
    classes.forEach((index, n) => {
      upstream[n * (values.length / count) + index] = 1;
    });
    const gradOutput = tensor(upstream, { shape: logits.shape, device: logits.backend });
    const [slope] = grad([logits], [activation], { gradOutputs: [gradOutput], allowUnused: true });
    const maps = slope
      ? heatMaps(await activation.toArray(), await slope.toArray(), activation.shape)
      : Array.from({ length: count }, () => new Float32Array(activation.shape[2]! * activation.shape[3]!));
    return {
      layer,
      height,
      width,
      maps: maps.map((map) => enlarged(map, activation.shape, height, width)),
      classes,
      logits: values,
    };
  } finally {
    restore();
  }
}

/** Every module whose output is (N, C, h, w), in the order they ran, with the places that output has. */
function mapsOf(model: Layer, input: Tensor): { name: string; places: number }[] {
  const found: { name: string; places: number }[] = [];
  const removers = [...model.namedModules()].map(([name, module]) =>
    module.registerForwardHook((_, __, output) => {
      if (output instanceof Tensor && output.ndim === 4)
        found.push({ name, places: output.shape[2]! * output.shape[3]! });
    }),
  );
  try {
    noGrad(() => model.forward(input));
  } finally {
    for (const remove of removers) remove();
  }
  return found;
}

function lastMap(model: Layer, input: Tensor): string {
  const last = mapsOf(model, input).findLast(({ places }) => places > 1);
  if (last) return last.name;
  throw new ArgumentError(
    "gradCam",
    "no-map",
    `${model.constructor.name} has no layer whose output is (N, C, h, w) with more than one place: there is nothing to map.`,
  );
}

function noLayer(layer: string, model: Layer, input: Tensor): ArgumentError {
  const names = [...new Set(mapsOf(model, input).map(({ name }) => name))].filter((name) => name !== "");
  return new ArgumentError(
    "gradCam",
    "layer",
    `"${layer}" is no layer whose output is (N, C, h, w); there are: ${names.join(", ") || "none"}.`,
  );
}

/** Runs the model with the module's last output cut off from what made it: the gradient goes back to there and no further. */
function withLeaf(model: Layer, module: Module, input: Tensor): { logits: Tensor; activation: Tensor | undefined } {
  let activation: Tensor | undefined;
  const remove = module.registerForwardHook((_, __, output) => {
    if (!(output instanceof Tensor)) return undefined;
    activation = output.detach().requiresGrad_();
    return activation;
  });
  try {
    const logits = enableGrad(() => model.forward(input));
    if (logits.ndim !== 2)
      throw new ShapeError("gradCam", "logits", "the model must give (N, classes).", [
        { name: "logits", shape: logits.shape },
      ]);
    return { logits, activation };
  } finally {
    remove();
  }
}

function chosen(logits: Float32Array, count: number, given: ArrayLike<number> | undefined): Int32Array {
  const classes = count === 0 ? 0 : logits.length / count;
  if (given && given.length !== count)
    throw new TargetError("gradCam", "class", `${given.length} classes for ${count} pictures: give one each.`);
  return Int32Array.from({ length: count }, (_, n) => {
    const row = logits.subarray(n * classes, (n + 1) * classes);
    const index = given ? given[n]! : row.indexOf(Math.max(...row));
    if (Number.isInteger(index) && index >= 0 && index < classes) return index;
    throw new TargetError("gradCam", "class", `class ${index} of picture ${n} is not one of the ${classes} classes.`);
  });
}

function heatMaps(values: ArrayLike<number>, slopes: ArrayLike<number>, shape: readonly number[]): Float32Array[] {
  const [count, channels, h, w] = shape as [number, number, number, number];
  const places = h * w;
  return Array.from({ length: count }, (_, n) => {
    const map = new Float64Array(places);
    for (let c = 0; c < channels; c++) {
      const at = (n * channels + c) * places;
      let alpha = 0;
      for (let i = 0; i < places; i++) alpha += slopes[at + i]!;
      alpha /= places;
      for (let i = 0; i < places; i++) map[i] = map[i]! + alpha * values[at + i]!;
    }
    const positive = map.map((value) => Math.max(0, value));
    const most = positive.reduce((a, b) => Math.max(a, b), 0);
    return Float32Array.from(positive, (value) => (most > 0 ? value / most : 0));
  });
}

function enlarged(data: Float32Array, shape: readonly number[], height: number, width: number): Float32Array {
  const map = { data, channels: 1, height: shape[2]!, width: shape[3]! };
  return resize([height, width]).apply(map).data as Float32Array;
}
