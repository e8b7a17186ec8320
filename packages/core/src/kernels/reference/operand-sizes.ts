/** @file How many elements each operand of a call holds: the contract's shapes, as numbers. */
import type { KernelName, Params } from "../contract.ts";
import { sizeOf } from "./walk.ts";

/** Sizes in the contract's order, reads first, then writes; absent operands counted too. */
type Sizes<K extends KernelName> = (p: Params<K>) => readonly number[];

/** The reach of a strided operand: one past its last element. */
function extent(shape: readonly number[], strides: readonly number[]): number {
  if (sizeOf(shape) === 0) return 0;
  return shape.reduce((last, n, axis) => last + (n - 1) * strides[axis]!, 1);
}

const copy: Sizes<"copy_strided_f32"> = (p) => [extent(p.shape, p.stridesA), extent(p.shape, p.stridesB)];
const fill = (p: { count: number }) => [p.count];
const unary = (p: { count: number }) => [p.count, p.count];
const unaryBackward = (p: { count: number }) => [p.count, p.count, p.count];
const binary: Sizes<"add_f32"> = (p) => [extent(p.shape, p.stridesA), extent(p.shape, p.stridesB), sizeOf(p.shape)];
const reduce: Sizes<"sum_f32"> = (p) => [p.outer * p.size * p.inner, p.outer * p.inner];

function alongAxis(operands: number): Sizes<"softmax_f32"> {
  return (p) => Array.from({ length: operands }, () => p.outer * p.size * p.inner);
}

/** The reach of the indices. */
function indexed(p: Params<"gather_f32">): number {
  return extent([p.outer, p.count, p.inner], [p.indexOuter, p.indexAxis, p.indexInner]);
}

function matmul(p: Params<"matmul_f32">): readonly number[] {
  const reach = (stride: number, size: number) => (p.batch === 0 ? 0 : (p.batch - 1) * stride + size);
  return [reach(p.batchStrideA, p.m * p.k), reach(p.batchStrideB, p.k * p.n), p.batch * p.m * p.n];
}

function linear(p: Params<"linear_f32">) {
  return {
    input: p.rows * p.inFeatures,
    weight: p.outFeatures * p.inFeatures,
    bias: p.outFeatures,
    output: p.rows * p.outFeatures,
  };
}

function conv2d(p: Params<"conv2d_f32">) {
  return {
    input: p.batch * p.inChannels * p.inHeight * p.inWidth,
    weight: p.outChannels * (p.inChannels / p.groups) * p.kernelHeight * p.kernelWidth,
    output: p.batch * p.outChannels * p.outHeight * p.outWidth,
  };
}

type Planes = Params<"adaptive_avg_pool2d_f32">;
const planesIn = (p: Planes) => p.planes * p.inHeight * p.inWidth;
const planesOut = (p: Planes) => p.planes * p.outHeight * p.outWidth;
const maxPool = (p: Planes) => [planesIn(p), planesOut(p), planesOut(p)];
const resize = (p: Planes) => [planesIn(p), planesOut(p)];
const resizeBackward = (p: Planes) => [planesOut(p), planesIn(p)];

type Channels = Params<"channel_sum_f32">;
const everything = (p: Channels) => p.batch * p.channels * p.spatial;

/** Elements of a tensor in a layout of the fused kernels. */
const bordered = (batch: number, channels: number, height: number, width: number, border: number) =>
  batch * channels * (height + 2 * border) * (width + 2 * border);

/** What convolution and batch norm have in common: the sizes before and behind the pool. */
interface Fused {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly poolHeight: number;
  readonly poolWidth: number;
}
function fused(p: Fused) {
  const height = Math.floor(p.height / p.poolHeight);
  const width = Math.floor(p.width / p.poolWidth);
  return {
    whole: (border: number) => bordered(p.batch, p.channels, p.height, p.width, border),
    pooled: (border: number) => bordered(p.batch, p.channels, height, width, border),
  };
}
type FusedConv = Params<
  | "conv2d_fused_f32"
  | "conv2d_fused_backward_f32"
  | "conv2d_winograd_f32"
  | "conv2d_winograd_backward_weight_f32"
  | "conv2d_norm_train_f32"
  | "conv2d_norm_train_backward_f32"
>;
// Field by field: spreading so many takes tens of microseconds.
const fusedConv = ({
  batch,
  outChannels: channels,
  outHeight: height,
  outWidth: width,
  poolHeight,
  poolWidth,
}: FusedConv) => fused({ batch, channels, height, width, poolHeight, poolWidth });
const imagesIn = (p: FusedConv, border: number) => bordered(p.batch, p.inChannels, p.inHeight, p.inWidth, border);

type NhwcPool = Params<"max_pool2d_nhwc_f32">;
const nhwcIn = (p: NhwcPool) => bordered(p.batch, p.channels, p.inHeight, p.inWidth, p.inBorder);
const nhwcOut = (p: NhwcPool) => bordered(p.batch, p.channels, p.outHeight, p.outWidth, p.outBorder);
const nhwcIndex = (p: NhwcPool) => bordered(p.batch, p.channels, p.outHeight, p.outWidth, 0);

/** A convolution's weight in blocks of `panel` outputs. */
const packed = (p: Params<"conv2d_pack_f32">) =>
  p.groups * Math.ceil(p.outChannels / p.groups / p.panel) * p.panel * p.inChannels * p.kernelHeight * p.kernelWidth;

const transformed = (p: Omit<Params<"conv2d_winograd_pack_f32">, "transposed">) =>
  (p.stride === 2 ? 16 : (p.tile + 2) ** 2) * Math.ceil(p.outChannels / p.panel) * p.panel * p.inChannels;

/** Every operand of every kernel; a kernel missing here is a compile error. */
export const operandSizes: { readonly [K in KernelName]: Sizes<K> } = {
  copy_strided_f32: copy,
  copy_strided_i32: copy,
  copy_strided_u8: copy,
  add_strided_f32: copy,
  fill_f32: fill,
  fill_i32: fill,
  fill_u8: fill,
  cast_f32_i32: unary,
  cast_i32_f32: unary,
  cast_f32_u8: unary,
  cast_u8_f32: unary,
  cast_i32_u8: unary,
  cast_u8_i32: unary,
  cast_f32_bool: unary,
  cast_i32_bool: unary,

  neg_f32: unary,
  exp_f32: unary,
  log_f32: unary,
  sqrt_f32: unary,
  abs_f32: unary,
  sign_f32: unary,
  reciprocal_f32: unary,
  clamp_f32: unary,
  affine_f32: unary,
  multiply_add_chain_f32: unary,
  pow_scalar_f32: unary,
  relu_f32: unary,
  relu_backward_f32: unaryBackward,
  leaky_relu_f32: unary,
  leaky_relu_backward_f32: unaryBackward,
  sigmoid_f32: unary,
  sigmoid_backward_f32: unaryBackward,
  tanh_f32: unary,
  tanh_backward_f32: unaryBackward,
  gelu_f32: unary,
  gelu_backward_f32: unaryBackward,
  gelu_tanh_f32: unary,
  gelu_tanh_backward_f32: unaryBackward,
  silu_f32: unary,
  silu_backward_f32: unaryBackward,
  clamp_backward_f32: unaryBackward,
  box_muller_f32: unary,

  add_f32: binary,
  sub_f32: binary,
  mul_f32: binary,
  div_f32: binary,
  pow_f32: binary,
  maximum_f32: binary,
  minimum_f32: binary,
  add_i32: binary,
  sub_i32: binary,
  mul_i32: binary,
  eq_f32: binary,
  ne_f32: binary,
  lt_f32: binary,
  le_f32: binary,
  gt_f32: binary,
  ge_f32: binary,
  eq_i32: binary,
  ne_i32: binary,
  lt_i32: binary,
  le_i32: binary,
  gt_i32: binary,
  ge_i32: binary,
  where_f32: (p) => [extent(p.shape, p.stridesCondition), ...binary(p)],

  sum_f32: reduce,
  amax_f32: reduce,
  amin_f32: reduce,
  argmax_f32: reduce,
  argmin_f32: reduce,
  sum_i32: reduce,
  softmax_f32: alongAxis(2),
  softmax_backward_f32: alongAxis(3),
  log_softmax_f32: alongAxis(2),
  log_softmax_backward_f32: alongAxis(3),

  gather_f32: (p) => [p.outer * p.size * p.inner, indexed(p), p.outer * p.count * p.inner],
  gather_i32: (p) => [p.outer * p.size * p.inner, indexed(p), p.outer * p.count * p.inner],
  scatter_f32: (p) => [p.outer * p.count * p.inner, indexed(p), p.outer * p.size * p.inner],
  scatter_add_f32: (p) => [p.outer * p.count * p.inner, indexed(p), p.outer * p.size * p.inner],
  cumsum_f32: alongAxis(2),
  cumsum_i32: alongAxis(2),
  cumprod_f32: alongAxis(2),
  sort_f32: alongAxis(3),
  topk_f32: (p) => [p.outer * p.size * p.inner, p.outer * p.count * p.inner, p.outer * p.count * p.inner],

  matmul_f32: matmul,
  linear_f32: (p) => [linear(p).input, linear(p).weight, linear(p).bias, linear(p).output],
  linear_backward_input_f32: (p) => [linear(p).output, linear(p).weight, linear(p).input],
  linear_backward_weight_f32: (p) => [linear(p).output, linear(p).input, linear(p).weight],

  conv2d_f32: (p) => [conv2d(p).input, conv2d(p).weight, p.outChannels, conv2d(p).output],
  conv2d_backward_input_f32: (p) => [conv2d(p).output, conv2d(p).weight, p.inChannels, conv2d(p).input],
  conv2d_backward_weight_f32: (p) => [conv2d(p).output, conv2d(p).input, conv2d(p).weight],
  channel_sum_f32: (p) => [everything(p), p.channels],
  pad2d_f32: resize,
  pad2d_backward_f32: resizeBackward,

  max_pool2d_f32: maxPool,
  max_pool2d_backward_f32: (p) => [p.planes * p.outSize, p.planes * p.outSize, p.planes * p.inSize],
  avg_pool2d_f32: resize,
  avg_pool2d_backward_f32: resizeBackward,
  adaptive_avg_pool2d_f32: resize,
  adaptive_avg_pool2d_backward_f32: resizeBackward,
  adaptive_max_pool2d_f32: maxPool,

  batch_norm_train_f32: (p) => [
    everything(p),
    p.channels,
    p.channels, // reads
    everything(p),
    p.channels,
    p.channels,
    p.channels,
  ],
  batch_norm_eval_f32: (p) => [everything(p), p.channels, p.channels, p.channels, p.channels, everything(p)],
  batch_norm_train_backward_f32: (p) => [
    everything(p),
    everything(p),
    p.channels,
    p.channels,
    p.channels, // reads
    everything(p),
    p.channels,
    p.channels,
  ],
  batch_norm_eval_backward_f32: (p) => [
    everything(p),
    everything(p),
    p.channels,
    p.channels,
    p.channels, // reads
    everything(p),
    p.channels,
    p.channels,
  ],

  nll_loss_f32: (p) => [
    p.batch * p.classes * p.spatial,
    p.batch * p.spatial,
    p.classes, // reads
    p.batch * p.spatial,
    p.batch * p.spatial,
  ],
  nll_loss_backward_f32: (p) => [
    p.batch * p.spatial,
    p.batch * p.spatial,
    p.classes, // reads
    p.batch * p.classes * p.spatial,
  ],

  sgd_f32: (p) => [p.count, p.count, p.count],
  adam_f32: (p) => [p.count, p.count, p.count, p.count, p.count],

  conv2d_fused_f32: (p) => [
    imagesIn(p, p.inBorder),
    p.panel > 0 ? packed({ ...p, inChannels: p.inChannels / p.groups }) : conv2d(p).weight,
    p.outChannels,
    p.outChannels,
    fusedConv(p).whole(p.residualBorder), // reads
    fusedConv(p).pooled(p.outBorder),
    fusedConv(p).pooled(0),
  ],
  conv2d_pack_f32: (p) => [p.outChannels * p.inChannels * p.kernelHeight * p.kernelWidth, p.outChannels, packed(p)],
  conv2d_winograd_f32: (p) => [
    imagesIn(p, p.inBorder),
    transformed({ ...p, stride: p.strideHeight }),
    p.outChannels,
    fusedConv(p).whole(p.residualBorder),
    imagesIn(p, p.maskBorder), // reads
    fusedConv(p).pooled(p.outBorder),
    fusedConv(p).pooled(0),
  ],
  conv2d_winograd_pack_f32: (p) => [9 * p.outChannels * p.inChannels, p.outChannels, transformed(p)],
  conv2d_winograd_backward_weight_f32: (p) => [
    fusedConv(p).whole(p.gradBorder),
    fusedConv(p).whole(p.outBorder),
    imagesIn(p, p.inBorder), // reads
    9 * p.outChannels * p.inChannels,
    p.outChannels,
  ],
  conv2d_fused_backward_f32: (p) => [
    fusedConv(p).pooled(p.gradBorder),
    fusedConv(p).pooled(0),
    fusedConv(p).pooled(p.outBorder),
    imagesIn(p, p.inBorder),
    conv2d(p).weight,
    imagesIn(p, p.addendBorder), // reads
    imagesIn(p, p.gradInBorder),
    conv2d(p).weight,
    p.outChannels,
  ],
  batch_norm_fused_train_f32: (p) => [
    fused(p).whole(p.inBorder),
    p.channels,
    p.channels,
    fused(p).whole(p.residualBorder), // reads
    fused(p).pooled(p.outBorder),
    p.channels,
    p.channels,
    p.channels,
    fused(p).pooled(0),
  ],
  conv2d_norm_train_f32: (p) => [
    imagesIn(p, p.inBorder),
    conv2d(p).weight,
    p.outChannels,
    p.outChannels,
    p.outChannels,
    fusedConv(p).whole(p.residualBorder), // reads
    fusedConv(p).pooled(p.outBorder),
    p.rawPooled ? fusedConv(p).pooled(0) : fusedConv(p).whole(0),
    p.outChannels,
    p.outChannels,
    p.outChannels,
    fusedConv(p).pooled(0),
  ],
  conv2d_norm_train_backward_f32: (p) => [
    fusedConv(p).pooled(p.gradBorder),
    fusedConv(p).pooled(0),
    fusedConv(p).pooled(0),
    imagesIn(p, p.inBorder),
    conv2d(p).weight,
    p.outChannels,
    p.outChannels,
    p.outChannels, // reads
    conv2d(p).weight,
    p.outChannels,
    p.outChannels,
    p.outChannels,
  ],
  batch_norm_fused_train_backward_f32: (p) => [
    fused(p).pooled(p.gradBorder),
    fused(p).pooled(0),
    fused(p).pooled(p.outBorder),
    fused(p).whole(p.inBorder),
    p.channels,
    p.channels,
    p.channels, // reads
    fused(p).whole(p.gradInBorder),
    p.channels,
    p.channels,
    fused(p).whole(p.residualBorder),
  ],
  max_pool2d_nhwc_f32: (p) => [nhwcIn(p), nhwcOut(p), nhwcIndex(p)],
  max_pool2d_nhwc_backward_f32: (p) => [nhwcOut(p), nhwcIndex(p), nhwcIn(p)],
  avg_pool2d_nhwc_f32: (p) => [nhwcIn(p), nhwcOut(p)],
  avg_pool2d_nhwc_backward_f32: (p) => [nhwcOut(p), nhwcIn(p)],
  convert_layout_f32: (p) => [
    bordered(p.batch, p.channels, p.height, p.width, p.inBorder),
    bordered(p.batch, p.channels, p.height, p.width, p.outBorder),
  ],
};
