// How the values that a filter meets vary together: over all pixels of a convolution's result, their sums and the products of
// their differences from the mean. What a batch norm behind a convolution takes from the weight gradient is a multiple of
//
//   Σ (y − ȳ)·x = W · Σ (x − x̄)(x − x̄)ᵀ        y = W·x, x: the channels x taps that a pixel's filter meets
//
// so neither y nor its gradient need be there at every pixel. For few channels.
//
// Neighbouring filters see the same columns, one step on. So without a stride along rows the products of the filter's first
// column with all others are summed, and those of column k differ only at the ends of each row: k columns are left out on the
// left and k more come in on the right. With a stride the upper half of the matrix is summed.
#pragma once
#include "conv-fused-shape.h"
#include "conv-fused-weight-tile.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t SCATTER_BAND_BYTES = 20 << 10;  // of the copied input that is walked together, to stay in L1

// Order of the values: [column of the filter][row of the filter][channel]; that of a pixel's neighbour begins one column on.
class InputScatter {
 public:
  size_t per_thread, shared;
  int32_t values;  // that a filter meets

  InputScatter(const FusedShape& shape, const Source& input) : s(shape), x(input), groups(1, 1, 0) {
    pitch = s.kernel_height * s.in_channels;
    values = pitch * s.kernel_width;
    row = int32_t(round_up(values, LANES));
    columns = (s.out_width - 1) * s.stride_width + s.kernel_width;
    sliding = s.stride_width == 1;
    ends = sliding ? s.kernel_width - 1 : 0;
    height = sliding ? pitch : values;
    block = size_t(height + 1) * row;
    partial = round_up(block * (1 + 2 * ends), 32);
    groups = ImageGroups(s.batch, chunks_for(double(s.batch) * s.out_height * s.out_width * values * values / 2), partial);
    band = clamp_to(SCATTER_BAND_BYTES / (columns * pitch * 4), 1, s.out_height);
    strip_at = round_up((size_t(band) * columns * pitch + row) * 4, 128);
    per_thread = strip_at + round_up(size_t(pitch) * columns * 4, 128);
    shifts_at = round_up(groups.count * partial * 4, 128);
    merged_at = round_up(shifts_at + s.in_channels * 4, 128);
    scatter_at = round_up(merged_at + partial * 8, 128);
    sums_at = scatter_at + size_t(values) * values * 8;
    shared = round_up(sums_at + values * 8, 128);
  }

  // Doubles: the matrix, and the sums.
  const double* scatter(const char* memory) const { return reinterpret_cast<const double*>(memory + scatter_at); }
  const double* sums(const char* memory) const { return reinterpret_cast<const double*>(memory + sums_at); }
  // Place of a value in OIHW.
  int32_t place(int32_t k) const {
    const int32_t kx = k / pitch, ky = k % pitch / s.in_channels, c = k % s.in_channels;
    return (c * s.kernel_height + ky) * s.kernel_width + kx;
  }

  void run(Context& context, char* memory) const {
    float* partials = reinterpret_cast<float*>(memory);
    float* shifts = reinterpret_cast<float*>(memory + shifts_at);
    // Differences from about the mean keep their digits where the mean is large.
    for (int32_t c = 0; c < s.in_channels; ++c) {
      double sum = 0;
      for (int32_t y = 0; y < s.in_height; ++y)
        for (int32_t i = 0; i < s.in_width; ++i) sum += x.data[x.place.at(0, y, i) + c * x.place.channel];
      shifts[c] = float(sum / (double(s.in_height) * s.in_width));
    }
    context.each(groups.count, [&](int32_t group, int32_t thread) { run_group(partials + group * partial, group, shifts, context.scratch_of<char>(thread)); });
    merge(partials, shifts, reinterpret_cast<double*>(memory + merged_at), reinterpret_cast<double*>(memory + scatter_at), reinterpret_cast<double*>(memory + sums_at));
  }

 private:
  const FusedShape& s;
  const Source& x;
  ImageGroups groups;
  bool sliding;
  int32_t pitch, row, columns, band;  // floats of a column; of a row of the matrix; columns of the copy; its rows
  int32_t ends, height;               // columns at either end; rows of a block of sums, but for the last, of plain sums
  size_t block, partial, strip_at, shifts_at, merged_at, scatter_at, sums_at;

  void run_group(float* to, int32_t group, const float* shifts, char* scratch) const {
    float* copy = reinterpret_cast<float*>(scratch);
    zero_row(to, int32_t(partial));
    zero_row(copy + size_t(band) * columns * pitch, row);  // the last pixel is read to a whole vector
    for (int32_t n = group * groups.images; n < lesser((group + 1) * groups.images, s.batch); ++n)
      for (int32_t y = 0; y < s.out_height; y += band) {
        const int32_t rows = lesser(band, s.out_height - y);
        for (int32_t r = 0; r < rows; ++r) copy_row_of(n, y + r, shifts, reinterpret_cast<float*>(scratch + strip_at), copy + ptrdiff_t(r) * columns * pitch);
        add(copy, rows, to);
      }
  }
  // What the filters of one output row meet.
  void copy_row_of(int32_t n, int32_t out_y, const float* shifts, float* strip, float* to) const {
    const int32_t left = clamp_to(s.pad_left, 0, columns), right = clamp_to(s.in_width + s.pad_left, left, columns);
    float* line = strip;
    for (int32_t ky = 0; ky < s.kernel_height; ++ky) {
      const int32_t y = out_y * s.stride_height + ky * s.dilation_height - s.pad_top;
      const bool outside = y < 0 || y >= s.in_height;
      for (int32_t c = 0; c < s.in_channels; ++c, line += columns) {
        const float* from = outside ? nullptr : x.data + x.place.at(n, y, left - s.pad_left) + c * x.place.channel;
        for (int32_t i = 0; i < columns; ++i) line[i] = -shifts[c];
        if (outside) continue;
        if (x.place.pixel == 1)
          for (int32_t i = left; i < right; ++i) line[i] = from[i - left] - shifts[c];
        else
          for (int32_t i = left; i < right; ++i) line[i] = from[(i - left) * x.place.pixel] - shifts[c];
      }
    }
    transpose(strip, columns, pitch, columns, to, pitch);
  }
  // What some rows of a copy add: a block of sums for all pixels, and one for each column at the left and at the right end.
  void add(const float* copy, int32_t rows, float* to) const {
    const int32_t step = s.stride_width * pitch, line = columns * pitch;
    add_block(copy, {1, rows, s.out_width, 0, line, step, step, line - s.out_width * step}, to, row);
    for (int32_t c = 0; c < ends; ++c) {  // a pixel of each row
      const WeightPixels end = {1, 1, rows, 0, 0, line, line, 0};
      const int32_t lanes = int32_t(round_up((ends - c) * pitch, LANES));
      add_block(copy + c * pitch, end, to + (1 + c) * block, lanes);
      add_block(copy + (s.out_width + c) * pitch, end, to + (1 + ends + c) * block, lanes);
    }
  }
  // Products of the first values with all, or of each with those behind it, and the sums in the last row; `lanes` of each row.
  void add_block(const float* from, const WeightPixels& walk, float* to, int32_t lanes) const {
    const int32_t vectors = lanes / LANES;
    for (int32_t r = 0; r < height;) {
      const int32_t left = height - r, high = left >= TILE_OUTPUTS ? TILE_OUTPUTS : left >= 2 ? 2 : 1, first = sliding ? 0 : r / LANES;
      const int32_t parts = ceil_div(vectors - first, TILE_COLUMNS);
      for (int32_t part = 0; part < parts; ++part) {
        const int32_t v = first + (vectors - first) * part / parts, count = first + (vectors - first) * (part + 1) / parts - v;
        int32_t offsets[TILE_COLUMNS];
        for (int32_t i = 0; i < count; ++i) offsets[i] = (v + i) * LANES;
        float* const sums = to + ptrdiff_t(r) * row + v * LANES;
        if (high == TILE_OUTPUTS) weight_tiles<TILE_OUTPUTS>(count, walk, from, from + r, offsets, sums, row);
        else if (high == 2) weight_tiles<2>(count, walk, from, from + r, offsets, sums, row);
        else weight_tiles<1>(count, walk, from, from + r, offsets, sums, row);
      }
      r += high;
    }
    add_sums(from, walk, to + ptrdiff_t(height) * row);
  }
  // The sums of `height` values.
  void add_sums(const float* from, const WeightPixels& walk, float* to) const {
    for (int32_t v = 0; v < height; v += LANES) {
      F sum[4] = {};
      for (int32_t y = 0; y < walk.rows; ++y) {
        const float* at = from + y * walk.row + v;
        int32_t i = 0;
        for (; i + 4 <= walk.columns; i += 4, at += 4 * walk.step)
          for (int k = 0; k < 4; ++k) sum[k] += load<F>(at + k * walk.step);
        for (; i < walk.columns; ++i, at += walk.step) sum[0] += load<F>(at);
      }
      store(to + v, load<F>(to + v) + ((sum[0] + sum[1]) + (sum[2] + sum[3])));
    }
  }
  void merge(const float* partials, const float* shifts, double* merged, double* matrix, double* sums) const {
    const double count = double(s.batch) * s.out_height * s.out_width;
    for (size_t i = 0; i < partial; ++i) merged[i] = double(partials[i]);
    for (int32_t n = 1; n < groups.count; ++n)
      for (size_t i = 0; i < partial; ++i) merged[i] += double(partials[n * partial + i]);
    // Of row r of a filter's column `kx`: as in its first column, without what lies left of it and with what lies right.
    const auto slid = [&](size_t at, int32_t kx) {
      double sum = merged[at];
      for (int32_t c = 0; c < kx; ++c) sum += merged[at + (1 + ends + c) * block] - merged[at + (1 + c) * block];
      return sum;
    };
    for (int32_t k = 0; k < values; ++k) sums[k] = sliding ? slid(size_t(height) * row + k % pitch, k / pitch) : merged[size_t(height) * row + k];
    for (int32_t r = 0; r < values; ++r)
      for (int32_t k = r; k < values; ++k) {
        const int32_t kx = r / pitch;
        const double sum = sliding ? slid(size_t(r % pitch) * row + k - kx * pitch, kx) : merged[size_t(r) * row + k];
        matrix[r * values + k] = matrix[k * values + r] = sum - sums[r] * sums[k] / count;
      }
    for (int32_t k = 0; k < values; ++k) sums[k] += count * double(shifts[k % s.in_channels]);
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
