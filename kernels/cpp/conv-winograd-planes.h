// Winograd's algorithm for convolutions that come one by one, NCHW to NCHW: conv2d, its input's gradient and its weight's. The
// weights are transformed in every call.
#pragma once
#include "conv-fused-forward.h"
#include "conv-winograd-pack.h"
#include "conv-winograd-weight.h"
#include "conv-winograd.h"

namespace drishti {
namespace DRISHTI_NS {

// Outputs of a tile across and down. Larger tiles are quicker and less exact: eager training is to follow PyTorch's.
constexpr int32_t PLANES_TILE = 2;

// By shape alone.
static bool winograd_pays(const Conv2dF32Params& p) {
  const bool plain = p.kernelHeight == 3 && p.kernelWidth == 3 && p.strideHeight == 1 && p.strideWidth == 1 && p.dilationHeight == 1 && p.dilationWidth == 1 && p.groups == 1;
  const auto padded = [](int32_t pad) { return pad >= 0 && pad <= 2; };  // the gradient's is 2 - pad
  return plain && padded(p.padTop) && padded(p.padLeft) && lesser(p.inChannels, p.outChannels) >= WINOGRAD_CHANNELS &&
         lesser(p.batch * p.outHeight * p.outWidth, p.batch * p.inHeight * p.inWidth) >= WINOGRAD_PIXELS;
}

// backward: the input's gradient, a convolution of the output's with the filters turned and the channels' roles exchanged.
static Conv2dWinogradF32Params winograd_params(const Conv2dF32Params& p, bool backward) {
  Conv2dWinogradF32Params w = {};
  w.batch = p.batch;
  w.inChannels = backward ? p.outChannels : p.inChannels;
  w.inHeight = backward ? p.outHeight : p.inHeight;
  w.inWidth = backward ? p.outWidth : p.inWidth;
  w.outChannels = backward ? p.inChannels : p.outChannels;
  w.outHeight = backward ? p.inHeight : p.outHeight;
  w.outWidth = backward ? p.inWidth : p.outWidth;
  w.padTop = backward ? 2 - p.padTop : p.padTop;
  w.padLeft = backward ? 2 - p.padLeft : p.padLeft;
  w.kernelHeight = w.kernelWidth = 3;
  w.strideHeight = w.strideWidth = w.dilationHeight = w.dilationWidth = w.groups = w.poolHeight = w.poolWidth = 1;
  w.panel = vectors_for(w.outChannels) * LANES;
  w.tile = PLANES_TILE;
  return w;
}

struct WinogradPlanes {
  Conv2dWinogradF32Params params;
  FusedForward call;
  WinogradPlan plan;
  WinogradPlanes(const Conv2dF32Params& p, bool backward, void* const* fused)
      : params(winograd_params(p, backward)), call(params, fused), plan(call.g, call.source, call.tail, params.panel, params.tile) {}
  ScratchNeed scratch() const { return {plan.per_thread, plan.shared + plan.weights * 4}; }
};

// buffers: source, weight, bias or null, destination.
static void run_winograd_planes(const Conv2dF32Params& p, bool backward, void* const* buffers, Context& context) {
  void* const fused[7] = {buffers[0], nullptr, nullptr, buffers[2], nullptr, buffers[3], nullptr};
  const WinogradPlanes w(p, backward, fused);
  float* const packed = reinterpret_cast<float*>(context.shared + w.plan.shared);
  winograd_pack({w.params.outChannels, w.params.inChannels, backward, w.params.panel, w.params.tile}, in<float>(buffers, 1), nullptr, packed, context);
  run_winograd(w.call.g, w.call.source, w.call.tail, packed, w.params.panel, w.params.tile, context);
}
static ScratchNeed winograd_planes_scratch(const Conv2dF32Params& p, bool backward) {
  void* const none[7] = {};
  return WinogradPlanes(p, backward, none).scratch();
}

struct WinogradPlanesWeight {
  FusedShape shape;
  Source gradient, input;
  WinogradPlanesWeight(const Conv2dF32Params& p, const float* g, const float* x)
      : shape{p.batch, p.inChannels, p.outChannels, 1, p.inHeight, p.inWidth, p.outHeight, p.outWidth, 3, 3, 1, 1, p.padTop, p.padLeft, 1, 1},
        gradient(g, Place(0, p.outChannels, p.outHeight, p.outWidth, 0)), input(x, Place(0, p.inChannels, p.inHeight, p.inWidth, 0)) {}
};
static void run_winograd_planes_weight(const Conv2dF32Params& p, void* const* buffers, Context& context) {
  const WinogradPlanesWeight w(p, in<float>(buffers, 0), in<float>(buffers, 1));
  run_winograd_weight(w.shape, w.input, w.gradient, PLANES_TILE, out<float>(buffers, 2), nullptr, context);
}
static ScratchNeed winograd_planes_weight_scratch(const Conv2dF32Params& p) {
  const WinogradPlanesWeight w(p, nullptr, nullptr);
  const WinogradWeightPlan plan(w.shape, w.input, w.gradient, PLANES_TILE);
  return {plan.per_thread, plan.shared};
}

}  // namespace DRISHTI_NS
}  // namespace drishti
