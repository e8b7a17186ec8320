/**
 * @file The only list of kernels. Each entry names its parameters (one packed block of 32-bit words, the same
 * layout as a C struct and a WGSL uniform), the buffers it reads and those it writes. `kernels/cpp/contract.h`
 * is generated from it. A `?` marks an operand that may be absent; `!` one that is read and written.
 *
 * Data is contiguous and row-major unless the parameters carry strides. Strides count elements.
 */

/** A 32-bit word, or an array of them. */
export type Field = "i32" | "f32" | readonly ["i32", number];

export interface KernelSpec {
  readonly params: Readonly<Record<string, Field>>;
  /** `name:type` in call order. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** Most axes a strided kernel takes; more are an error upstream. */
export const MAX_DIMS = 8;
/**
 * From how much on Winograd's algorithm pays: channels on both sides, so that the transforms are small beside the products;
 * pixels of all images, so that transforming the weights in every step is.
 */
export const WINOGRAD_CHANNELS = 32;
export const WINOGRAD_PIXELS = 256;

const dims = ["i32", 8] as const;
const count = { count: "i32" } as const;
/** y = f(x), element by element; alpha and beta are the op's constants. */
const unary = {
  params: { count: "i32", alpha: "f32", beta: "f32" },
  reads: ["input:f32"],
  writes: ["output:f32"],
} as const;
/** gradInput = gradOutput · f′; `saved` is the output or the input, as the op's doc says. */
const unaryBackward = {
  params: { count: "i32", alpha: "f32", beta: "f32" },
  reads: ["gradOutput:f32", "saved:f32"],
  writes: ["gradInput:f32"],
} as const;
/** Broadcasting: the output is contiguous with `shape`; a stride of 0 repeats an operand. Unused leading axes have size 1. */
const broadcast = { ndim: "i32", shape: dims, stridesA: dims, stridesB: dims } as const;
const binary = { params: broadcast, reads: ["a:f32", "b:f32"], writes: ["output:f32"] } as const;
const binaryI32 = { params: broadcast, reads: ["a:i32", "b:i32"], writes: ["output:i32"] } as const;
const compare = { params: broadcast, reads: ["a:f32", "b:f32"], writes: ["output:u8"] } as const;
const compareI32 = { params: broadcast, reads: ["a:i32", "b:i32"], writes: ["output:u8"] } as const;
/** Reduces the middle axis of [outer, size, inner]. */
const reduce = {
  params: { outer: "i32", size: "i32", inner: "i32" },
  reads: ["input:f32"],
  writes: ["output:f32"],
} as const;
/** [outer, size, inner], normalised along `size`. */
const alongAxis = { outer: "i32", size: "i32", inner: "i32" } as const;

/** The index of element (o, k, i) stands at o·indexOuter + k·indexAxis + i·indexInner. */
const byIndex = {
  outer: "i32",
  size: "i32",
  count: "i32",
  inner: "i32",
  indexOuter: "i32",
  indexAxis: "i32",
  indexInner: "i32",
} as const;
const running = { ...alongAxis, reverse: "i32", exclusive: "i32" } as const;

const conv2dParams = {
  batch: "i32",
  inChannels: "i32",
  inHeight: "i32",
  inWidth: "i32",
  outChannels: "i32",
  outHeight: "i32",
  outWidth: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideHeight: "i32",
  strideWidth: "i32",
  /** Zero padding before the first row and column; what follows the last is implied by outHeight and outWidth. */
  padTop: "i32",
  padLeft: "i32",
  dilationHeight: "i32",
  dilationWidth: "i32",
  groups: "i32",
} as const;

/** `planes` is N·C. Windows may reach past the edge; max ignores what lies outside. */
const pool2dParams = {
  planes: "i32",
  inHeight: "i32",
  inWidth: "i32",
  outHeight: "i32",
  outWidth: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideHeight: "i32",
  strideWidth: "i32",
  padTop: "i32",
  padLeft: "i32",
  dilationHeight: "i32",
  dilationWidth: "i32",
} as const;
const avgPool2dParams = {
  ...pool2dParams,
  /** 1: the divisor counts padding (torch's default); padding beyond padBottom/padRight (ceil mode) never counts. */
  countIncludePad: "i32",
  /** 0: none. */
  divisorOverride: "i32",
} as const;
const adaptivePoolParams = {
  planes: "i32",
  inHeight: "i32",
  inWidth: "i32",
  outHeight: "i32",
  outWidth: "i32",
} as const;

/**
 * Layouts of the fused kernels. 0: NCHW. 1: NHWC with a border of zeros around each image,
 * (batch, border + height + border, border + width + border, channels). NCHW has no border: its border is 0.
 * A kernel that writes NHWC writes the border's zeros too; one that reads NHWC expects them there.
 */
const fusedConv2dParams = {
  ...conv2dParams,
  inLayout: "i32",
  inBorder: "i32",
  /** Of the output and, in the backward, of its gradient. */
  outLayout: "i32",
  outBorder: "i32",
  /** 1: max(x, 0). Forward alone: 2, min(max(x, 0), 6). */
  relu: "i32",
  /** Max-pooling windows side by side, the rest of a division left out; 1 and 1: none. At most 255 positions. */
  poolHeight: "i32",
  poolWidth: "i32",
} as const;
const fusedBatchNormParams = {
  batch: "i32",
  channels: "i32",
  height: "i32",
  width: "i32",
  inBorder: "i32",
  outLayout: "i32",
  outBorder: "i32",
  relu: "i32",
  poolHeight: "i32",
  poolWidth: "i32",
  /** Of the residual, or of its gradient; its layout is the output's. */
  residualBorder: "i32",
} as const;
/** NHWC on both sides. Windows may reach past the edge; max ignores what lies outside, an average counts it if told so. */
const pool2dNhwcParams = {
  batch: "i32",
  channels: "i32",
  inHeight: "i32",
  inWidth: "i32",
  outHeight: "i32",
  outWidth: "i32",
  kernelHeight: "i32",
  kernelWidth: "i32",
  strideHeight: "i32",
  strideWidth: "i32",
  padTop: "i32",
  padLeft: "i32",
  inBorder: "i32",
  outBorder: "i32",
} as const;
const avgPool2dNhwcParams = {
  ...pool2dNhwcParams,
  /** As in avg_pool2d_f32. */
  countIncludePad: "i32",
  padBottom: "i32",
  padRight: "i32",
} as const;

/** input (batch, channels, spatial). */
const batchNormParams = { batch: "i32", channels: "i32", spatial: "i32", eps: "f32" } as const;

/** C(M×N) = op(A)·op(B) for every batch entry; a batch stride of 0 repeats an operand. */
const matmulParams = {
  batch: "i32",
  m: "i32",
  n: "i32",
  k: "i32",
  /** 1: A is stored k×m. */ transposeA: "i32",
  /** 1: B is stored n×k. */ transposeB: "i32",
  batchStrideA: "i32",
  batchStrideB: "i32",
} as const;

export const contract = {
  // layout
  /** output[Σ i·stridesB] = input[Σ i·stridesA] over `shape`; both sides strided. */
  copy_strided_f32: { params: broadcast, reads: ["input:f32"], writes: ["output:f32!"] },
  copy_strided_i32: { params: broadcast, reads: ["input:i32"], writes: ["output:i32!"] },
  copy_strided_u8: { params: broadcast, reads: ["input:u8"], writes: ["output:u8!"] },
  /** Adds instead of storing: the gradient of a view into its base. */
  add_strided_f32: { params: broadcast, reads: ["input:f32"], writes: ["output:f32!"] },
  fill_f32: { params: { count: "i32", value: "f32" }, reads: [], writes: ["output:f32"] },
  fill_i32: { params: { count: "i32", value: "i32" }, reads: [], writes: ["output:i32"] },
  fill_u8: { params: { count: "i32", value: "i32" }, reads: [], writes: ["output:u8"] },
  cast_f32_i32: { params: count, reads: ["input:f32"], writes: ["output:i32"] },
  cast_i32_f32: { params: count, reads: ["input:i32"], writes: ["output:f32"] },
  cast_f32_u8: { params: count, reads: ["input:f32"], writes: ["output:u8"] },
  cast_u8_f32: { params: count, reads: ["input:u8"], writes: ["output:f32"] },
  cast_i32_u8: { params: count, reads: ["input:i32"], writes: ["output:u8"] },
  cast_u8_i32: { params: count, reads: ["input:u8"], writes: ["output:i32"] },
  /** x ≠ 0 as 0 or 1. */
  cast_f32_bool: { params: count, reads: ["input:f32"], writes: ["output:u8"] },
  cast_i32_bool: { params: count, reads: ["input:i32"], writes: ["output:u8"] },

  // element by element
  neg_f32: unary,
  exp_f32: unary,
  log_f32: unary,
  sqrt_f32: unary,
  abs_f32: unary,
  /** sign(x); 0 at 0 and for NaN, as torch has it. */
  sign_f32: unary,
  reciprocal_f32: unary,
  /** min(max(x, alpha), beta). */
  clamp_f32: unary,
  /** x·alpha + beta. */
  affine_f32: unary,
  /** x to the power alpha. */
  pow_scalar_f32: unary,
  relu_f32: unary,
  /** saved: output. */
  relu_backward_f32: unaryBackward,
  /** slope alpha below 0. */
  leaky_relu_f32: unary,
  /** saved: input. */
  leaky_relu_backward_f32: unaryBackward,
  sigmoid_f32: unary,
  /** saved: output. */
  sigmoid_backward_f32: unaryBackward,
  tanh_f32: unary,
  /** saved: output. */
  tanh_backward_f32: unaryBackward,
  /** x·Φ(x), by erf. */
  gelu_f32: unary,
  /** saved: input. */
  gelu_backward_f32: unaryBackward,
  /** The tanh approximation. */
  gelu_tanh_f32: unary,
  /** saved: input. */
  gelu_tanh_backward_f32: unaryBackward,
  silu_f32: unary,
  /** saved: input. */
  silu_backward_f32: unaryBackward,
  /** saved: input; passes where alpha ≤ x ≤ beta. */
  clamp_backward_f32: unaryBackward,
  /**
   * Normal numbers with mean alpha and standard deviation beta from uniform ones, every bit as torch's normal_ makes them
   * with AVX2: of every 16 the first 8 give the radii, the others the angles. What follows the last 16 is copied.
   */
  box_muller_f32: unary,

  add_f32: binary,
  sub_f32: binary,
  mul_f32: binary,
  div_f32: binary,
  pow_f32: binary,
  /** NaN if either is. */
  maximum_f32: binary,
  minimum_f32: binary,
  add_i32: binaryI32,
  sub_i32: binaryI32,
  mul_i32: binaryI32,
  eq_f32: compare,
  ne_f32: compare,
  lt_f32: compare,
  le_f32: compare,
  gt_f32: compare,
  ge_f32: compare,
  eq_i32: compareI32,
  ne_i32: compareI32,
  lt_i32: compareI32,
  le_i32: compareI32,
  gt_i32: compareI32,
  ge_i32: compareI32,
  /** condition ? a : b. */
  where_f32: {
    params: { ...broadcast, stridesCondition: dims },
    reads: ["condition:u8", "a:f32", "b:f32"],
    writes: ["output:f32"],
  },

  // reductions
  sum_f32: reduce,
  /** NaN wins. */
  amax_f32: reduce,
  amin_f32: reduce,
  /** Index of the first largest; NaN counts as largest. */
  argmax_f32: { ...reduce, writes: ["output:i32"] },
  argmin_f32: { ...reduce, writes: ["output:i32"] },
  sum_i32: { ...reduce, reads: ["input:i32"], writes: ["output:i32"] },
  softmax_f32: { params: alongAxis, reads: ["input:f32"], writes: ["output:f32"] },
  softmax_backward_f32: { params: alongAxis, reads: ["gradOutput:f32", "output:f32"], writes: ["gradInput:f32"] },
  log_softmax_f32: { params: alongAxis, reads: ["input:f32"], writes: ["output:f32"] },
  log_softmax_backward_f32: { params: alongAxis, reads: ["gradOutput:f32", "output:f32"], writes: ["gradInput:f32"] },

  // matrix products
  matmul_f32: { params: matmulParams, reads: ["a:f32", "b:f32"], writes: ["output:f32"] },
  /** y(rows×out) = x(rows×in)·weight(out×in)ᵀ + bias(out). */
  linear_f32: {
    params: { rows: "i32", inFeatures: "i32", outFeatures: "i32" },
    reads: ["input:f32", "weight:f32", "bias:f32?"],
    writes: ["output:f32"],
  },
  linear_backward_input_f32: {
    params: { rows: "i32", inFeatures: "i32", outFeatures: "i32" },
    reads: ["gradOutput:f32", "weight:f32"],
    writes: ["gradInput:f32"],
  },
  linear_backward_weight_f32: {
    params: { rows: "i32", inFeatures: "i32", outFeatures: "i32" },
    reads: ["gradOutput:f32", "input:f32"],
    writes: ["gradWeight:f32"],
  },

  // convolution (cross-correlation, as everywhere in the field), NCHW and OIHW
  conv2d_f32: { params: conv2dParams, reads: ["input:f32", "weight:f32", "bias:f32?"], writes: ["output:f32"] },
  conv2d_backward_input_f32: {
    params: conv2dParams,
    reads: ["gradOutput:f32", "weight:f32", "bias:f32?"],
    writes: ["gradInput:f32"],
  },
  conv2d_backward_weight_f32: {
    params: conv2dParams,
    reads: ["gradOutput:f32", "input:f32"],
    writes: ["gradWeight:f32"],
  },
  /** Sum over batch and spatial of (batch, channels, spatial). */
  channel_sum_f32: {
    params: { batch: "i32", channels: "i32", spatial: "i32" },
    reads: ["input:f32"],
    writes: ["output:f32"],
  },
  /** mode: 0 reflect, 1 replicate, 2 circular, 3 constant. */
  pad2d_f32: {
    params: {
      planes: "i32",
      inHeight: "i32",
      inWidth: "i32",
      outHeight: "i32",
      outWidth: "i32",
      padTop: "i32",
      padLeft: "i32",
      mode: "i32",
      value: "f32",
    },
    reads: ["input:f32"],
    writes: ["output:f32"],
  },
  pad2d_backward_f32: {
    params: {
      planes: "i32",
      inHeight: "i32",
      inWidth: "i32",
      outHeight: "i32",
      outWidth: "i32",
      padTop: "i32",
      padLeft: "i32",
      mode: "i32",
    },
    reads: ["gradOutput:f32"],
    writes: ["gradInput:f32"],
  },

  // pooling; indices are positions in the input plane, y·inWidth + x
  max_pool2d_f32: { params: pool2dParams, reads: ["input:f32"], writes: ["output:f32", "indices:i32"] },
  /** gradInput[index] += gradOutput, plane by plane: also the backward of adaptive max pooling. */
  max_pool2d_backward_f32: {
    params: { planes: "i32", inSize: "i32", outSize: "i32" },
    reads: ["gradOutput:f32", "indices:i32"],
    writes: ["gradInput:f32"],
  },
  avg_pool2d_f32: {
    params: { ...avgPool2dParams, padBottom: "i32", padRight: "i32" },
    reads: ["input:f32"],
    writes: ["output:f32"],
  },
  avg_pool2d_backward_f32: {
    params: { ...avgPool2dParams, padBottom: "i32", padRight: "i32" },
    reads: ["gradOutput:f32"],
    writes: ["gradInput:f32"],
  },
  /** Window of output i: floor(i·in/out) up to ceil((i+1)·in/out). */
  adaptive_avg_pool2d_f32: { params: adaptivePoolParams, reads: ["input:f32"], writes: ["output:f32"] },
  adaptive_avg_pool2d_backward_f32: {
    params: adaptivePoolParams,
    reads: ["gradOutput:f32"],
    writes: ["gradInput:f32"],
  },
  adaptive_max_pool2d_f32: { params: adaptivePoolParams, reads: ["input:f32"], writes: ["output:f32", "indices:i32"] },

  // batch norm
  /** Batch statistics, then normalise. invStd = 1/√(biased variance + eps); variance is the unbiased one (n − 1). */
  batch_norm_train_f32: {
    params: batchNormParams,
    reads: ["input:f32", "weight:f32?", "bias:f32?"],
    writes: ["output:f32", "mean:f32", "invStd:f32", "variance:f32"],
  },
  batch_norm_eval_f32: {
    params: batchNormParams,
    reads: ["input:f32", "weight:f32?", "bias:f32?", "runningMean:f32", "runningVar:f32"],
    writes: ["output:f32"],
  },
  /** gradInput, gradWeight and gradBias of the training form. */
  batch_norm_train_backward_f32: {
    params: batchNormParams,
    reads: ["gradOutput:f32", "input:f32", "weight:f32?", "mean:f32", "invStd:f32"],
    writes: ["gradInput:f32", "gradWeight:f32", "gradBias:f32"],
  },
  batch_norm_eval_backward_f32: {
    params: batchNormParams,
    reads: ["gradOutput:f32", "input:f32", "weight:f32?", "runningMean:f32", "runningVar:f32"],
    writes: ["gradInput:f32", "gradWeight:f32", "gradBias:f32"],
  },

  // losses
  /**
   * −weight[t]·logProb[n, t, d] for each target t = targets[n, d]; 0 where t = ignoreIndex. `weights` receives
   * weight[t] (0 where ignored), for the mean. Refuses a target outside [0, classes): status 1, facts {target, position}.
   */
  nll_loss_f32: {
    params: { batch: "i32", classes: "i32", spatial: "i32", ignoreIndex: "i32" },
    reads: ["logProb:f32", "targets:i32", "weight:f32?"],
    writes: ["output:f32", "weights:f32"],
  },
  /** gradInput (zero but at the targets) from the gradient of each position's loss. */
  nll_loss_backward_f32: {
    params: { batch: "i32", classes: "i32", spatial: "i32", ignoreIndex: "i32" },
    reads: ["gradOutput:f32", "targets:i32", "weight:f32?"],
    writes: ["gradInput:f32"],
  },

  // optimisers: one pass over a parameter, its gradient and its state; all in place
  /** torch.optim.SGD. `first` 1: the buffer is set to the gradient. momentum 0 leaves the buffer alone. */
  sgd_f32: {
    params: {
      count: "i32",
      learningRate: "f32",
      momentum: "f32",
      dampening: "f32",
      weightDecay: "f32",
      nesterov: "i32",
      first: "i32",
      maximize: "i32",
    },
    reads: ["grad:f32"],
    writes: ["param:f32!", "momentumBuffer:f32?!"],
  },
  /**
   * torch.optim.Adam and (decoupled = 1) AdamW. stepSize = lr/(1 − β₁ᵗ); invBias2Sqrt = 1/√(1 − β₂ᵗ), both made
   * in doubles by the caller; oneMinusBeta1/2 likewise, so that 1 − 0.999 keeps its digits.
   */
  adam_f32: {
    params: {
      count: "i32",
      learningRate: "f32",
      beta1: "f32",
      beta2: "f32",
      oneMinusBeta1: "f32",
      oneMinusBeta2: "f32",
      eps: "f32",
      weightDecay: "f32",
      stepSize: "f32",
      invBias2Sqrt: "f32",
      decoupled: "i32",
      maximize: "i32",
    },
    reads: ["grad:f32"],
    writes: ["param:f32!", "expAvg:f32!", "expAvgSq:f32!", "maxExpAvgSq:f32?!"],
  },

  // several ops in one pass, for captured plans; layouts as said at fusedConv2dParams
  /**
   * pool(relu(conv(input, weight)·scale + bias + residual)), scale and bias by channel; the residual has the shape before
   * pooling and the output's layout. `index`, NHWC without border, has the pooled shape: which position of the window won
   * (y·poolWidth + x, the first of equals), or poolHeight·poolWidth where ReLU made it 0. With a `panel` above 0 the weight
   * is as conv2d_pack_f32 makes it, else OIHW.
   */
  conv2d_fused_f32: {
    params: { ...fusedConv2dParams, residualBorder: "i32", panel: "i32" },
    reads: ["input:f32", "weight:f32", "scale:f32?", "bias:f32?", "residual:f32?"],
    writes: ["output:f32", "index:u8?"],
  },
  /**
   * weight·scale in the order of a convolution's loop: (group, block of `panel` outputs, k, output in the block), zeros in the
   * last block. k counts taps and then channels where the input is NHWC, channels and then taps where it is NCHW. Every panel
   * is right; one vector of the machine, or two where there are more outputs than that, is read as it lies.
   */
  conv2d_pack_f32: {
    params: {
      outChannels: "i32",
      /** Of a group, as weight has them. */ inChannels: "i32",
      kernelHeight: "i32",
      kernelWidth: "i32",
      groups: "i32",
      inLayout: "i32",
      panel: "i32",
    },
    reads: ["weight:f32", "scale:f32?"],
    writes: ["packed:f32"],
  },
  /**
   * conv2d_fused_f32 for 3x3 kernels with dilation 1 and one group by Winograd's algorithm. Stride 1, windows of 1x1 or 2x2: F(m×m, 3×3),
   * m = `tile`, 2 or 4: every m×m outputs are Aᵀ[U ∘ (Bᵀ d B)]A of the (m+2)×(m+2) inputs d around them, summed over channels.
   * Numbers that are not finite spread over the m×m outputs. The weight is U = G g Gᵀ, as conv2d_winograd_pack_f32 makes it.
   * m = 2: Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1], G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1], Aᵀ = [1 1 1 0; 0 1 −1 −1].
   * m = 4: the points are 0, ±p, ±q, ∞ with p = ¾, q = 3/2. Rows of Bᵀ: coefficients of Π(x − another point), from x⁰ on, the last
   * of all of them; of G: (1 x x²)/Π(x − another point), the last 0 0 1; columns of Aᵀ: (1 x x² x³), the last 0 0 0 1.
   * Stride 2 (no pool, `tile` 2): A[(G g Gᵀ) ∘ (Bᵀ d B)]Aᵀ with 5×5 products for 2×2 outputs, of which each axis has
   * y0 = (d0 − d2)·g0 + d1·g1 + d2·(g0 + g2), y1 = d2·(g0 + g2) + d3·g1 + (d4 − d2)·g2.
   * With `backward` 1 it is the input's gradient of that: input is the output's gradient, output the input's, padding the
   * convolution's, even or odd on both axes. Of three gradients e come four numbers along each axis, with p = (e0 − e1)·g2 +
   * e1·(g0 + g2) and q = e1·(g0 + g2) + (e2 − e1)·g0: p, e1·g1, q, e2·g1 where padding is even, e0·g1, p, e1·g1, q where it is odd.
   * Where `mask`, in the input's layout, is ≤ 0 the input counts as 0: it is the gradient behind a ReLU.
   * Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2015 (arXiv:1509.09308).
   */
  conv2d_winograd_f32: {
    params: {
      ...fusedConv2dParams,
      residualBorder: "i32",
      panel: "i32",
      maskBorder: "i32",
      tile: "i32",
      backward: "i32",
    },
    reads: ["input:f32", "weight:f32", "bias:f32?", "residual:f32?", "mask:f32?"],
    writes: ["output:f32", "index:u8?"],
  },
  /**
   * U = (G g Gᵀ)·scale of every filter of a weight O,I,3,3: (number of the (m+2)², row by row; block of `panel` outputs; input
   * channel; output in the block), zeros in the last block. Panels are those of conv2d_pack_f32. With `transposed` 1 the weight
   * is (inChannels, outChannels, 3, 3) and each filter is turned by half: what makes the input's gradient of the output's.
   * `stride` 2: 4×4 numbers, G = [1 0 0; 0 1 0; 0 0 1; 1 0 1], and no filter is turned; else 1.
   */
  conv2d_winograd_pack_f32: {
    params: { outChannels: "i32", inChannels: "i32", transposed: "i32", panel: "i32", tile: "i32", stride: "i32" },
    reads: ["weight:f32", "scale:f32?"],
    writes: ["packed:f32"],
  },
  /**
   * gradWeight and gradBias of conv2d_fused_backward_f32 for convolutions of conv2d_winograd_f32 without a pool: what multiplies
   * and adds there goes the other way, gradWeight = Gᵀ[Σ (A g Aᵀ) ∘ (Bᵀ d B)]G over all tiles, g the m×m gradients of a tile.
   * Numbers that are not finite spread over the whole filter.
   */
  conv2d_winograd_backward_weight_f32: {
    params: { ...fusedConv2dParams, gradBorder: "i32", tile: "i32" },
    reads: ["gradOutput:f32", "output:f32?", "input:f32"],
    writes: ["gradWeight:f32", "gradBias:f32?"],
  },
  /**
   * Gradients of conv2d_fused_f32 without scale. Where there is an index it says where gradOutput goes; else, with relu 1,
   * it passes where `output` is not ≤ 0. gradInput (the input's layout) gets `addend` (likewise) on top.
   */
  conv2d_fused_backward_f32: {
    params: { ...fusedConv2dParams, gradBorder: "i32", gradInBorder: "i32", addendBorder: "i32" },
    reads: ["gradOutput:f32", "index:u8?", "output:f32?", "input:f32?", "weight:f32?", "addend:f32?"],
    writes: ["gradInput:f32?", "gradWeight:f32?", "gradBias:f32?"],
  },
  /** pool(relu(batchnorm(input) + residual)), batch statistics; input NHWC. The rest as batch_norm_train_f32 and conv2d_fused_f32. */
  batch_norm_fused_train_f32: {
    params: { ...fusedBatchNormParams, eps: "f32" },
    reads: ["input:f32", "weight:f32?", "bias:f32?", "residual:f32?"],
    writes: ["output:f32", "mean:f32", "invStd:f32", "variance:f32", "index:u8?"],
  },
  /**
   * pool(relu(batchnorm(raw) + residual)), batch statistics; raw = conv(input, weight) + bias, NHWC without border, is left for
   * the gradients. With rawPooled 1 (2x2 windows in even sizes, no residual) `raw` has the pooled shape: the values that won.
   * normWeight and normBias are batch norm's; the rest as batch_norm_train_f32 and conv2d_fused_f32. One group.
   */
  conv2d_norm_train_f32: {
    params: { ...fusedConv2dParams, residualBorder: "i32", rawPooled: "i32", eps: "f32" },
    reads: ["input:f32", "weight:f32", "bias:f32?", "normWeight:f32?", "normBias:f32?", "residual:f32?"],
    writes: ["output:f32", "raw:f32", "mean:f32", "invStd:f32", "variance:f32", "index:u8?"],
  },
  /**
   * Gradients of conv2d_norm_train_f32 with rawPooled, of all but the input: for first layers. `index` says where gradOutput
   * goes, `raw` what won. dilationWidth is 1. gradBias is 0: a bias goes with the mean.
   */
  conv2d_norm_train_backward_f32: {
    params: { ...fusedConv2dParams, gradBorder: "i32" },
    reads: [
      "gradOutput:f32",
      "index:u8",
      "raw:f32",
      "input:f32",
      "weight:f32",
      "normWeight:f32?",
      "mean:f32",
      "invStd:f32",
    ],
    writes: ["gradWeight:f32", "gradNormWeight:f32", "gradNormBias:f32", "gradBias:f32?"],
  },
  /** index, relu and output as in conv2d_fused_backward_f32; gradInput is NHWC, gradResidual as the residual. */
  batch_norm_fused_train_backward_f32: {
    params: { ...fusedBatchNormParams, gradBorder: "i32", gradInBorder: "i32" },
    reads: ["gradOutput:f32", "index:u8?", "output:f32?", "input:f32", "weight:f32?", "mean:f32", "invStd:f32"],
    writes: ["gradInput:f32", "gradWeight:f32", "gradBias:f32", "gradResidual:f32?"],
  },
  /** `index`, NHWC without border: the position in the window, y·kernelWidth + x; a NaN or the first of the largest wins. */
  max_pool2d_nhwc_f32: { params: pool2dNhwcParams, reads: ["input:f32"], writes: ["output:f32", "index:u8?"] },
  /** inBorder: gradInput's; outBorder: gradOutput's. */
  max_pool2d_nhwc_backward_f32: {
    params: pool2dNhwcParams,
    reads: ["gradOutput:f32", "index:u8"],
    writes: ["gradInput:f32"],
  },
  avg_pool2d_nhwc_f32: { params: avgPool2dNhwcParams, reads: ["input:f32"], writes: ["output:f32"] },
  avg_pool2d_nhwc_backward_f32: { params: avgPool2dNhwcParams, reads: ["gradOutput:f32"], writes: ["gradInput:f32"] },
  /** x·alpha + beta, `steps` times over: nothing but multiply-adds on registers, to measure a machine's peak by. */
  multiply_add_chain_f32: {
    params: { count: "i32", steps: "i32", alpha: "f32", beta: "f32" },
    reads: ["input:f32"],
    writes: ["output:f32"],
  },
  /** From one layout to another. */
  convert_layout_f32: {
    params: {
      batch: "i32",
      channels: "i32",
      height: "i32",
      width: "i32",
      inLayout: "i32",
      inBorder: "i32",
      outLayout: "i32",
      outBorder: "i32",
    },
    reads: ["input:f32"],
    writes: ["output:f32"],
  },

  // by index: input [outer, size, inner], output [outer, count, inner]
  /** output[o, k, i] = input[o, index(o, k, i), i]. Refuses an index outside [0, size): status 1, facts {index, position}. */
  gather_f32: { params: byIndex, reads: ["input:f32", "indices:i32"], writes: ["output:f32"] },
  gather_i32: { params: byIndex, reads: ["input:i32", "indices:i32"], writes: ["output:i32"] },
  /** output[o, index(o, k, i), i] = input[o, k, i], in order of k; refuses as gather does. Here output has `size`. */
  scatter_f32: { params: byIndex, reads: ["input:f32", "indices:i32"], writes: ["output:f32!"] },
  /** Adds instead of storing, in order of k. */
  scatter_add_f32: { params: byIndex, reads: ["input:f32", "indices:i32"], writes: ["output:f32!"] },

  // running and sorted, along the middle axis of [outer, size, inner]
  /** Sum of all up to here; exclusive 1: without this one; reverse 1: from the end. */
  cumsum_f32: { params: running, reads: ["input:f32"], writes: ["output:f32"] },
  cumsum_i32: { params: running, reads: ["input:i32"], writes: ["output:i32"] },
  cumprod_f32: { params: running, reads: ["input:f32"], writes: ["output:f32"] },
  /** Stable; NaN is the largest, 0 and −0 are equal. */
  sort_f32: {
    params: { ...alongAxis, descending: "i32" },
    reads: ["input:f32"],
    writes: ["values:f32", "indices:i32"],
  },
  /** The first `count` of the sorted line; largest 1: from the largest down. Outputs are [outer, count, inner]. */
  topk_f32: {
    params: { ...alongAxis, count: "i32", largest: "i32" },
    reads: ["input:f32"],
    writes: ["values:f32", "indices:i32"],
  },
} as const satisfies Record<string, KernelSpec>;

/** The kernels by name: what is computed and the type, as in conv2d_f32. docs/backends.md lists them. */
export type KernelName = keyof typeof contract;

type FieldValue<F> = F extends readonly ["i32", number] ? readonly number[] : number;
/** The parameters of one kernel as an object. */
export type Params<K extends KernelName> = {
  readonly [P in keyof (typeof contract)[K]["params"]]: FieldValue<(typeof contract)[K]["params"][P]>;
};

/** All kernels, in the contract's order. */
export const kernelNames = Object.keys(contract) as KernelName[];
/** Position in the list: the number that C++ and WASM know a kernel by. */
export const kernelId = Object.fromEntries(kernelNames.map((name, i) => [name, i])) as Record<KernelName, number>;

/** Size of a kernel's parameter block, in 32-bit words. */
export function paramWords(name: KernelName): number {
  let words = 0;
  for (const field of Object.values<Field>(contract[name].params)) words += typeof field === "string" ? 1 : field[1];
  return words;
}

/**
 * Writes the parameters as the block of 32-bit words that every backend reads, in the contract's order: whole numbers
 * as they are, f32 by their bits. Into `words` where given.
 *
 * @example
 * packParams("fill_f32", { count: 6, value: 1 }); // [6, 1065353216]
 */
export function packParams<K extends KernelName>(
  name: K,
  values: Params<K>,
  words: Int32Array = new Int32Array(paramWords(name)),
): Int32Array {
  let floats: Float32Array | undefined;
  let at = 0;
  for (const [key, field] of fieldsOf(name)) {
    const value = (values as Record<string, number | readonly number[]>)[key]!;
    if (field === "i32") words[at++] = value as number;
    else if (field === "f32") {
      floats ??= floatsOver(words);
      floats[at++] = value as number;
    } else for (let i = 0; i < field[1]; i++) words[at++] = (value as readonly number[])[i]!;
  }
  return words;
}

const fields = new Map<KernelName, readonly (readonly [string, Field])[]>();
function fieldsOf(name: KernelName): readonly (readonly [string, Field])[] {
  let list = fields.get(name);
  if (!list) {
    list = Object.entries<Field>(contract[name].params);
    fields.set(name, list);
  }
  return list;
}

/** The same words as floats; a backend packs all its calls into one block, so its view is kept. */
const views = new WeakMap<Int32Array, Float32Array>();
function floatsOver(words: Int32Array): Float32Array {
  let view = views.get(words);
  if (!view) {
    view = new Float32Array(words.buffer, words.byteOffset, words.length);
    views.set(words, view);
  }
  return view;
}

export interface Operand {
  readonly name: string;
  readonly type: "f32" | "i32" | "u8";
  readonly optional: boolean;
}

/** `bias:f32?` → its parts. */
export function parseOperand(text: string): Operand {
  const [name = "", rest = ""] = text.split(":");
  return { name, type: rest.replace(/[?!]/g, "") as Operand["type"], optional: rest.includes("?") };
}
