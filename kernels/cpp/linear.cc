// linear: Y (rows x out) = X (rows x in) W' + bias, W as PyTorch has it (out x in), and its two gradients.
#include "matmul.h"

namespace drishti {
namespace DRISHTI_NS {

// Y = X W'. Lanes are images where these are fewer than outputs: then X is what gets packed, and W is read as it lies.
static Gemm linear_gemm(const LinearF32Params& p, const float* x, const float* w, const float* bias, float* y) {
  Gemm g = {};
  g.batch = 1;
  g.m = p.rows;
  g.n = p.outFeatures;
  g.k = p.inFeatures;
  g.a = x;
  g.b = w;
  g.c = y;
  g.a_step = {p.inFeatures, 1};
  g.b_step = {1, p.inFeatures};
  g.c_step = {p.outFeatures, 1};
  g.column_bias = bias;
  return p.rows > FEW && p.rows < p.outFeatures ? swapped(g) : g;
}

// dX = G W.
static Gemm linear_input_gemm(const LinearBackwardInputF32Params& p, const float* grad, const float* w, float* grad_input) {
  Gemm g = {};
  g.batch = 1;
  g.m = p.rows;
  g.n = p.inFeatures;
  g.k = p.outFeatures;
  g.a = grad;
  g.b = w;
  g.c = grad_input;
  g.a_step = {p.outFeatures, 1};
  g.b_step = {p.inFeatures, 1};
  g.c_step = {p.inFeatures, 1};
  return g;
}

// dW = G' X.
static Gemm linear_weight_gemm(const LinearBackwardWeightF32Params& p, const float* grad, const float* x, float* grad_weight) {
  Gemm g = {};
  g.batch = 1;
  g.m = p.outFeatures;
  g.n = p.inFeatures;
  g.k = p.rows;
  g.a = grad;
  g.b = x;
  g.c = grad_weight;
  g.a_step = {1, p.outFeatures};
  g.b_step = {p.inFeatures, 1};
  g.c_step = {p.inFeatures, 1};
  return g;
}

static int32_t linear(const LinearF32Params& p, void* const* buffers, Context& context) {
  run_gemm(linear_gemm(p, in<float>(buffers, 0), in<float>(buffers, 1), in<float>(buffers, 2), out<float>(buffers, 3)), context);
  return 0;
}
static ScratchNeed linear_scratch(const LinearF32Params& p, int32_t) { return gemm_scratch(linear_gemm(p, nullptr, nullptr, nullptr, nullptr)); }

static int32_t linear_backward_input(const LinearBackwardInputF32Params& p, void* const* buffers, Context& context) {
  run_gemm(linear_input_gemm(p, in<float>(buffers, 0), in<float>(buffers, 1), out<float>(buffers, 2)), context);
  return 0;
}
static ScratchNeed linear_backward_input_scratch(const LinearBackwardInputF32Params& p, int32_t) {
  return gemm_scratch(linear_input_gemm(p, nullptr, nullptr, nullptr));
}

static int32_t linear_backward_weight(const LinearBackwardWeightF32Params& p, void* const* buffers, Context& context) {
  run_gemm(linear_weight_gemm(p, in<float>(buffers, 0), in<float>(buffers, 1), out<float>(buffers, 2)), context);
  return 0;
}
static ScratchNeed linear_backward_weight_scratch(const LinearBackwardWeightF32Params& p, int32_t) {
  return gemm_scratch(linear_weight_gemm(p, nullptr, nullptr, nullptr));
}

DRISHTI_KERNEL_SCRATCH(linear_f32, linear, linear_scratch)
DRISHTI_KERNEL_SCRATCH(linear_backward_input_f32, linear_backward_input, linear_backward_input_scratch)
DRISHTI_KERNEL_SCRATCH(linear_backward_weight_f32, linear_backward_weight, linear_backward_weight_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
