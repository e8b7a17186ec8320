// What a pass of the dense weight gradient reads, copied so that it lies together: conv-fused-weight.h.
#pragma once
#include "conv-fused-weight-plan.h"

namespace drishti {
namespace DRISHTI_NS {

struct FusedWeightChunk {
  int32_t image_group, group, panel, panels, slab, slabs;
  float* x;
  float* g;
  float* dense;
  float* temp;
  Spot* spots;
  Stretch* runs;
  float* sums;
  float* bias;
};

// Whole vectors of `channels` channels from pixel to pixel, cut into blocks of `block`: reads follow each other, so that the
// processor fetches ahead. Block b of a pixel goes to to[b * block_pitch].
static inline void split_pixels(const float* from, ptrdiff_t from_pitch, int32_t count, int32_t channels, int32_t block, float* to, ptrdiff_t block_pitch) {
  for (int32_t k = 0; k < count; ++k, from += from_pitch, to += block) {
    float* at = to;
    for (int32_t c = 0; c < channels; at += block_pitch)
      for (const int32_t end = c + block; c < end; c += LANES) store(at + (c - end + block), load<F>(from + c));
  }
}

struct FusedWeightCopy {
  const FusedShape& s;
  const FusedWeightPlan& p;
  const Source& x;
  const Source& g;

  void gradient(const FusedWeightChunk& c, int32_t image, int32_t images, int32_t row, int32_t rows) const {
    const int32_t of_parts = c.panels * p.panel;
    if (g.plain() && g.place.nhwc && c.panel * p.panel + of_parts <= p.out_group) {
      const ptrdiff_t size = ptrdiff_t(rows) * s.out_width * p.panel;
      for (int32_t n = 0; n < images; ++n)
        for (int32_t r = 0; r < rows; ++r)
          split_pixels(g.data + g.place.at(image + n, row + r, 0) + c.group * p.out_group + c.panel * p.panel, g.place.pixel, s.out_width, of_parts, p.panel,
                         c.g + n * size + ptrdiff_t(r) * s.out_width * p.panel, images * size);
      return;
    }
    const int32_t pixels = rows * s.out_width;
    const bool dense = g.scratch() != 0;
    for (int32_t n = 0; n < images; ++n) {
      if (dense) g.rows(image + n, row, rows, 0, s.out_width, 0, s.out_channels, s.out_channels, c.dense, c.temp);
      for (int32_t i = 0; i < c.panels; ++i) {
        const int32_t first = (c.panel + i) * p.panel, outputs = lesser(p.panel, p.out_group - first), channel = c.group * p.out_group + first;
        float* to = c.g + (size_t(i) * images + n) * pixels * p.panel;
        if (!dense) g.rows(image + n, row, rows, 0, s.out_width, channel, outputs, p.panel, to, nullptr);
        else
          for (int32_t k = 0; k < pixels; ++k) {
            copy_row(to + ptrdiff_t(k) * p.panel, c.dense + ptrdiff_t(k) * s.out_channels + channel, outputs);
            zero_row(to + ptrdiff_t(k) * p.panel + outputs, p.panel - outputs);
          }
      }
    }
  }

  void source(const FusedWeightChunk& c, int32_t image, int32_t images, int32_t row, int32_t rows) const {
    if (p.alone) return met(c, image, images, row, rows);
    const int32_t first = row * s.stride_height - s.pad_top;
    const int32_t count = (rows - 1) * s.stride_height + (s.kernel_height - 1) * s.dilation_height + 1;
    const ptrdiff_t plane = ptrdiff_t(p.source_rows) * p.source_columns;
    if (x.place.nhwc && p.slab == p.slab_pitch && (c.slab + c.slabs) * p.slab <= p.in_group) {
      slabs(c, image, images, first, count);
      return;
    }
    for (int32_t n = 0; n < images; ++n) {
      if (p.planes) {
        for (int32_t i = 0; i < p.in_group; ++i)
          copy_padded_plane(x.data + x.place.at(image + n, 0, 0) + i * x.place.channel, s.in_height, s.in_width, first, count, s.pad_left, p.source_columns,
                            c.x + (n * p.in_group + i) * plane);
        continue;
      }
      for (int32_t i = 0; i < c.slabs; ++i) {
        const int32_t channel = (c.slab + i) * p.slab;
        x.rows(image + n, first, count, s.pad_left, p.source_columns, c.group * p.in_group + channel, lesser(p.slab, p.in_group - channel), p.slab_pitch,
               c.x + i * p.slab_size + n * plane * p.slab_pitch, c.temp);
      }
    }
  }
  // Slabs that are whole vectors; rows [first, first + count) with zeros outside.
  void slabs(const FusedWeightChunk& c, int32_t image, int32_t images, int32_t first, int32_t count) const {
    const int32_t left = clamp_to(s.pad_left, 0, p.source_columns), right = clamp_to(s.in_width + s.pad_left, left, p.source_columns);
    const ptrdiff_t row = ptrdiff_t(p.source_columns) * p.slab;
    for (int32_t n = 0; n < images; ++n)
      for (int32_t r = 0; r < count; ++r) {
        const int32_t y = first + r;
        float* to = c.x + (ptrdiff_t(n) * p.source_rows + r) * row;
        const bool outside = y < 0 || y >= s.in_height;
        const int32_t begin = outside ? p.source_columns : left, end = outside ? p.source_columns : right;
        for (int32_t i = 0; i < c.slabs; ++i) {
          zero_row(to + i * p.slab_size, begin * p.slab);
          zero_row(to + i * p.slab_size + ptrdiff_t(end) * p.slab, (p.source_columns - end) * p.slab);
        }
        if (!outside)
          split_pixels(x.data + x.place.at(image + n, y, left - s.pad_left) + c.group * p.in_group + c.slab * p.slab, x.place.pixel, right - left, c.slabs * p.slab, p.slab,
                         to + ptrdiff_t(left) * p.slab, p.slab_size);
      }
  }
  // Of a single tap with a stride: the pixels that it meets, one after the other.
  void met(const FusedWeightChunk& c, int32_t image, int32_t images, int32_t row, int32_t rows) const {
    for (int32_t i = 0; i < c.slabs; ++i) {
      const int32_t channel = (c.slab + i) * p.slab, channels = lesser(p.slab, p.in_group - channel);
      float* to = c.x + i * p.slab_size;
      for (int32_t n = 0; n < images; ++n)
        for (int32_t r = row; r < row + rows; ++r)
          for (int32_t k = 0; k < s.out_width; ++k, to += p.slab_pitch) {
            const int32_t y = r * s.stride_height - s.pad_top, column = k * s.stride_width - s.pad_left;
            const bool inside = y >= 0 && y < s.in_height && column >= 0 && column < s.in_width;
            if (inside) copy_row(to, x.data + x.place.at(image + n, y, column) + c.group * p.in_group + channel, channels);
            const int32_t held = inside ? channels : 0;
            zero_row(to + held, p.slab_pitch - held);
          }
    }
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
