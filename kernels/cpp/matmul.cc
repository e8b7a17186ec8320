// matmul: C (m x n) = op(A) op(B) for every entry of a batch; op is the identity or the transpose.
#include "matmul.h"

namespace drishti {
namespace DRISHTI_NS {

static Gemm matmul_gemm(const MatmulF32Params& p, const float* a, const float* b, float* c) {
  Gemm g = {};
  g.batch = p.batch;
  g.m = p.m;
  g.n = p.n;
  g.k = p.k;
  g.a = a;
  g.b = b;
  g.c = c;
  g.a_step = p.transposeA ? Matrix{1, p.m} : Matrix{p.k, 1};
  g.b_step = p.transposeB ? Matrix{1, p.k} : Matrix{p.n, 1};
  g.c_step = {p.n, 1};
  g.a_batch = p.batchStrideA;
  g.b_batch = p.batchStrideB;
  g.c_batch = ptrdiff_t(p.m) * p.n;
  // A column vector: as a row, so that its lanes are not wasted.
  return p.n == 1 ? swapped(g) : g;
}

static int32_t matmul(const MatmulF32Params& p, void* const* buffers, Context& context) {
  run_gemm(matmul_gemm(p, in<float>(buffers, 0), in<float>(buffers, 1), out<float>(buffers, 2)), context);
  return 0;
}
static ScratchNeed matmul_scratch(const MatmulF32Params& p, int32_t) { return gemm_scratch(matmul_gemm(p, nullptr, nullptr, nullptr)); }

DRISHTI_KERNEL_SCRATCH(matmul_f32, matmul, matmul_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
