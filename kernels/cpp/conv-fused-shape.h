// What the backward kernels of the fused convolution know of its shapes.
#pragma once
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

struct FusedShape {
  int32_t batch, in_channels, out_channels, groups;  // channels of all groups
  int32_t in_height, in_width, out_height, out_width;
  int32_t kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left, dilation_height, dilation_width;
};

constexpr size_t PARTIAL_BYTES = 4 << 20;  // of all partial sums, where those of a single group of images are smaller

// Images in groups with partial sums of their own, `partial` floats each; fewer groups where those are large.
struct ImageGroups {
  int32_t images, count;
  ImageGroups(int32_t batch, int32_t wanted, size_t partial) {
    count = lesser(wanted, batch);
    while (count > 1 && count * partial * 4 > PARTIAL_BYTES) count /= 2;
    images = ceil_div(batch, count);
    count = ceil_div(batch, images);
  }
};

// Adds to `sums` (a multiple of LANES) what the other groups have there.
static inline void add_groups(float* sums, int32_t size, int32_t groups, size_t partial) {
  for (int32_t i = 0; i < size; i += LANES) {
    F sum = load<F>(sums + i);
    for (int32_t n = 1; n < groups; ++n) sum += load<F>(sums + n * partial + i);
    store(sums + i, sum);
  }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
