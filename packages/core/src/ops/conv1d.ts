/** @file Convolutions over sequences (N, C, L): those over images of height 1. */

import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Conv1dRule, ConvTranspose1dRule } from "../base/typed/functional-rules.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose2d.ts";
import { conv2d, conv2dPadded } from "./conv2d.ts";
import { reshape } from "./view.ts";

type Size = number | readonly number[];

/** Where conv1d's windows lie. A list of one stands for its number. */
export interface Conv1dOptions {
  /** Step between windows. Default 1. */
  stride?: Size;
  /** Zeros at both ends; "same" keeps the length (stride 1 only), "valid" is 0. Default 0. */
  padding?: Size | "same" | "valid";
  /** Distance between the kernel's taps. Default 1. */
  dilation?: Size;
  /** Channels are cut into this many independent groups. Default 1. */
  groups?: number;
}

/** Where convTranspose1d spreads each value to, and what is cut of the result. A list of one stands for its number. */
export interface ConvTranspose1dOptions {
  /** Step between the windows of neighbouring values. Default 1. */
  stride?: Size;
  /** Values cut from each end of the result. Default 0. */
  padding?: Size;
  /** Extra values at the end, below stride or dilation. Default 0. */
  outputPadding?: Size;
  /** Channels are cut into this many independent groups. Default 1. */
  groups?: number;
  /** Distance between the kernel's taps. Default 1. */
  dilation?: Size;
}

/** A number, or a list of one. @internal */
export function single(where: string, name: string, value: Size): number {
  const list = typeof value === "number" ? [value] : value;
  if (list.length !== 1)
    throw new ArgumentError(where, name, say`${name} must be one number, got ${{ count: list.length }}: ${{ list }}.`);
  return list[0]!;
}

/** (…, L) → (…, 1, L). */
const asImage = (t: Tensor): Tensor => reshape(t, [...t.shape.slice(0, -1), 1, t.shape[t.ndim - 1]!]);
/** (…, 1, L) → (…, L). */
const asSequence = (t: Tensor): Tensor => reshape(t, [...t.shape.slice(0, -2), t.shape[t.ndim - 1]!]);

function checkOperands(where: string, input: Shape, weight: Shape, channels: number, weightAxes: string): void {
  const operands = [
    { name: "input", shape: input, axes: input.length === 2 ? "C, L" : "N, C, L" },
    { name: "weight", shape: weight, axes: weightAxes },
  ];
  if ((input.length !== 2 && input.length !== 3) || weight.length !== 3)
    throw new ShapeError(
      where,
      "rank",
      say`input must be (N, C, L) or (C, L) and weight have 3 axes, got ${{ axes: input.length }} and ${{ weightAxes: weight.length }}.`,
      operands,
    );
  const c = input[input.length - 2]!;
  if (c !== channels)
    throw new ShapeError(
      where,
      "channels",
      say`input has ${{ channels: c }} channels, weight wants ${{ weightChannels: channels }}.`,
      operands,
      `make the layer with inChannels ${c}.`,
    );
}

/**
 * Slides every filter along the sequence and sums products: y[n,o,i] = b[o] + Σ x[n,c,i·s+u·d−p]·w[o,c,u].
 *
 * Shape    input (N, C, L) or (C, L), weight (O, C/groups, k), bias (O) → (N, O, L′) or (O, L′),
 *          L′ = ⌊(L + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * Options  stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1.
 * Throws   ShapeError "rank", "channels", "kernel-too-large", "groups", "bias"; ArgumentError for a bad option.
 * Source   torch.nn.functional.conv1d.
 *
 * @example
 * await conv1d(tensor([[1, 2, 4, 8]]), tensor([[[-1, 1]]])).tolist(); // [[1, 2, 4]]
 * conv1d(zeros([1, 2, 8]), zeros([3, 2, 3])).shape; // [1, 3, 6]
 */
export function conv1d<S extends Shape, W extends Shape, const P extends Conv1dOptions = Record<never, never>>(
  input: Tensor<S> & Fit<Conv1dRule<W, P>, S>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: Written<P, Conv1dOptions>,
): Tensor<Given<Conv1dRule<W, P>, S>>;
export function conv1d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv1dOptions = {}): Tensor {
  checkKnown("conv1d", options, { stride: 0, padding: 0, dilation: 0, groups: 0 });
  return conv1dPadded(input, weight, bias, options, "zeros");
}

/** conv1d with what stands at the ends. @internal */
export function conv1dPadded(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null | undefined,
  options: Conv1dOptions,
  mode: "zeros" | "reflect" | "replicate" | "circular",
): Tensor {
  const { padding = 0, groups = 1 } = options;
  const stride = single("conv1d", "stride", options.stride ?? 1);
  const dilation = single("conv1d", "dilation", options.dilation ?? 1);
  const pads = typeof padding === "string" ? padding : single("conv1d", "padding", padding);
  checkOperands("conv1d", input.shape, weight.shape, (weight.shape[1] ?? 0) * groups, "O, C/groups, k");
  const span = dilation * (weight.shape[2]! - 1) + 1;
  const length = input.shape[input.ndim - 1]!;
  const room = pads === "same" ? span + length - 1 : length + 2 * (pads === "valid" ? 0 : pads);
  if (span > room)
    throw new ShapeError(
      "conv1d",
      "kernel-too-large",
      say`the kernel covers ${{ window: span }}, the padded input is only ${{ padded: room }}.`,
      [
        { name: "input", shape: input.shape },
        { name: "weight", shape: weight.shape, axes: "O, C/groups, k" },
      ],
      "add padding, or use a smaller kernel or dilation.",
    );
  const flat = {
    stride: [1, stride],
    dilation: [1, dilation],
    groups,
    padding: typeof pads === "string" ? pads : [0, pads],
  };
  const image = asImage(input);
  const filters = asImage(weight);
  return asSequence(
    mode === "zeros" ? conv2d(image, filters, bias, flat) : conv2dPadded(image, filters, bias ?? null, flat, mode),
  );
}

/**
 * Spreads each value over a window: y[n,o,i·s+u·d−p] = b[o] + Σ x[n,c,i]·w[c,o,u] over all that meet there. It is the
 * gradient of conv1d with respect to its input.
 *
 * Shape    input (N, C, L) or (C, L), weight (C, O/groups, k), bias (O) → (N, O, L′) or (O, L′),
 *          L′ = (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1.
 * Options  stride 1, padding 0, outputPadding 0, dilation 1, groups 1.
 * Throws   ShapeError "rank", "channels", "groups", "bias", "too-small"; ArgumentError for a bad option,
 *          "output-padding" unless below stride or dilation.
 * Source   torch.nn.functional.conv_transpose1d.
 *
 * @example
 * await convTranspose1d(tensor([[1, 2]]), tensor([[[1, 10]]]), null, { stride: 2 }).tolist(); // [[1, 10, 2, 20]]
 */
export function convTranspose1d<
  S extends Shape,
  W extends Shape,
  const P extends ConvTranspose1dOptions = Record<never, never>,
>(
  input: Tensor<S> & Fit<ConvTranspose1dRule<W, P>, S>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: Written<P, ConvTranspose1dOptions>,
): Tensor<Given<ConvTranspose1dRule<W, P>, S>>;
export function convTranspose1d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: ConvTranspose1dOptions = {},
): Tensor {
  checkKnown("convTranspose1d", options, { stride: 0, padding: 0, outputPadding: 0, groups: 0, dilation: 0 });
  checkOperands("convTranspose1d", input.shape, weight.shape, weight.shape[0] ?? 0, "C, O/groups, k");
  const flat = flatOptions("convTranspose1d", options);
  return asSequence(convTranspose2d(asImage(input), asImage(weight), bias, flat));
}

/** The same options for images of height 1. @internal */
export function flatOptions(where: string, options: ConvTranspose1dOptions): ConvTranspose2dOptions {
  const value = (name: "stride" | "padding" | "outputPadding" | "dilation", preset: number) =>
    single(where, name, options[name] ?? preset);
  return {
    stride: [1, value("stride", 1)],
    padding: [0, value("padding", 0)],
    outputPadding: [0, value("outputPadding", 0)],
    dilation: [1, value("dilation", 1)],
    groups: options.groups,
  };
}
