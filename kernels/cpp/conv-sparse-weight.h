// Weight gradient of convolution + ReLU + 2x2 max-pool without the zeros. A window passes its gradient to one of its four
// positions, or to none, so three of four products of the dense form are products with zero. Chosen by shape and graph, never by
// data. What is left out is zero times something: where inputs are not finite the dense form gives NaN, this one does not.
//
// For each output channel the windows that live are bits; each adds value * (taps x channels) of the input at its winner, into
// sums in registers. The input is copied so that what a window meets are few long runs of memory:
//
//   slabs    [slab of channels][row][column][channel]: a run for each row of the filter; a slab of some images stays in L1
//   narrow   fewer channels than lanes: [output row][column][filter row, channel], a single run for the whole filter
//
// A pass takes so many images that loading and storing the sums does not show.
#pragma once
#include "conv-fused-shape.h"
#include "conv-sparse-bits.h"
#include "conv-sparse-tile.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t SPARSE_WINDOWS = 128;           // of a pass, for each output channel
constexpr int32_t SPARSE_BAND_BYTES = 24 << 10;   // of input that is walked together, to stay in L1

class SparseWeight {
 public:
  size_t per_thread, shared;

  SparseWeight(const FusedShape& shape, const Source& input, const Source& gradient) : s(shape), x(input), g(gradient), groups(1, 1, 0) {
    narrow = s.in_channels < LANES;
    windows = g.place.height * g.place.width;
    const int32_t taps_high = narrow ? 1 : s.kernel_height;
    if (narrow) {
      slab = s.in_channels;
      slabs = 1;
      pitch = s.kernel_height * s.in_channels;
    } else {
      const int32_t fit = clamp_to(SPARSE_SUMS / (s.kernel_width * lesser(s.kernel_height, SPARSE_ROWS)), 1, 8) * LANES;
      slabs = ceil_div(s.in_channels, fit);
      slab = pitch = int32_t(round_up(ceil_div(s.in_channels, slabs), LANES));
      slabs = ceil_div(s.in_channels, slab);
    }
    runs = taps_high;
    run = int32_t(round_up(s.kernel_width * pitch, LANES));
    columns = (2 * g.place.width - 1) * s.stride_width + s.kernel_width;
    rows = narrow ? 2 * g.place.height : (2 * g.place.height - 1) * s.stride_height + (s.kernel_height - 1) * s.dilation_height + 1;
    image = ptrdiff_t(rows) * columns * pitch;
    of_output = runs * run;
    bias_at = size_t(slabs) * s.out_channels * of_output;
    partial = round_up(bias_at + s.out_channels, 32);

    const int32_t wanted = chunks_for(double(s.batch) * s.out_height * s.out_width * s.out_channels * s.in_channels * s.kernel_height * s.kernel_width);
    groups = ImageGroups(s.batch, wanted, partial);
    part = ceil_div(ceil_div(s.out_channels, clamp_to(wanted / groups.count, 1, ceil_div(s.out_channels, 16))), 16) * 16;
    parts = ceil_div(s.out_channels, part);
    const ptrdiff_t image_bytes = image * 4;
    images = clamp_to(SPARSE_WINDOWS / windows, 1, groups.images);
    while (images > 1 && images * image_bytes > SPARSE_BAND_BYTES) --images;
    band = g.place.height;
    const int32_t beyond = (runs - 1) * s.dilation_height;
    while (images == 1 && band > 1 && (2 * band * (narrow ? 1 : s.stride_height) + beyond) * ptrdiff_t(columns) * pitch * 4 > SPARSE_BAND_BYTES) band = (band + 1) / 2;
    words = ceil_div(images * windows, 64);

    const size_t entries = size_t(part) * words * 64;
    strip_at = round_up((images * image + LANES) * 4, 128);
    at_at = round_up(strip_at + (narrow ? size_t(pitch) * columns * 4 : 0), 128);
    value_at = at_at + entries * 4;
    bytes_at = value_at + entries * 4;
    alive_at = bytes_at + entries;
    places_at = round_up(alive_at + entries / 8, 128);
    per_thread = round_up(places_at + size_t(words) * 64 * 4, 128);
    shared = round_up(groups.count * partial * 4, 128);
  }

  static bool fits(const FusedShape& s, const Source& x, const Source& g) {
    if (g.index == nullptr || g.pool_height != 2 || g.pool_width != 2 || s.groups != 1 || s.dilation_width != 1) return false;
    if (s.batch <= 0 || s.out_height < 2 || s.out_width < 2) return false;
    return SparseWeight(s, x, g).per_thread <= SPARSE_BYTES;
  }

  void run_all(float* weight, float* bias, Context& context, char* memory) const {
    float* partials = reinterpret_cast<float*>(memory);
    context.each(groups.count * parts, [&](int32_t i, int32_t thread) {
      run_chunk(partials + i / parts * partial, i / parts * groups.images, i % parts * part, weight, bias, context.scratch_of<char>(thread));
    });
    if (bias)
      for (int32_t o = 0; o < s.out_channels; ++o) {
        float sum = 0;
        for (int32_t n = 0; n < groups.count; ++n) sum += partials[n * partial + bias_at + o];
        bias[o] = sum;
      }
    if (!weight) return;
    const int32_t chunks = clamp_to(int32_t(bias_at * groups.count >> 15), 1, lesser(s.out_channels, CHUNKS));
    context.each(chunks, [&](int32_t i, int32_t) {
      const int32_t end = int32_t(int64_t(s.out_channels) * (i + 1) / chunks);
      for (int32_t o = int32_t(int64_t(s.out_channels) * i / chunks); o < end; ++o) finish(partials, o, weight);
    });
  }

 private:
  const FusedShape& s;
  const Source& x;
  const Source& g;
  bool narrow;
  int32_t slab, slabs, pitch;      // channels of a slab; floats from pixel to pixel
  int32_t runs, run, of_output;    // runs that a window meets; floats of one, and of all, that are summed
  int32_t rows, columns;           // of a copied image
  ptrdiff_t image;                 // floats of one, of one slab
  int32_t windows, words, images, band;  // of an image; of an output in a pass; images of a pass; window rows walked together
  ImageGroups groups;
  int32_t part, parts;             // outputs of a chunk
  size_t bias_at, partial;
  size_t strip_at, at_at, value_at, bytes_at, alive_at, places_at;

  void run_chunk(float* sums, int32_t first_image, int32_t first, const float* weight, const float* bias, char* scratch) const {
    const int32_t outputs = lesser(part, s.out_channels - first);
    float* copy = reinterpret_cast<float*>(scratch);
    int32_t* at = reinterpret_cast<int32_t*>(scratch + at_at);
    float* value = reinterpret_cast<float*>(scratch + value_at);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(scratch + bytes_at);
    uint64_t* alive = reinterpret_cast<uint64_t*>(scratch + alive_at);
    for (int32_t i = 0; i < slabs; ++i) zero_row(sums + (ptrdiff_t(i) * s.out_channels + first) * of_output, outputs * of_output);
    zero_row(sums + bias_at + first, outputs);
    int32_t* places = reinterpret_cast<int32_t*>(scratch + places_at);
    list_places(places);
    const ptrdiff_t pitch_of = ptrdiff_t(words) * 64, row = ptrdiff_t(columns) * pitch;
    const int32_t end = lesser(first_image + groups.images, s.batch);
    for (int32_t n = first_image; n < end; n += images) {
      const int32_t some = lesser(images, end - n), entries = some * windows;
      transpose_bytes(g.index + ptrdiff_t(n) * windows * s.out_channels + first, s.out_channels, entries, outputs, bytes, pitch_of);
      copy_values(n, some, first, outputs, value);
      for (int32_t o = 0; o < outputs; ++o) {
        const ptrdiff_t to = o * pitch_of;
        const float total = list(bytes + to, value + to, places, entries, at + to);
        if (bias) sums[bias_at + first + o] += total;
        for (int32_t k = 0; k < words; ++k) {
          const int32_t count = clamp_to(entries - 64 * k, 0, 64);
          alive[o * words + k] = ~bits_of(bytes + to + 64 * k, count, 4) & (count == 64 ? ~0ull : ~(~0ull << count));
        }
      }
      if (!weight) continue;
      for (int32_t i = 0; i < slabs; ++i) {
        for (int32_t k = 0; k < some; ++k)
          if (narrow) copy_narrow(n + k, copy + k * image, reinterpret_cast<float*>(scratch + strip_at));
          else copy_slab(n + k, i * slab, copy + k * image);
        float* to = sums + (ptrdiff_t(i) * s.out_channels + first) * of_output;
        for (int32_t y = 0; y < g.place.height; y += band) {
          const int32_t from = y * g.place.width, until = images > 1 ? entries : lesser(y + band, g.place.height) * g.place.width;
          const SparseWalk walk = {alive, value, at, words, from, until, outputs, copy, s.dilation_height * row, to, of_output, run};
          walk_runs(walk);
          if (images > 1) break;
        }
      }
    }
  }
  void walk_runs(SparseWalk w) const {
    const int32_t vectors = run / LANES;
    const auto next = [&](int32_t n) {
      w.x += n * w.row;
      w.sums += n * w.row_pitch;
    };
    int32_t k = 0;
    if constexpr (SPARSE_ROWS == 3) {
      if (vectors * 3 <= SPARSE_SUMS)
        for (; k + 3 <= runs; k += 3, next(3)) sparse_run<3, SPARSE_SUMS / 3>(w, vectors);
      if (vectors * 2 <= SPARSE_SUMS)
        for (; k + 2 <= runs; k += 2, next(2)) sparse_run<2, lesser(SPARSE_SUMS / 2, 6)>(w, vectors);
    }
    for (; k < runs; ++k, next(1)) sparse_run<1, lesser(SPARSE_SUMS, 12)>(w, vectors);
  }

  // Gradients by output channel.
  void copy_values(int32_t n, int32_t count, int32_t first, int32_t outputs, float* value) const {
    const ptrdiff_t to = ptrdiff_t(words) * 64;
    for (int32_t k = 0; k < count; ++k) {
      const float* from = g.data + g.place.at(n + k, 0, 0) + first * g.place.channel;
      float* at = value + k * windows;
      if (!g.place.nhwc)
        for (int32_t o = 0; o < outputs; ++o) copy_row(at + o * to, from + o * g.place.channel, windows);
      else if (g.place.border == 0) transpose(from, g.place.pixel, windows, outputs, at, to);
      else
        for (int32_t y = 0; y < g.place.height; ++y) transpose(from + y * g.place.row, g.place.pixel, g.place.width, outputs, at + y * g.place.width, to);
    }
  }
  // Where in the copy the first position of each window of a pass is.
  void list_places(int32_t* places) const {
    const int32_t wide = g.place.width;
    for (int32_t k = 0; k < images; ++k)
      for (int32_t w = 0; w < windows; ++w) *places++ = int32_t(k * image) + 2 * (w / wide) * down() + 2 * (w % wide) * across();
  }
  int32_t down() const { return (narrow ? 1 : s.stride_height) * columns * pitch; }
  int32_t across() const { return s.stride_width * pitch; }
  // Where the winners of one output channel are; returns the sum of their values.
  float list(const uint8_t* bytes, const float* value, const int32_t* places, int32_t count, int32_t* at) const {
    F total{};
    for (int32_t i = 0; i < count; i += LANES) {
      const int32_t live = count - i;
      const I q = load_bytes(bytes + i, live);
      store(at + i, load<I>(places + i) + ((I{} - (q & 1)) & across()) + ((I{} - ((q >> 1) & 1)) & down()));
      total += select(q == 4, F{}, load_some(value + i, live));
    }
    return sum(total);
  }

  // Channels [channel, channel + slab) of an image with the zeros around it.
  void copy_slab(int32_t n, int32_t channel, float* to) const {
    const int32_t channels = lesser(slab, s.in_channels - channel);
    const int32_t left = clamp_to(s.pad_left, 0, columns), right = clamp_to(s.in_width + s.pad_left, left, columns);
    for (int32_t r = 0; r < rows; ++r, to += ptrdiff_t(columns) * pitch) {
      const int32_t y = r - s.pad_top;
      if (y < 0 || y >= s.in_height) {
        zero_row(to, columns * pitch);
        continue;
      }
      zero_row(to, left * pitch);
      zero_row(to + right * pitch, (columns - right) * pitch);
      const float* from = x.data + x.place.at(n, y, left - s.pad_left) + channel * x.place.channel;
      float* at = to + left * pitch;
      if (!x.place.nhwc) {
        if (channels < pitch) zero_row(at, (right - left) * pitch);
        transpose(from, x.place.channel, channels, right - left, at, pitch);
      } else {
        for (int32_t i = left; i < right; ++i, at += pitch, from += x.place.pixel)
          for (int32_t c = 0; c < pitch; c += LANES) store(at + c, load_some(from + c, channels - c > 0 ? channels - c : 0));
      }
    }
  }
  // For each output row the rows that its filter meets, side by side.
  void copy_narrow(int32_t n, float* to, float* strip) const {
    const int32_t left = clamp_to(s.pad_left, 0, columns), right = clamp_to(s.in_width + s.pad_left, left, columns);
    zero_row(to + image, LANES);  // the last run is read to a whole vector
    for (int32_t r = 0; r < rows; ++r, to += ptrdiff_t(columns) * pitch) {
      float* line = strip;
      for (int32_t ky = 0; ky < s.kernel_height; ++ky) {
        const int32_t y = r * s.stride_height + ky * s.dilation_height - s.pad_top;
        if (y < 0 || y >= s.in_height) {
          zero_row(line, s.in_channels * columns);
          line += ptrdiff_t(s.in_channels) * columns;
          continue;
        }
        for (int32_t c = 0; c < s.in_channels; ++c, line += columns) {
          const float* from = x.data + x.place.at(n, y, left - s.pad_left) + c * x.place.channel;
          zero_row(line, left);
          zero_row(line + right, columns - right);
          if (!x.place.nhwc) copy_row(line + left, from, right - left);
          else
            for (int32_t i = left; i < right; ++i) line[i] = from[(i - left) * x.place.pixel];
        }
      }
      transpose(strip, columns, pitch, columns, to, pitch);
    }
  }

  // Adds the partial sums of one output, in order of the groups, and writes them as OIHW.
  void finish(float* partials, int32_t o, float* weight) const {
    const int32_t taps = s.kernel_height * s.kernel_width;
    for (int32_t i = 0; i < slabs; ++i) {
      float* sums = partials + (ptrdiff_t(i) * s.out_channels + o) * of_output;
      add_groups(sums, of_output, groups.count, partial);
      float* to = weight + (ptrdiff_t(o) * s.in_channels + i * slab) * taps;
      if (!narrow) transpose(sums, pitch, taps, lesser(slab, s.in_channels - i * slab), to, taps);
      else
        for (int32_t c = 0; c < s.in_channels; ++c)
          for (int32_t ky = 0; ky < s.kernel_height; ++ky)
            for (int32_t kx = 0; kx < s.kernel_width; ++kx) *to++ = sums[kx * pitch + ky * s.in_channels + c];
    }
  }
};

}  // namespace DRISHTI_NS
}  // namespace drishti
