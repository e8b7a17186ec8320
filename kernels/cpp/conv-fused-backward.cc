// conv2d_fused_backward: the gradients of conv2d_fused (conv-fused.cc). What passes the pool and the ReLU is found while the
// gradient is copied: it is dense for a chunk at a time, in L2, never in memory.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "conv-fused-weight.h"
#include "conv-sparse-input.h"

namespace drishti {
namespace DRISHTI_NS {

using FusedBackwardParams = Conv2dFusedBackwardF32Params;

struct FusedBackward {
  FusedShape shape;
  Gather g;          // of the input gradient
  Source gradient, input;
  Tail tail;
  const float* weight;
  float* grad_weight;
  float* grad_bias;

  FusedBackward(const FusedBackwardParams& p, void* const* buffers)
      : shape{p.batch, p.inChannels, p.outChannels, p.groups, p.inHeight, p.inWidth, p.outHeight, p.outWidth, p.kernelHeight, p.kernelWidth,
              p.strideHeight, p.strideWidth, p.padTop, p.padLeft, p.dilationHeight, p.dilationWidth},
        g(backward_gather(p)),
        gradient(in<float>(buffers, 0), Place(p.outLayout, p.outChannels, p.outHeight / p.poolHeight, p.outWidth / p.poolWidth, p.gradBorder)),
        input(in<float>(buffers, 3), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)),
        tail(out<float>(buffers, 6), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.gradInBorder)), weight(in<float>(buffers, 4)),
        grad_weight(out<float>(buffers, 7)), grad_bias(out<float>(buffers, 8)) {
    gradient.height = p.outHeight;
    gradient.width = p.outWidth;
    gradient.pool_height = p.poolHeight;
    gradient.pool_width = p.poolWidth;
    gradient.index = in<uint8_t>(buffers, 1);
    if (p.relu && gradient.index == nullptr) gradient.output = in<float>(buffers, 2);
    gradient.output_place = Place(p.outLayout, p.outChannels, p.outHeight / p.poolHeight, p.outWidth / p.poolWidth, p.outBorder);
    tail.residual = in<float>(buffers, 5);
    tail.residual_place = Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.addendBorder);
  }
  bool no_products() const { return shape.batch <= 0 || shape.out_height <= 0 || shape.out_width <= 0 || shape.in_channels <= 0 || shape.out_channels <= 0; }
};

static int32_t conv2d_fused_backward(const FusedBackwardParams& p, void* const* buffers, Context& context) {
  const FusedBackward call(p, buffers);
  if (call.no_products()) {
    if (call.grad_weight) __builtin_memset(call.grad_weight, 0, size_t(p.outChannels) * (p.inChannels / p.groups) * p.kernelHeight * p.kernelWidth * 4);
    if (call.grad_bias) __builtin_memset(call.grad_bias, 0, size_t(p.outChannels) * 4);
  } else if (call.grad_weight || call.grad_bias) {
    run_fused_weight(call.shape, call.input, call.gradient, call.grad_weight, call.grad_bias, context, context.shared);
  }
  if (call.tail.out && SparseInput::fits(call.g, call.gradient, call.tail) && !call.no_products()) run_sparse_input(call.g, call.gradient, call.tail, call.weight, context, context.shared);
  else if (call.tail.out) run_nhwc(call.g, call.gradient, call.tail, {call.weight}, context, context.shared);
  return 0;
}
static ScratchNeed conv2d_fused_backward_scratch(const FusedBackwardParams& p, int32_t) {
  // Which operands are there is not known here: the most that any of them needs.
  char some[4];
  void* all[9];
  for (void*& b : all) b = some;
  ScratchNeed most;
  const auto take = [&](size_t per_thread, size_t shared) {
    if (per_thread > most.per_thread) most.per_thread = per_thread;
    if (shared > most.shared) most.shared = shared;
  };
  for (int form = 0; form < 3; ++form) {  // an index, an output, neither
    all[1] = form == 0 ? some : nullptr;
    all[2] = form == 1 ? some : nullptr;
    const FusedBackward call(p, all);
    const NhwcPlan gather(call.g, call.gradient, call.tail);
    take(gather.per_thread, gather.shared);
    if (call.no_products()) continue;
    if (SparseInput::fits(call.g, call.gradient, call.tail)) {
      const SparseInput sparse(call.g, call.gradient, call.tail);
      take(sparse.per_thread, sparse.shared);
    }
    const ScratchNeed weights = fused_weight_scratch(call.shape, call.input, call.gradient);
    take(weights.per_thread, weights.shared);
  }
  return most;
}
DRISHTI_KERNEL_SCRATCH(conv2d_fused_backward_f32, conv2d_fused_backward, conv2d_fused_backward_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
