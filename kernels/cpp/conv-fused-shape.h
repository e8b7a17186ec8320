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

// Rows [first, first + rows) of a plane, from `pad` columns before it on, `columns` in all; zeros outside.
static inline void copy_padded_plane(const float* plane, int32_t height, int32_t width, int32_t first, int32_t rows, int32_t pad, int32_t columns, float* to) {
  const int32_t left = clamp_to(pad, 0, columns), right = clamp_to(width + pad, left, columns);
  for (int32_t r = 0; r < rows; ++r, to += columns) {
    const int32_t y = first + r;
    if (y < 0 || y >= height) {
      zero_row(to, columns);
      continue;
    }
    zero_row(to, left);
    copy_row(to + left, plane + ptrdiff_t(y) * width + left - pad, right - left);
    zero_row(to + right, columns - right);
  }
}

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
