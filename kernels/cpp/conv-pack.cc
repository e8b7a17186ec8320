// conv2d_pack: a convolution's weight, times a scale, in the order in which the fused convolution reads it.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "kernel.h"
#include "matmul-tile.h"
#include "matmul-transpose.h"

namespace drishti {
namespace DRISHTI_NS {

// A chunk is one block of one group: depth rows of `panel` outputs.
static int32_t conv2d_pack(const Conv2dPackF32Params& p, void* const* buffers, Context& context) {
  const float* weight = in<float>(buffers, 0);
  const float* scale = in<float>(buffers, 1);
  float* packed = out<float>(buffers, 2);
  const int32_t taps = p.kernelHeight * p.kernelWidth, depth = taps * p.inChannels, width = p.panel;
  if (width <= 0 || p.groups <= 0) return 0;
  const int32_t outputs = p.outChannels / p.groups, blocks = ceil_div(outputs, width);
  context.each(p.groups * blocks, [&](int32_t i, int32_t) {
    const int32_t first = i % blocks * width, lanes = lesser(width, outputs - first), channel = i / blocks * outputs + first;
    const float* from = weight + ptrdiff_t(channel) * depth;
    float* to = packed + ptrdiff_t(i) * depth * width;
    if (lanes < width) __builtin_memset(to, 0, size_t(depth) * width * 4);
    if (p.inLayout == 0) transpose(from, depth, lanes, depth, to, width);
    else
      for (int32_t c = 0; c < p.inChannels; ++c) transpose(from + ptrdiff_t(c) * taps, depth, lanes, taps, to + ptrdiff_t(c) * width, ptrdiff_t(p.inChannels) * width);
    if (scale)
      for (int32_t k = 0; k < depth; ++k)
        for (int32_t lane = 0; lane < lanes; ++lane) to[ptrdiff_t(k) * width + lane] *= scale[channel + lane];
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(conv2d_pack_f32, conv2d_pack)

}  // namespace DRISHTI_NS
}  // namespace drishti
