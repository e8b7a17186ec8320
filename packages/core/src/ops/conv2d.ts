import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { type Pair, pair, type Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Conv2dRule } from "../base/typed/functional-rules.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, type OperandFact, ShapeError, say } from "../errors/errors.ts";
import { pad } from "./pad.ts";
import { squeeze, unsqueeze } from "./view.ts";

/** Where conv2d's windows lie; numbers, or [height, width]. */
export interface Conv2dOptions {
  /** Step between windows. Default 1. */
  stride?: number | readonly number[];
  /** Zeros around the input; "same" keeps the size (stride 1 only), "valid" is 0. Default 0. */
  padding?: number | readonly number[] | "same" | "valid";
  /** Distance between the kernel's taps. Default 1. */
  dilation?: number | readonly number[];
  /** Channels are cut into this many independent groups. Default 1. */
  groups?: number;
}

/** Everything about a convolution but the sizes of its operands. */
export interface ConvGeometry {
  stride: Pair;
  /** Zeros before the first row and column, */
  before: Pair;
  /** and after the last: differs from `before` for "same" with an even span. */
  after: Pair;
  dilation: Pair;
  groups: number;
  /** The result's shape where it is known: a gradient may look at fewer windows than fit. */
  output?: Shape;
}

type Inputs = { input: Tensor; weight: Tensor; bias?: Tensor };

function checkPair(name: string, value: Pair, least: number): Pair {
  if (value.some((v) => !Number.isInteger(v) || v < least))
    throw new ArgumentError(
      "conv2d",
      name,
      say`${name} must be whole numbers ≥ ${{ least }}, got ${{ [name]: value }}.`,
    );
  return value;
}

/** Options in their long form. @internal */
export function convGeometry(options: Conv2dOptions, kernel: Pair): ConvGeometry {
  const stride = checkPair("stride", pair(options.stride ?? 1, "conv2d", "stride"), 1);
  const dilation = checkPair("dilation", pair(options.dilation ?? 1, "conv2d", "dilation"), 1);
  const { padding = 0, groups = 1 } = options;
  if (!Number.isInteger(groups) || groups < 1)
    throw new ArgumentError("conv2d", "groups", say`groups must be a whole number ≥ 1, got ${{ groups }}.`);
  let before: Pair;
  let after: Pair;
  if (padding === "same") {
    if (stride.some((s) => s !== 1))
      throw new ArgumentError(
        "conv2d",
        "same-stride",
        say`padding "same" needs stride 1, got ${{ stride }}. Give the padding as numbers.`,
      );
    const total = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
    before = [Math.floor(total[0] / 2), Math.floor(total[1] / 2)];
    after = [total[0] - before[0], total[1] - before[1]];
  } else if (typeof padding === "string" && padding !== "valid") {
    throw new ArgumentError(
      "conv2d",
      "padding",
      say`padding must be numbers, "same" or "valid", got "${{ padding }}".`,
    );
  } else {
    before = checkPair("padding", pair(padding === "valid" ? 0 : padding, "conv2d", "padding"), 0);
    after = before;
  }
  return { stride, before, after, dilation, groups };
}

/** How many windows fit: floor((size + padding − dilation·(kernel − 1) − 1)/stride) + 1. */
function windows(size: number, kernel: number, g: ConvGeometry, axis: 0 | 1): number {
  const span = g.dilation[axis] * (kernel - 1) + 1;
  return Math.floor((size + g.before[axis] + g.after[axis] - span) / g.stride[axis]) + 1;
}

function outputShape(
  { input, weight, bias }: { input: { shape: Shape }; weight: { shape: Shape }; bias?: { shape: Shape } },
  g: ConvGeometry,
): number[] {
  const operands: OperandFact[] = [
    { name: "input", shape: input.shape, axes: "N, C, H, W" },
    { name: "weight", shape: weight.shape, axes: "O, C/groups, kH, kW" },
  ];
  if (input.shape.length !== 4 || weight.shape.length !== 4)
    throw new ShapeError(
      "conv2d",
      "rank",
      say`input must be (N, C, H, W) or (C, H, W) and weight have 4 axes, got ${{ axes: input.shape.length }} and ${{ weightAxes: weight.shape.length }}.`,
      operands,
    );
  const [n = 0, c = 0, h = 0, w = 0] = input.shape;
  const [o = 0, perGroup = 0, kh = 0, kw = 0] = weight.shape;
  const { groups } = g;
  if (c !== perGroup * groups)
    throw new ShapeError(
      "conv2d",
      "channels",
      say`input has ${{ channels: c }} channels, weight wants ${{ perGroup }} × groups ${{ groups }} = ${perGroup * groups}.`,
      operands,
      input.shape[3] === perGroup * groups
        ? "is the data NHWC? conv2d takes NCHW."
        : `make the layer with inChannels ${c}, or give it ${perGroup * groups} channels.`,
    );
  if (o % groups !== 0)
    throw new ShapeError(
      "conv2d",
      "groups",
      say`groups ${{ groups }} must divide the ${{ outChannels: o }} output channels.`,
      operands,
    );
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== o))
    throw new ShapeError("conv2d", "bias", say`bias must be [${{ outChannels: o }}], one for each output channel.`, [
      ...operands,
      { name: "bias", shape: bias.shape },
    ]);
  if (kh < 1 || kw < 1)
    throw new ShapeError(
      "conv2d",
      "kernel-size",
      say`the kernel must be at least 1 × 1, got ${{ kernelHeight: kh }} × ${{ kernelWidth: kw }}.`,
      operands,
    );
  if (h < 1 || w < 1)
    throw new ShapeError(
      "conv2d",
      "empty",
      say`the images have no pixels: ${{ height: h }} × ${{ width: w }}. Only the batch may be empty.`,
      operands,
      "check how the pictures were read or cut.",
    );
  if (g.output) return [...g.output];
  const out = [windows(h, kh, g, 0), windows(w, kw, g, 1)] as const;
  if (out[0] < 1 || out[1] < 1) {
    const span = [g.dilation[0] * (kh - 1) + 1, g.dilation[1] * (kw - 1) + 1];
    throw new ShapeError(
      "conv2d",
      "kernel-too-large",
      `the kernel covers ${span[0]} × ${span[1]}, the padded input is only ${h + g.before[0] + g.after[0]} × ${w + g.before[1] + g.after[1]}.`,
      operands,
      "add padding, or use a smaller kernel or dilation.",
    );
  }
  return [n, o, out[0], out[1]];
}

/** The kernels' parameters. @internal */
export function convParams(input: Shape, weight: Shape, output: Shape, g: ConvGeometry) {
  return {
    batch: input[0]!,
    inChannels: input[1]!,
    inHeight: input[2]!,
    inWidth: input[3]!,
    outChannels: output[1]!,
    outHeight: output[2]!,
    outWidth: output[3]!,
    kernelHeight: weight[2]!,
    kernelWidth: weight[3]!,
    strideHeight: g.stride[0],
    strideWidth: g.stride[1],
    padTop: g.before[0],
    padLeft: g.before[1],
    dilationHeight: g.dilation[0],
    dilationWidth: g.dilation[1],
    groups: g.groups,
  };
}

/** Sum over everything but the channels: the gradient of a bias. @internal */
export function channelSum(gradOutput: Tensor): Tensor {
  // While a graph is made of gradients they come as they lie in memory, which the kernel cannot read.
  if (isGradEnabled()) return gradOutput.sum(gradOutput.shape.map((_, i) => i).filter((i) => i !== 1));
  const [batch = 0, channels = 0] = gradOutput.shape;
  const out = Tensor.empty(gradOutput.backend, [channels]);
  const spatial = gradOutput.shape.slice(2).reduce((a, b) => a * b, 1);
  if (channels > 0) run("channel_sum_f32", { batch, channels, spatial }, [gradOutput], [out]);
  return out;
}

export const conv2dOp: Op<Inputs, ConvGeometry> = defineOp<Inputs, ConvGeometry>({
  name: "conv2d",
  shape: outputShape,
  saves: ["input", "weight"],
  forward({ input, weight, bias }, g, out) {
    if (out.numel > 0)
      run("conv2d_f32", convParams(input.shape, weight.shape, out.shape, g), [input, weight, bias], [out]);
  },
  // y = x ⋆ w is linear in x and in w, so each gradient is the same sum with the roles moved:
  //   ∂L/∂x[i] = Σ gradOutput[o]·w[k]    ∂L/∂w[k] = Σ gradOutput[o]·x[i]    over every triple (i, k, o) in y.
  backward: (gradOutput, { input, weight }, g, { needs, shapes }) => ({
    input: needs.input ? convInputGradOp({ gradOutput, weight }, { ...g, shape: shapes.input }) : undefined,
    weight: needs.weight ? convWeightGradOp({ gradOutput, input }, { ...g, shape: shapes.weight }) : undefined,
    bias: needs.bias ? channelSum(gradOutput) : undefined,
  }),
  differentiable: true,
});

/** A convolution's geometry, and the shape that its other operand has. */
type GradGeometry = ConvGeometry & { readonly shape: Shape };

/** ∂L/∂x; linear in both operands, so its own gradients are a convolution and ∂L/∂w. @internal */
export const convInputGradOp: Op<{ gradOutput: Tensor; weight: Tensor }, GradGeometry> = defineOp<
  { gradOutput: Tensor; weight: Tensor },
  GradGeometry
>({
  name: "conv2dBackwardInput",
  shape: (_inputs, { shape }) => shape,
  saves: ["gradOutput", "weight"],
  forward({ gradOutput, weight }, g, out) {
    const p = convParams(out.shape, weight.shape, gradOutput.shape, g);
    if (out.numel > 0) run("conv2d_backward_input_f32", p, [gradOutput, weight, null], [out]);
  },
  backward: (grad, { gradOutput, weight }, g, { needs, shapes }) => ({
    gradOutput: needs.gradOutput ? conv2dOp({ input: grad, weight }, { ...g, output: shapes.gradOutput }) : undefined,
    weight: needs.weight ? convWeightGradOp({ gradOutput, input: grad }, { ...g, shape: shapes.weight }) : undefined,
  }),
  differentiable: true,
});

/** ∂L/∂w. @internal */
export const convWeightGradOp: Op<{ gradOutput: Tensor; input: Tensor }, GradGeometry> = defineOp<
  { gradOutput: Tensor; input: Tensor },
  GradGeometry
>({
  name: "conv2dBackwardWeight",
  shape: (_inputs, { shape }) => shape,
  saves: ["gradOutput", "input"],
  forward({ gradOutput, input }, g, out) {
    const p = convParams(input.shape, out.shape, gradOutput.shape, g);
    if (out.numel > 0) run("conv2d_backward_weight_f32", p, [gradOutput, input], [out]);
  },
  backward: (grad, { gradOutput, input }, g, { needs, shapes }) => ({
    gradOutput: needs.gradOutput ? conv2dOp({ input, weight: grad }, { ...g, output: shapes.gradOutput }) : undefined,
    input: needs.input ? convInputGradOp({ gradOutput, weight: grad }, { ...g, shape: shapes.input }) : undefined,
  }),
  differentiable: true,
});

/**
 * Slides every filter over the image and sums products: y[n,o,i,j] = b[o] + Σ x[n,c,i·s+u·d−p,j·s+v·d−p]·w[o,c,u,v].
 * (Cross-correlation, which the field calls convolution.)
 *
 * Shape    input (N, C, H, W) or (C, H, W), weight (O, C/groups, kH, kW), bias (O) → (N, O, H′, W′) or (O, H′, W′),
 *          H′ = ⌊(H + 2·padding − dilation·(kH − 1) − 1)/stride⌋ + 1.
 * Options  stride 1, padding 0 (or "same", "valid"), dilation 1, groups 1; numbers or [height, width].
 * Throws   ShapeError "rank", "channels", "groups", "bias", "empty", "kernel-size", "kernel-too-large"; ArgumentError
 *          for a bad option, "same-stride" for "same" with a stride.
 * Source   torch.nn.functional.conv2d.
 *
 * @example
 * await conv2d(tensor([[[1, 2], [3, 4]]]), ones([1, 1, 2, 2]), tensor([0.5])).tolist(); // [[[10.5]]]
 * conv2d(zeros([1, 3, 32, 32]), zeros([16, 3, 3, 3]), null, { padding: 1 }).shape; // [1, 16, 32, 32]
 */
export function conv2d<S extends Shape, W extends Shape, const P extends Conv2dOptions = Record<never, never>>(
  input: Tensor<S> & Fit<Conv2dRule<W, P>, S>,
  weight: Tensor<W>,
  bias?: Tensor | null,
  options?: Written<P, Conv2dOptions>,
): Tensor<Given<Conv2dRule<W, P>, S>>;
export function conv2d(input: Tensor, weight: Tensor, bias?: Tensor | null, options: Conv2dOptions = {}): Tensor {
  checkKnown("conv2d", options, { stride: 0, padding: 0, dilation: 0, groups: 0 });
  const geometry = convGeometry(options, [weight.shape[2] ?? 1, weight.shape[3] ?? 1]);
  return batched(input, weight, (images) => conv2dOp({ input: images, weight, bias: bias ?? undefined }, geometry));
}

/** One image (C, H, W) goes through as a batch of one, as in torch. @internal */
export function batched(input: Tensor, weight: Tensor, run: (images: Tensor) => Tensor): Tensor {
  return input.ndim === 3 && weight.ndim === 4 ? squeeze(run(unsqueeze(input, 0)), 0) : run(input);
}

/** conv2d after padding by reflection, repetition of the edge, or wrapping around. @internal */
export function conv2dPadded(
  input: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: Conv2dOptions,
  mode: "reflect" | "replicate" | "circular",
): Tensor {
  const g = convGeometry(options, [weight.shape[2] ?? 1, weight.shape[3] ?? 1]);
  const padded = pad(input, [g.before[1], g.after[1], g.before[0], g.after[0]], { mode });
  return conv2d(padded, weight, bias, { ...options, padding: 0 });
}
