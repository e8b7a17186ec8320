// y = f(x), element by element, and the gradients gradInput = gradOutput·f′. In place (output = input) is fine.
#include "kernel.h"
#include "math.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t UNARY_GRAIN = 8192;

template <class Op> static int32_t unary(const NegF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const F alpha = splat<F>(p.alpha), beta = splat<F>(p.beta);
  const Slices slices = slice(p.count, UNARY_GRAIN);
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    int32_t i = slices.begin(chunk);
    const int32_t end = slices.end(chunk);
    for (; i + LANES <= end; i += LANES) store(y + i, Op::at(load<F>(x + i), alpha, beta));
    if (i < end) store_part(y + i, Op::at(load_part<F>(x + i, end - i), alpha, beta), end - i);
  });
  return 0;
}

template <class Op> static int32_t unary_backward(const NegF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const float* saved = in<float>(buffers, 1);
  float* y = out<float>(buffers, 2);
  const F alpha = splat<F>(p.alpha), beta = splat<F>(p.beta);
  const Slices slices = slice(p.count, UNARY_GRAIN);
  context.each(slices.count, [=](int32_t chunk, int32_t) {
    int32_t i = slices.begin(chunk);
    const int32_t end = slices.end(chunk);
    for (; i + LANES <= end; i += LANES) store(y + i, Op::at(load<F>(g + i), load<F>(saved + i), alpha, beta));
    const int32_t n = end - i;
    if (n > 0) store_part(y + i, Op::at(load_part<F>(g + i, n), load_part<F>(saved + i, n), alpha, beta), n);
  });
  return 0;
}

#define UNARY(define, name, ...)                                                                          \
  struct name##_op {                                                                                      \
    static DRISHTI_INLINE F at(F x, [[maybe_unused]] F alpha, [[maybe_unused]] F beta) { __VA_ARGS__; }   \
  };                                                                                                      \
  define(name, unary<name##_op>)
#define UNARY_BACKWARD(define, name, ...)                                                                         \
  struct name##_op {                                                                                              \
    static DRISHTI_INLINE F at(F g, F saved, [[maybe_unused]] F alpha, [[maybe_unused]] F beta) { __VA_ARGS__; }  \
  };                                                                                                              \
  define(name, unary_backward<name##_op>)

constexpr float GELU_SCALE = 0.79788456080286536f;  // √(2/π)
constexpr float GELU_CUBIC = 0.044715f;

UNARY(DRISHTI_KERNEL_EXACT, neg_f32, return -x)
UNARY(DRISHTI_KERNEL_EXACT, exp_f32, return exp(x))
UNARY(DRISHTI_KERNEL_EXACT, log_f32, return log(x))
UNARY(DRISHTI_KERNEL_EXACT, sqrt_f32, return sqrt(x))
UNARY(DRISHTI_KERNEL_EXACT, abs_f32, return abs(x))
UNARY(DRISHTI_KERNEL_EXACT, sign_f32, return x > 0.0f ? splat<F>(1.0f) : (x < 0.0f ? splat<F>(-1.0f) : F{}))
UNARY(DRISHTI_KERNEL_EXACT, reciprocal_f32, return 1.0f / x)
UNARY(DRISHTI_KERNEL_EXACT, clamp_f32, return min_nan(max_nan(x, alpha), beta))
UNARY(DRISHTI_KERNEL, affine_f32, return fma(x, alpha, beta))

// Not max(x, 0), which would turn NaN into 0.
UNARY(DRISHTI_KERNEL_EXACT, relu_f32, return x <= 0.0f ? F{} : x)
UNARY_BACKWARD(DRISHTI_KERNEL_EXACT, relu_backward_f32, return saved <= 0.0f ? F{} : g)
UNARY(DRISHTI_KERNEL_EXACT, leaky_relu_f32, return x > 0.0f ? x : x * alpha)
UNARY_BACKWARD(DRISHTI_KERNEL_EXACT, leaky_relu_backward_f32, return saved > 0.0f ? g : g * alpha)
UNARY_BACKWARD(DRISHTI_KERNEL_EXACT, clamp_backward_f32, return ((saved >= alpha) & (saved <= beta)) ? g : F{})

UNARY(DRISHTI_KERNEL, sigmoid_f32, return sigmoid(x))
UNARY_BACKWARD(DRISHTI_KERNEL, sigmoid_backward_f32, return g * saved * (1.0f - saved))
UNARY(DRISHTI_KERNEL, tanh_f32, return tanh(x))
UNARY_BACKWARD(DRISHTI_KERNEL, tanh_backward_f32, return g * (1.0f - saved * saved))
UNARY(DRISHTI_KERNEL, gelu_f32, return x * normal_cdf(x))
UNARY_BACKWARD(DRISHTI_KERNEL, gelu_backward_f32,
               const F density = exp(saved * saved * -0.5f) * 0.39894228040143268f;
               return g * fma(saved, density, normal_cdf(saved)))
// ½(1 + tanh u) = sigmoid(2u): one exponential, and no cancellation for negative x.
UNARY(DRISHTI_KERNEL, gelu_tanh_f32,
      const F u = x * fma(x * x, splat<F>(GELU_SCALE * GELU_CUBIC), splat<F>(GELU_SCALE));
      return x * sigmoid(u + u))
UNARY_BACKWARD(DRISHTI_KERNEL, gelu_tanh_backward_f32,
               const F x = saved;
               const F u = x * fma(x * x, splat<F>(GELU_SCALE * GELU_CUBIC), splat<F>(GELU_SCALE));
               const F slope = fma(x * x, splat<F>(3 * GELU_SCALE * GELU_CUBIC), splat<F>(GELU_SCALE));
               const F s = sigmoid(u + u);
               return g * fma(x * 2.0f * s, (1.0f - s) * slope, s))
UNARY(DRISHTI_KERNEL, silu_f32, return x * sigmoid(x))
UNARY_BACKWARD(DRISHTI_KERNEL, silu_backward_f32,
               const F s = sigmoid(saved);
               return g * s * fma(saved, 1.0f - s, splat<F>(1.0f)))

struct PowGeneral { static DRISHTI_INLINE F at(F x, F alpha, F) { return pow(x, alpha); } };
struct PowSquare { static DRISHTI_INLINE F at(F x, F, F) { return x * x; } };
struct PowCube { static DRISHTI_INLINE F at(F x, F, F) { return x * x * x; } };
struct PowRoot {  // unlike sqrt, pow gives +0 for −0 and infinity for −infinity
  static DRISHTI_INLINE F at(F x, F, F) { return sqrt(x == -__builtin_inff() ? -x : x) + 0.0f; }
};
static int32_t pow_scalar(const PowScalarF32Params& p, void* const* buffers, Context& context) {
  const float e = p.alpha;
  const auto run = e == 2.0f ? unary<PowSquare> : e == 3.0f ? unary<PowCube> : e == 0.5f ? unary<PowRoot> : unary<PowGeneral>;
  return run(p, buffers, context);
}
DRISHTI_KERNEL_EXACT(pow_scalar_f32, pow_scalar)

#undef UNARY
#undef UNARY_BACKWARD

}  // namespace DRISHTI_NS
}  // namespace drishti
