// How positions of source, destination and kernel meet along one spatial axis, for the forward pass and for the input gradient.
//
// Both are a gather: each destination position sums over taps of a source position.
//   forward         out[o]  = sum over t of  in[o * stride - pad + t * dilation]
//   input gradient  in'[i]  = sum over t of  out'[(i + pad - t * dilation) / stride]   where that divides
// The second splits by i modulo the stride into phases; in one phase the same taps meet the same neighbours everywhere, and no
// zero is ever multiplied in. The forward pass is one phase that moves by the stride.
#pragma once
#include "simd.h"

namespace drishti {
namespace DRISHTI_NS {

struct Axis {
  int32_t taps;      // kernel size
  int32_t source;    // length of the source
  int32_t dest;      // length of the destination
  int32_t phases;    // destination positions are q * phases + phase
  int32_t move;      // source positions from q to q + 1
  int32_t stride, dilation, padding;
  bool reversed;     // the input gradient
  int32_t lead;      // offset 0 at q = 0 lies `lead` positions before the source's first (negative: after)
  int32_t reach;     // the largest offset

  // The tap that comes i-th when offsets ascend.
  int32_t tap(int32_t i) const { return reversed ? taps - 1 - i : i; }

  // Offset of the source position that a tap meets in a phase, or -1.
  int32_t offset(int32_t phase, int32_t t) const {
    if (!reversed) return t * dilation;
    const int32_t d = phase + padding - t * dilation;
    return d % stride == 0 ? d / stride + lead : -1;
  }

  // Steps of q for all phases, and how many of them a phase has.
  int32_t steps() const { return (dest - 1) / phases + 1; }
  int32_t steps_of(int32_t phase) const { return phase < dest ? (dest - 1 - phase) / phases + 1 : 0; }

  // Source positions that `count` steps of q touch.
  int32_t span(int32_t count) const { return (count - 1) * move + reach + 1; }
};

static inline Axis forward_axis(int32_t in, int32_t out, int32_t taps, int32_t stride, int32_t padding, int32_t dilation) {
  return {taps, in, out, 1, stride, stride, dilation, padding, false, padding, (taps - 1) * dilation};
}

static inline Axis backward_axis(int32_t in, int32_t out, int32_t taps, int32_t stride, int32_t padding, int32_t dilation) {
  Axis axis = {taps, out, in, stride, 1, stride, dilation, padding, true, 0, 0};
  int32_t low = INT32_MAX, high = INT32_MIN;
  for (int32_t t = 0; t < taps; ++t) {
    const int32_t d = t * dilation - padding;
    const int32_t phase = ((d % stride) + stride) % stride;
    const int32_t meets = (phase - d) / stride;
    if (meets < low) low = meets;
    if (meets > high) high = meets;
  }
  if (taps > 0) {
    axis.lead = -low;
    axis.reach = high - low;
  }
  return axis;
}

}  // namespace DRISHTI_NS
}  // namespace drishti
