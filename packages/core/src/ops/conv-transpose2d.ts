import { defineOp, run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { type Pair, pair, type Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { ConvTranspose2dRule } from "../base/typed/functional-rules.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { batched, channelSum, conv2dOp, convWeightGradOp } from "./conv2d.ts";

/** Where convTranspose2d spreads each pixel to, and what is cut from the result. */
export interface ConvTranspose2dOptions {
  /** Step between the windows of neighbouring pixels. Default 1. */
  stride?: number | readonly number[];
  /** Rows and columns cut from each side of the result. Default 0. */
  padding?: number | readonly number[];
  /** Extra rows and columns at the end, below stride or dilation. Default 0. */
  outputPadding?: number | readonly number[];
  /** Channels are cut into this many independent groups. Default 1. */
  groups?: number;
  /** Distance between the kernel's taps. Default 1. */
  dilation?: number | readonly number[];
}

interface Geometry {
  stride: Pair;
  padding: Pair;
  outputPadding: Pair;
  dilation: Pair;
  groups: number;
}

type Inputs = { input: Tensor; weight: Tensor; bias?: Tensor };

/** The convolution this one is the gradient of: its input is our output. */
function params(input: Shape, weight: Shape, output: Shape, g: Geometry) {
  return {
    batch: input[0]!,
    inChannels: output[1]!,
    inHeight: output[2]!,
    inWidth: output[3]!,
    outChannels: input[1]!,
    outHeight: input[2]!,
    outWidth: input[3]!,
    kernelHeight: weight[2]!,
    kernelWidth: weight[3]!,
    strideHeight: g.stride[0],
    strideWidth: g.stride[1],
    padTop: g.padding[0],
    padLeft: g.padding[1],
    dilationHeight: g.dilation[0],
    dilationWidth: g.dilation[1],
    groups: g.groups,
  };
}

export const convTranspose2dOp = defineOp<Inputs, Geometry>({
  name: "convTranspose2d",
  shape({ input, weight, bias }, g) {
    const operands = [
      { name: "input", shape: input.shape, axes: "N, C, H, W" },
      { name: "weight", shape: weight.shape, axes: "C, O/groups, kH, kW" },
    ];
    if (input.shape.length !== 4 || weight.shape.length !== 4)
      throw new ShapeError(
        "convTranspose2d",
        "rank",
        say`input must be (N, C, H, W) or (C, H, W) and weight have 4 axes, got ${{ axes: input.shape.length }} and ${{ weightAxes: weight.shape.length }}.`,
        operands,
      );
    const [n = 0, c = 0, h = 0, w = 0] = input.shape;
    const [wc = 0, perGroup = 0, kh = 0, kw = 0] = weight.shape;
    if (c !== wc)
      throw new ShapeError(
        "convTranspose2d",
        "channels",
        say`input has ${{ channels: c }} channels, weight wants ${{ weightChannels: wc }}.`,
        operands,
        `make the layer with inChannels ${c}.`,
      );
    if (c % g.groups !== 0)
      throw new ShapeError(
        "convTranspose2d",
        "groups",
        say`groups ${{ groups: g.groups }} must divide the ${{ channels: c }} input channels.`,
        operands,
      );
    const o = perGroup * g.groups;
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== o))
      throw new ShapeError(
        "convTranspose2d",
        "bias",
        say`bias must be [${{ outChannels: o }}], one for each output channel.`,
        [...operands, { name: "bias", shape: bias.shape }],
      );
    const size = (length: number, kernel: number, axis: 0 | 1) =>
      (length - 1) * g.stride[axis] - 2 * g.padding[axis] + g.dilation[axis] * (kernel - 1) + g.outputPadding[axis] + 1;
    const out = [size(h, kh, 0), size(w, kw, 1)] as const;
    if (out[0] < 1 || out[1] < 1)
      throw new ShapeError(
        "convTranspose2d",
        "too-small",
        `the result would be ${out[0]} × ${out[1]}.`,
        operands,
        "use less padding.",
      );
    return [n, o, ...out];
  },
  saves: ["input", "weight"],
  forward({ input, weight, bias }, g, out) {
    if (out.numel > 0)
      run("conv2d_backward_input_f32", params(input.shape, weight.shape, out.shape, g), [input, weight, bias], [out]);
  },
  // The transposed map's gradients are the convolution itself and its weight gradient with the roles exchanged.
  backward(gradOutput, { input, weight }, { padding, ...rest }, { needs, shapes }) {
    const g = { ...rest, before: padding, after: padding };
    return {
      input: needs.input ? conv2dOp({ input: gradOutput, weight }, { ...g, output: shapes.input }) : undefined,
      weight: needs.weight
        ? convWeightGradOp({ gradOutput: input, input: gradOutput }, { ...g, shape: shapes.weight })
        : undefined,
      bias: needs.bias ? channelSum(gradOutput) : undefined,
    };
  },
  differentiable: true,
});

/** Options in their long form, checked. @internal */
export function transposeGeometry(options: ConvTranspose2dOptions): Geometry {
  const checked = (name: "stride" | "padding" | "outputPadding" | "dilation", preset: number): Pair => {
    const value = pair(options[name] ?? preset, "convTranspose2d", name);
    if (value.some((v) => !Number.isInteger(v) || v < preset))
      throw new ArgumentError(
        "convTranspose2d",
        name,
        say`${name} must be whole numbers ≥ ${{ preset }}, got ${{ [name]: value }}.`,
      );
    return value;
  };
  const [stride, dilation, padding, outputPadding] = [
    checked("stride", 1),
    checked("dilation", 1),
    checked("padding", 0),
    checked("outputPadding", 0),
  ];
  for (const axis of [0, 1] as const)
    if (outputPadding[axis] >= Math.max(stride[axis], dilation[axis]))
      throw new ArgumentError(
        "convTranspose2d",
        "output-padding",
        say`outputPadding ${{ outputPadding }} must be below stride ${{ stride }} or dilation ${{ dilation }}.`,
      );
  const { groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError("convTranspose2d", "groups", say`groups must be a whole number ≥ 1, got ${{ groups }}.`);
  return { stride, dilation, padding, outputPadding, groups };
}

/**
 * Spreads each pixel over a window: y[n,o,i·s+u·d−p,j·s+v·d−p] = b[o] + Σ x[n,c,i,j]·w[c,o,u,v] over all that meet
 * there. It is the gradient of a convolution with respect to its input.
 *
 * Shape    input (N, C, H, W) or (C, H, W), weight (C, O/groups, kH, kW), bias (O) → (N, O, H′, W′) or (O, H′, W′),
 *          H′ = (H − 1)·stride − 2·padding + dilation·(kH − 1) + outputPadding + 1.
 * Options  stride 1, padding 0, outputPadding 0, dilation 1, groups 1; numbers or [height, width].
 * Throws   ShapeError "rank", "channels", "groups", "bias", "too-small"; ArgumentError for a bad option,
 *          "output-padding" unless below stride or dilation.
 * Source   torch.nn.functional.conv_transpose2d.
 *
 * @example
 * await convTranspose2d(tensor([[[1, 2]]]), ones([1, 1, 1, 2]), null, { stride: 2 }).tolist(); // [[[1, 1, 2, 2]]]
 * convTranspose2d(zeros([1, 16, 8, 8]), zeros([16, 3, 4, 4]), null, { stride: 2, padding: 1 }).shape; // [1, 3, 16, 16]
 */
export function convTranspose2d<
  S extends Shape,
  W extends Shape,
  const P extends ConvTranspose2dOptions = Record<never, never>,
>(
  input: Tensor<S> & Fit<ConvTranspose2dRule<W, P>, S>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: Written<P, ConvTranspose2dOptions>,
): Tensor<Given<ConvTranspose2dRule<W, P>, S>>;
export function convTranspose2d(
  input: Tensor,
  weight: Tensor,
  bias?: Tensor | null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  checkKnown("convTranspose2d", options, { stride: 0, padding: 0, outputPadding: 0, groups: 0, dilation: 0 });
  const geometry = transposeGeometry(options);
  return batched(input, weight, (images) =>
    convTranspose2dOp({ input: images, weight, bias: bias ?? undefined }, geometry),
  );
}
