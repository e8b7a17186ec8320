// Every kernel, compiled once for each instruction set with its own DRISHTI_NS. What leaves it is a table, indexed by the
// kernel's number in the contract. DRISHTI_PART 1 or 2 compiles one half, so that two processors can share the work; the
// other half's entries are empty.
#if !defined(DRISHTI_PART) || DRISHTI_PART == 1
#include "conv-fused.cc"
#include "conv-fused-backward.cc"
#include "conv-norm.cc"
#include "conv-norm-backward.cc"
#include "conv-pack.cc"
#include "conv-weight.cc"
#include "conv-winograd-backward.cc"
#include "conv-winograd.cc"
#include "conv.cc"
#include "linear.cc"
#include "matmul.cc"
#endif
#if !defined(DRISHTI_PART) || DRISHTI_PART == 2
#include "batch_norm.cc"
#include "batch_norm_fused.cc"
#include "batch_norm_fused_backward.cc"
#include "broadcast.cc"
#include "by-index.cc"
#include "layout.cc"
#include "loss.cc"
#include "optim.cc"
#include "pad.cc"
#include "peak.cc"
#include "pool-nhwc.cc"
#include "pool.cc"
#include "random.cc"
#include "reduce.cc"
#include "softmax.cc"
#include "sort.cc"
#include "unary.cc"
#endif

#if !defined(DRISHTI_PART)
#define DRISHTI_TABLE table
#elif DRISHTI_PART == 1
#define DRISHTI_TABLE table1
#else
#define DRISHTI_TABLE table2
#endif

namespace drishti {
namespace DRISHTI_NS {

extern const KernelEntry DRISHTI_TABLE[KERNEL_COUNT];
const KernelEntry DRISHTI_TABLE[KERNEL_COUNT] = {
#define X(kernel, params, buffers) Kernel<id_##kernel>::entry,
    DRISHTI_KERNELS(X)
#undef X
};
#if !defined(DRISHTI_PART) || DRISHTI_PART == 1
extern const int lanes;
const int lanes = LANES;
#endif

}  // namespace DRISHTI_NS
}  // namespace drishti
