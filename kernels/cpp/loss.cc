// Negative log-likelihood: logProb (batch, classes, spatial), targets (batch, spatial).
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t LOSS_GRAIN = 4096;

// The first target that is no class, in order, whatever the number of threads: status 1, facts {target, position}.
static int32_t check_targets(const NllLossF32Params& p, const int32_t* targets, Context& context) {
  const int32_t positions = p.batch * p.spatial;
  for (int32_t i = 0; i < positions; ++i) {
    const int32_t t = targets[i];
    if (t == p.ignoreIndex || (t >= 0 && t < p.classes)) continue;
    context.facts[0] = t;
    context.facts[1] = i;
    return 1;
  }
  return 0;
}

DRISHTI_INLINE size_t place_of(const NllLossF32Params& p, int32_t position, int32_t target) {
  return (size_t(position / p.spatial) * p.classes + target) * p.spatial + position % p.spatial;
}

static int32_t nll_loss(const NllLossF32Params& p, void* const* buffers, Context& context) {
  const float* log_prob = in<float>(buffers, 0);
  const int32_t* targets = in<int32_t>(buffers, 1);
  const float* weight = in<float>(buffers, 2);
  float* y = out<float>(buffers, 3);
  float* weights = out<float>(buffers, 4);
  if (const int32_t status = check_targets(p, targets, context)) return status;
  const Slices slices = slice(p.batch * p.spatial, LOSS_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    for (int32_t i = slices.begin(chunk); i < slices.end(chunk); ++i) {
      const int32_t t = targets[i];
      const bool ignored = t == p.ignoreIndex;
      const float w = ignored ? 0.0f : weight ? weight[t] : 1.0f;
      weights[i] = w;
      y[i] = ignored ? 0.0f : -w * log_prob[place_of(p, i, t)];
    }
  });
  return 0;
}
DRISHTI_KERNEL(nll_loss_f32, nll_loss)

static int32_t nll_loss_backward(const NllLossBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const int32_t* targets = in<int32_t>(buffers, 1);
  const float* weight = in<float>(buffers, 2);
  float* dx = out<float>(buffers, 3);
  if (const int32_t status = check_targets(p, targets, context)) return status;
  const int32_t size = p.classes * p.spatial;  // of one image
  const Slices slices = slice(p.batch, size >= LOSS_GRAIN ? 64 : LOSS_GRAIN / (size + 1) + 64);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    const int32_t begin = slices.begin(chunk), end = slices.end(chunk);
    __builtin_memset(dx + size_t(begin) * size, 0, size_t(end - begin) * size * sizeof(float));
    for (int32_t i = begin * p.spatial; i < end * p.spatial; ++i) {
      const int32_t t = targets[i];
      if (t != p.ignoreIndex) dx[place_of(p, i, t)] = -(weight ? weight[t] : 1.0f) * g[i];
    }
  });
  return 0;
}
DRISHTI_KERNEL(nll_loss_backward_f32, nll_loss_backward)

}  // namespace DRISHTI_NS
}  // namespace drishti
