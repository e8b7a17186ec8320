// Every kernel in one translation unit, compiled once for each instruction set with its own DRISHTI_NS. What leaves it is
// one table, indexed by the kernel's number in the contract.
#include "batch_norm.cc"
#include "broadcast.cc"
#include "conv-weight.cc"
#include "conv.cc"
#include "layout.cc"
#include "linear.cc"
#include "loss.cc"
#include "matmul.cc"
#include "optim.cc"
#include "pad.cc"
#include "pool.cc"
#include "reduce.cc"
#include "softmax.cc"
#include "unary.cc"

namespace drishti {
namespace DRISHTI_NS {

extern const KernelEntry table[KERNEL_COUNT];
const KernelEntry table[KERNEL_COUNT] = {
#define X(kernel, params, buffers) Kernel<id_##kernel>::entry,
    DRISHTI_KERNELS(X)
#undef X
};
extern const int lanes;
const int lanes = LANES;

}  // namespace DRISHTI_NS
}  // namespace drishti
