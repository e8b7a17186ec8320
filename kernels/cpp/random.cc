// Normal numbers from uniform ones, every bit as torch's normal_fill_AVX2 makes them (reference: base/rng/normal.ts, whose
// names are kept here). Cephes' float32 polynomials, in which torch's compiler has fused multiply-adds: where it did is part
// of the result, so a machine without them has to round as one that has them.
#include "kernel.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t RANDOM_GRAIN = 8192;

#if !defined(__FMA__) && !defined(__ARM_NEON)
// The product of two floats is exact in a double. Rounding the sum to a double and then to a float differs from one rounding
// only where the double falls half-way between two floats and the true sum does not; then what the sum lost decides.
static float break_tie(float a, float b, float c) {
  const double product = double(a) * double(b), sum = product + double(c);
  const double t = sum - product;
  const double lost = (product - (sum - t)) + (double(c) - t);
  const float nearest = float(sum);
  const double other = double(nearest) + (sum - double(nearest)) * 2;
  return (other > double(nearest) && lost > 0) || (other < double(nearest) && lost < 0) ? float(other) : nearest;
}
#endif

// a·b + c with one rounding on every machine; relaxed WASM's own may have two.
template <class V> DRISHTI_INLINE V fma_exact(V a, V b, V c) {
#if defined(__FMA__) || defined(__ARM_NEON)
  return fma(a, b, c);
#else
  if constexpr (lanes_of<V> > 2)
    return join<V>(fma_exact(low(a), low(b), low(c)), fma_exact(high(a), high(b), high(c)));
  else {
    typedef int64_t Long __attribute__((vector_size(16)));
    const VecD<2> sum = widen(a) * widen(b) + widen(c);
    const Long ties = (bits<Long>(sum) & 0x1fffffff) == 0x10000000;
    V result = __builtin_convertvector(sum, V);
    if (ties[0] | ties[1])
      for (int i = 0; i < 2; ++i)
        if (ties[i]) result[i] = break_tie(a[i], b[i], c[i]);
    return result;
  }
#endif
}

using Eight = Vec<8>;
using Eights = VecI<8>;
template <class... C> DRISHTI_INLINE Eight horner(Eight x, float first, C... others) {
  Eight y = splat<Eight>(first);
  ((y = fma_exact(y, x, splat<Eight>(others))), ...);
  return y;
}

// √(−2·ln(1 − u)), the logarithm by log256_ps.
DRISHTI_INLINE Eight radius_of(Eight u) {
  const Eights word = bits<Eights>(1.0f - u);
  const Eights mantissa = word & 0x007fffff;
  const Eights small = mantissa < 0x3504f3;  // −1 where m < √½
  const Eight e = __builtin_convertvector((word >> 23) - 126 + small, Eight);
  const Eight m = bits<Eight>(mantissa | 0x3f000000);
  const Eight x = m * __builtin_convertvector(1 - small, Eight) - 1.0f;
  const Eight z = x * x;
  Eight y = horner(x, 7.0376836292e-2f, -1.151461031e-1f, 1.167699874e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                   -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
  y = y * x;
  y = fma_exact(y, z, e * -2.12194440e-4f);
  y = fma_exact(-z, splat<Eight>(0.5f), y);
  return sqrt(-2.0f * fma_exact(e, splat<Eight>(0.693359375f), x + y));
}

// radius·(cos, sin)(2πu), by sincos256_ps.
DRISHTI_INLINE void turn(Eight radius, Eight u, Eight& first, Eight& second) {
  Eight x = u * 6.2831853071795862f;
  const Eights octant = (__builtin_convertvector(x * 1.27323954473516f, Eights) + 1) & ~1;
  const Eight j = __builtin_convertvector(octant, Eight);
  x = fma_exact(j, splat<Eight>(-0.78515625f), x);
  x = fma_exact(j, splat<Eight>(-2.4187564849853515625e-4f), x);
  x = fma_exact(j, splat<Eight>(-3.77489497744594108e-8f), x);
  const Eight z = x * x;
  Eight c = horner(z, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f) * z;
  c = fma_exact(c, z, -(z * 0.5f)) + 1.0f;
  Eight s = horner(z, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f) * z;
  s = fma_exact(s, x, x);
  // Which polynomial is the cosine of the full angle, and both signs, by octant.
  const Eights swap = (octant & 2) != 0;
  const Eights sign_of_sin = (octant & 4) << 29;
  const Eights sign_of_cos = (~(octant - 2) & 4) << 29;
  first = radius * bits<Eight>(bits<Eights>(select(swap, s, c)) ^ sign_of_cos);
  second = radius * bits<Eight>(bits<Eights>(select(swap, c, s)) ^ sign_of_sin);
}

static int32_t box_muller(const BoxMullerF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const Eight mean = splat<Eight>(p.alpha), std = splat<Eight>(p.beta);
  const Slices slices = slice(p.count, RANDOM_GRAIN);
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    int32_t i = slices.begin(chunk);
    const int32_t end = slices.end(chunk);
    for (; i + 16 <= end; i += 16) {
      Eight first, second;
      turn(radius_of(load<Eight>(x + i)), load<Eight>(x + i + 8), first, second);
      store(y + i, fma_exact(first, std, mean));
      store(y + i + 8, fma_exact(second, std, mean));
    }
    for (; i < end; ++i) y[i] = x[i];
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(box_muller_f32, box_muller)

}  // namespace DRISHTI_NS
}  // namespace drishti
