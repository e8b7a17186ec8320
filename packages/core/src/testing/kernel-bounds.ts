/** @file How far a float32 backend may be from the reference, kernel by kernel. Reasons: docs/numerics.md. */
import { contract, type KernelName } from "../kernels/contract.ts";

/**
 * exact: the reference's result rounded to float32, in every bit (0 and −0 count as equal).
 * The others give the room as a multiple of ε = 2⁻²³: `ofResult` of the element's own magnitude; `ofLargest` of the
 * output's largest magnitude, as often as the parameter `times` says; `ofTerms` of the sum of the magnitudes of the terms that the element adds up. `meanOf` names the
 * input whose largest magnitude counts for the output `mean`: what was added up may cancel to almost nothing.
 */
export type Bound =
  | "exact"
  | { readonly ofResult: number }
  | { readonly ofLargest: number; readonly meanOf?: string; readonly times?: string }
  | { readonly ofTerms: number };

/** Kernels that are not listed are exact. */
const rounded: Partial<Record<KernelName, Bound>> = {
  // One function value: 2 units in the last place, doubled for the conversions around it.
  exp_f32: { ofResult: 4 },
  log_f32: { ofResult: 4 },
  sigmoid_f32: { ofResult: 4 },
  tanh_f32: { ofResult: 4 },
  sigmoid_backward_f32: { ofResult: 4 },
  // e^(y·log x): the exponent's rounding is multiplied by the exponent.
  pow_f32: { ofResult: 8 },
  pow_scalar_f32: { ofResult: 8 },
  // Terms that may cancel, or a factor that underflows before the product does.
  affine_f32: { ofLargest: 2 },
  // Of every step's two roundings half is left after the next (the samples' alpha).
  multiply_add_chain_f32: { ofLargest: 4 },
  tanh_backward_f32: { ofLargest: 4 },
  gelu_f32: { ofLargest: 4 },
  gelu_backward_f32: { ofLargest: 8 },
  gelu_tanh_f32: { ofLargest: 4 },
  gelu_tanh_backward_f32: { ofLargest: 8 },
  silu_f32: { ofLargest: 4 },
  silu_backward_f32: { ofLargest: 8 },
  softmax_f32: { ofLargest: 8 },
  softmax_backward_f32: { ofLargest: 8 },
  log_softmax_f32: { ofLargest: 8 },
  log_softmax_backward_f32: { ofLargest: 8 },
  sgd_f32: { ofLargest: 4 },
  adam_f32: { ofLargest: 8 },
  // Statistics, then differences from them: the mean's rounding counts as often as the mean is larger than the deviation.
  batch_norm_train_f32: { ofLargest: 16, meanOf: "input" },
  batch_norm_eval_f32: { ofLargest: 16 },
  batch_norm_train_backward_f32: { ofLargest: 16 },
  batch_norm_eval_backward_f32: { ofLargest: 16 },
  conv2d_norm_train_f32: { ofLargest: 16, meanOf: "input" },
  conv2d_norm_train_backward_f32: { ofLargest: 16 },
  batch_norm_fused_train_f32: { ofLargest: 16, meanOf: "input" },
  batch_norm_fused_train_backward_f32: { ofLargest: 16 },
  // Sums, in any order.
  conv2d_fused_f32: { ofTerms: 8 },
  conv2d_fused_backward_f32: { ofTerms: 8 },
  // The transforms add what cancels again, so terms are larger than those of the plain sum.
  conv2d_winograd_f32: { ofLargest: 8, times: "tile" },
  conv2d_winograd_backward_weight_f32: { ofLargest: 8, times: "tile" },
  max_pool2d_nhwc_backward_f32: { ofTerms: 8 },
  avg_pool2d_nhwc_f32: { ofTerms: 8 },
  avg_pool2d_nhwc_backward_f32: { ofTerms: 8 },
  sum_f32: { ofTerms: 8 },
  matmul_f32: { ofTerms: 8 },
  linear_f32: { ofTerms: 8 },
  linear_backward_input_f32: { ofTerms: 8 },
  linear_backward_weight_f32: { ofTerms: 8 },
  // Also where it goes by Winograd's algorithm: docs/numerics.md has what was measured.
  conv2d_f32: { ofTerms: 8 },
  conv2d_backward_input_f32: { ofTerms: 8 },
  conv2d_backward_weight_f32: { ofTerms: 8 },
  channel_sum_f32: { ofTerms: 8 },
  pad2d_backward_f32: { ofTerms: 8 },
  max_pool2d_backward_f32: { ofTerms: 8 },
  scatter_add_f32: { ofTerms: 8 },
  avg_pool2d_f32: { ofTerms: 8 },
  avg_pool2d_backward_f32: { ofTerms: 8 },
  adaptive_avg_pool2d_f32: { ofTerms: 8 },
  adaptive_avg_pool2d_backward_f32: { ofTerms: 8 },
};

export const kernelBounds = Object.fromEntries(
  (Object.keys(contract) as KernelName[]).map((kernel) => [kernel, rounded[kernel] ?? "exact"]),
) as Record<KernelName, Bound>;
