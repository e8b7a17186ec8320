// multiply_add_chain: y = x, and then y = y·alpha + beta, `steps` times over. Nothing is loaded or stored between the steps, so
// it runs at the rate at which the processor can multiply and add: the peak that other kernels' speed is a share of.
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

// Independent chains. A fused step takes 4 cycles and two start in each, so 8 fill the units; a product and a sum take 6 or more
// together, so 12. V8 keeps no more than 12 and the two constants in registers.
constexpr int CHAINS = 12;
constexpr int32_t CHAIN_GRAIN = 3072;  // whole blocks at 4, 8 and 16 lanes

template <int N> DRISHTI_INLINE void chains(const float* x, float* y, int32_t steps, F alpha, F beta) {
  F v[N];
  for (int c = 0; c < N; ++c) v[c] = load<F>(x + c * LANES);
  for (int32_t k = 0; k < steps; ++k)
    for (int c = 0; c < N; ++c) v[c] = fma(v[c], alpha, beta);
  for (int c = 0; c < N; ++c) store(y + c * LANES, v[c]);
}

static int32_t multiply_add_chain(const MultiplyAddChainF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const F alpha = splat<F>(p.alpha), beta = splat<F>(p.beta);
  const Slices slices = slice(p.count, CHAIN_GRAIN);
  const int32_t steps = p.steps;
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    int32_t i = slices.begin(chunk);
    const int32_t end = slices.end(chunk);
    for (; i + CHAINS * LANES <= end; i += CHAINS * LANES) chains<CHAINS>(x + i, y + i, steps, alpha, beta);
    for (; i + LANES <= end; i += LANES) chains<1>(x + i, y + i, steps, alpha, beta);
    if (i == end) return;
    F v = load_part<F>(x + i, end - i);
    for (int32_t k = 0; k < steps; ++k) v = fma(v, alpha, beta);
    store_part(y + i, v, end - i);
  });
  return 0;
}

DRISHTI_KERNEL(multiply_add_chain_f32, multiply_add_chain)

}  // namespace DRISHTI_NS
}  // namespace drishti
