// Optimisers: one pass over a parameter, its gradient and its state, in place. Formulas: torch.optim.SGD, Adam, AdamW.
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t OPTIM_GRAIN = 8192;

// Runs body(i, n) for vectors of n = LANES elements, and once for the rest.
template <class Body> static void each_vector(int32_t count, Context& context, Body&& body) {
  const Slices slices = slice(count, OPTIM_GRAIN);
  context.each(slices.count, [&](int32_t chunk, int32_t) {
    int32_t i = slices.begin(chunk);
    const int32_t end = slices.end(chunk);
    for (; i + LANES <= end; i += LANES) body(i, LANES);
    if (i < end) body(i, end - i);
  });
}
DRISHTI_INLINE F get(const float* x, int32_t i, int32_t n) { return n == LANES ? load<F>(x + i) : load_part<F>(x + i, n); }
DRISHTI_INLINE void put(float* x, int32_t i, int32_t n, F v) {
  if (n == LANES) store(x + i, v);
  else store_part(x + i, v, n);
}

static int32_t sgd(const SgdF32Params& p, void* const* buffers, Context& context) {
  const float* grad = in<float>(buffers, 0);
  float* param = out<float>(buffers, 1);
  float* momentum_buffer = out<float>(buffers, 2);
  const F decay = splat<F>(p.weightDecay), momentum = splat<F>(p.momentum), fresh = splat<F>(1.0f - p.dampening);
  const F rate = splat<F>(-p.learningRate);
  const bool has_momentum = p.momentum != 0.0f && momentum_buffer != nullptr;
  each_vector(p.count, context, [&](int32_t i, int32_t n) DRISHTI_LAMBDA_INLINE {
    const F x = get(param, i, n);
    F g = get(grad, i, n);
    if (p.maximize) g = -g;
    if (p.weightDecay != 0.0f) g = fma(decay, x, g);
    if (has_momentum) {
      const F b = p.first ? g : fma(momentum, get(momentum_buffer, i, n), fresh * g);
      put(momentum_buffer, i, n, b);
      g = p.nesterov ? fma(momentum, b, g) : b;
    }
    put(param, i, n, fma(rate, g, x));
  });
  return 0;
}
DRISHTI_KERNEL(sgd_f32, sgd)

static int32_t adam(const AdamF32Params& p, void* const* buffers, Context& context) {
  const float* grad = in<float>(buffers, 0);
  float* param = out<float>(buffers, 1);
  float* exp_avg = out<float>(buffers, 2);
  float* exp_avg_sq = out<float>(buffers, 3);
  float* most = out<float>(buffers, 4);
  const F beta1 = splat<F>(p.beta1), fresh1 = splat<F>(p.oneMinusBeta1);
  const F beta2 = splat<F>(p.beta2), fresh2 = splat<F>(p.oneMinusBeta2);
  const F step = splat<F>(-p.stepSize), unbias = splat<F>(p.invBias2Sqrt), eps = splat<F>(p.eps);
  const F decay = splat<F>(p.weightDecay);
  const F shrink = splat<F>(float(1.0 - double(p.learningRate) * double(p.weightDecay)));
  each_vector(p.count, context, [&](int32_t i, int32_t n) DRISHTI_LAMBDA_INLINE {
    F x = get(param, i, n);
    F g = get(grad, i, n);
    if (p.maximize) g = -g;
    if (p.decoupled) x = x * shrink;
    else if (p.weightDecay != 0.0f) g = fma(decay, x, g);
    F m = fma(beta1, get(exp_avg, i, n), fresh1 * g);
    F v = fma(beta2, get(exp_avg_sq, i, n), fresh2 * g * g);
    if constexpr (!FLUSHES) {  // moments that decay towards zero would become denormal, and each of those costs 100 cycles
      m = abs(m) < 1e-37f ? F{} : m;
      v = v < 1e-37f ? F{} : v;
    }
    put(exp_avg, i, n, m);
    put(exp_avg_sq, i, n, v);
    if (most != nullptr) {
      v = max_nan(get(most, i, n), v);
      put(most, i, n, v);
    }
    put(param, i, n, x + step * m / fma(sqrt(v), unbias, eps));
  });
  return 0;
}
DRISHTI_KERNEL(adam_f32, adam)

}  // namespace DRISHTI_NS
}  // namespace drishti
