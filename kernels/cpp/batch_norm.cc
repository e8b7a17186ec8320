// Batch normalisation of (batch, channels, spatial), and sums over a channel.
//
// Statistics: a channel's values are taken in segments of about a thousand that stay in the first cache; each has its mean
// and its sum of squares about that mean, in doubles; segments are merged in a fixed order (Chan, Golub and LeVeque 1979).
// Nothing cancels, however large the mean. Images are cut into parts by shape alone, and each part has its own slot.
// spatial = 1 (BatchNorm1d): lanes lie across channels, otherwise along the row.
#include "sums.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t NORM_GRAIN = 16384;
constexpr int32_t SEGMENT = 1024;

struct Channels {
  int32_t batch, channels, spatial;
  int32_t lanes;     // channels of a unit: LANES across, else 1
  int32_t part;      // images of a part
  int32_t parts;
  int32_t units;     // blocks of channels × parts
  int32_t group;     // units of a chunk
  int32_t chunks;
  int32_t segment;   // images taken together

  Channels(int32_t n, int32_t c, int32_t s) : batch(n), channels(c), spatial(s) {
    lanes = s == 1 ? LANES : 1;
    const int32_t size = s == 1 ? LANES : s;
    part = size >= NORM_GRAIN ? 1 : NORM_GRAIN / (size + 1) + 1;
    parts = batch == 0 ? 1 : (batch - 1) / part + 1;
    units = (c + lanes - 1) / lanes * parts;
    const int64_t work = int64_t(part < batch ? part : batch) * size + 64;
    group = int32_t(work >= NORM_GRAIN ? 1 : NORM_GRAIN / work);
    chunks = (units + group - 1) / group;
    segment = size >= SEGMENT ? 1 : SEGMENT / (size + 1) + 1;
  }
  size_t slots() const { return size_t(units) * lanes * 2; }  // two doubles for each channel and part

  // Runs body(first channel, first image, end image, slots) for every unit; a unit's slots are two rows of `lanes`.
  template <class Body> void each(Context& context, double* memory, Body&& body) const {
    context.each(chunks, [&](int32_t chunk, int32_t) {
      const int32_t end = units - chunk * group < group ? units : (chunk + 1) * group;
      for (int32_t unit = chunk * group; unit < end; ++unit) {
        const int32_t begin = unit % parts * part;
        body(unit / parts * lanes, begin, batch - begin < part ? batch : begin + part, memory + size_t(unit) * lanes * 2);
      }
    });
  }
  // The slot of a channel's part: [0] and [lanes] are its two numbers.
  const double* slot(const double* memory, int32_t channel, int32_t p) const {
    return memory + (size_t(channel / lanes) * parts + p) * lanes * 2 + channel % lanes;
  }
  DRISHTI_INLINE const float* row(const float* x, int32_t n, int32_t c) const { return x + (size_t(n) * channels + c) * spatial; }
  DRISHTI_INLINE F across(const float* x, int32_t n, int32_t c) const {  // LANES channels of an image, zeros behind the last
    const float* at = x + size_t(n) * channels + c;
    return channels - c >= LANES ? load<F>(at) : load_part<F>(at, channels - c);
  }
};

// Count, mean and sum of squares about it; T is a double, or a vector of them.
template <class T> struct Moments {
  double count = 0;
  T mean{}, squares{};
  DRISHTI_INLINE void merge(double n, T m, T s) {
    if (n == 0) return;
    const double total = count + n;
    const T delta = m - mean;
    mean += delta * (n / total);
    squares += s + delta * delta * (count * n / total);
    count = total;
  }
};

static void moments_of_row(const Channels& shape, const float* x, int32_t c, int32_t begin, int32_t end, double* slots) {
  Moments<double> all;
  for (int32_t n = begin; n < end; n += shape.segment) {
    const int32_t stop = end - n < shape.segment ? end : n + shape.segment;
    const double count = double(stop - n) * shape.spatial;
    double sum = 0, squares = 0;
    for (int32_t i = n; i < stop; ++i) sum += sum_row(shape.row(x, i, c), shape.spatial);
    const double mean = sum / count;
    for (int32_t i = n; i < stop; ++i) squares += square_row(shape.row(x, i, c), mean, shape.spatial);
    all.merge(count, mean, squares);
  }
  slots[0] = all.mean;
  slots[1] = all.squares;
}

static void moments_across(const Channels& shape, const float* x, int32_t c, int32_t begin, int32_t end, double* slots) {
  Moments<D> low, high;
  for (int32_t n = begin; n < end; n += shape.segment) {
    const int32_t stop = end - n < shape.segment ? end : n + shape.segment;
    const double count = stop - n;
    D mean_low{}, mean_high{}, squares_low{}, squares_high{};
    for (int32_t i = n; i < stop; ++i) {
      const F v = shape.across(x, i, c);
      mean_low += widen_low(v);
      mean_high += widen_high(v);
    }
    mean_low /= count;
    mean_high /= count;
    for (int32_t i = n; i < stop; ++i) {
      const F v = shape.across(x, i, c);
      const D a = widen_low(v) - mean_low, b = widen_high(v) - mean_high;
      squares_low += a * a;
      squares_high += b * b;
    }
    low.merge(count, mean_low, squares_low);
    high.merge(count, mean_high, squares_high);
  }
  store(slots, low.mean);
  store(slots + LANES / 2, high.mean);
  store(slots + LANES, low.squares);
  store(slots + LANES + LANES / 2, high.squares);
}

// Σ g and, where there is an x, Σ g·(x − mean).
static void gradient_sums(const Channels& shape, const float* g, const float* x, const float* mean, int32_t c, int32_t begin,
                          int32_t end, double* slots) {
  if (shape.spatial != 1) {
    double sum = 0, dot = 0;
    for (int32_t i = begin; i < end; ++i) {
      sum += sum_row(shape.row(g, i, c), shape.spatial);
      if (x != nullptr) dot += centred_dot_row(shape.row(g, i, c), shape.row(x, i, c), mean[c], shape.spatial);
    }
    slots[0] = sum;
    slots[1] = dot;
    return;
  }
  D sum_low{}, sum_high{}, dot_low{}, dot_high{};
  const F m = x == nullptr ? F{} : shape.across(mean, 0, c);
  for (int32_t i = begin; i < end; ++i) {
    const F v = shape.across(g, i, c);
    sum_low += widen_low(v);
    sum_high += widen_high(v);
    if (x == nullptr) continue;
    const F u = shape.across(x, i, c);
    dot_low += widen_low(v) * (widen_low(u) - widen_low(m));
    dot_high += widen_high(v) * (widen_high(u) - widen_high(m));
  }
  store(slots, sum_low);
  store(slots + LANES / 2, sum_high);
  store(slots + LANES, dot_low);
  store(slots + LANES + LANES / 2, dot_high);
}

// y = Op::at(x, g, a, b, c, d), the coefficients by channel; `g` is null where the op has no second operand.
template <class Op>
static void apply(const Channels& shape, const float* x, const float* g, float* y, const float* const (&k)[4], Context& context) {
  const int32_t rows = shape.spatial == 1 ? shape.batch : shape.batch * shape.channels;
  const int32_t n = shape.spatial == 1 ? shape.channels : shape.spatial;
  const int32_t group = n >= NORM_GRAIN ? 1 : NORM_GRAIN / (n + 1) + 1;
  if (n == 0) return;
  context.each((rows + group - 1) / group, [&](int32_t chunk, int32_t) {
    const int32_t end = rows - chunk * group < group ? rows : (chunk + 1) * group;
    for (int32_t row = chunk * group; row < end; ++row) {
      const size_t at = size_t(row) * n;
      const bool wide = shape.spatial == 1;
      const int32_t c = row % shape.channels;
      F a = splat<F>(k[0][c]), b = splat<F>(k[1][c]), d = splat<F>(k[2][c]), e = splat<F>(k[3][c]);
      for (int32_t i = 0; i < n; i += LANES) {
        const int32_t live = n - i < LANES ? n - i : LANES;
        auto get = [&](const float* from) DRISHTI_LAMBDA_INLINE { return live == LANES ? load<F>(from) : load_part<F>(from, live); };
        if (wide) a = get(k[0] + i), b = get(k[1] + i), d = get(k[2] + i), e = get(k[3] + i);
        const F v = Op::at(get(x + at + i), g == nullptr ? F{} : get(g + at + i), a, b, d, e);
        if (live == LANES) store(y + at + i, v);
        else store_part(y + at + i, v, live);
      }
    }
  });
}
struct Normalise {  // (x − mean)·scale + shift
  static DRISHTI_INLINE F at(F x, F, F mean, F scale, F shift, F) { return fma(x - mean, scale, shift); }
};
// scale·((g − centre) + (x − mean)·slope): differences first, so that what cancels leaves nothing (one value a channel: 0).
struct TrainGradient {
  static DRISHTI_INLINE F at(F x, F g, F mean, F scale, F centre, F slope) {
    return fma(x - mean, slope, g - centre) * scale;
  }
};
struct EvalGradient {
  static DRISHTI_INLINE F at(F g, F, F scale, F, F, F) { return g * scale; }
};

// The slots, then four rows of coefficients by channel.
static ScratchNeed norm_scratch(const BatchNormTrainF32Params& p, int32_t) {
  const Channels shape(p.batch, p.channels, p.spatial);
  return {0, shape.slots() * sizeof(double) + size_t(p.channels) * 4 * sizeof(float)};
}
struct Scratch {
  double* slots;
  float* k[4];
  Scratch(const Channels& shape, Context& context) : slots(reinterpret_cast<double*>(context.shared)) {
    for (int i = 0; i < 4; ++i) k[i] = reinterpret_cast<float*>(slots + shape.slots()) + size_t(i) * shape.channels;
  }
};

static int32_t batch_norm_train(const BatchNormTrainF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  const float* weight = in<float>(buffers, 1);
  const float* bias = in<float>(buffers, 2);
  float* mean = out<float>(buffers, 4);
  float* inv_std = out<float>(buffers, 5);
  float* variance = out<float>(buffers, 6);
  const Channels shape(p.batch, p.channels, p.spatial);
  const Scratch scratch(shape, context);
  shape.each(context, scratch.slots, [&](int32_t c, int32_t begin, int32_t end, double* slots) {
    if (p.spatial == 1) moments_across(shape, x, c, begin, end, slots);
    else moments_of_row(shape, x, c, begin, end, slots);
  });
  for (int32_t c = 0; c < p.channels; ++c) {
    Moments<double> all;
    for (int32_t part = 0; part < shape.parts; ++part) {
      const int32_t begin = part * shape.part;
      const int32_t images = p.batch - begin < shape.part ? p.batch - begin : shape.part;
      const double* slot = shape.slot(scratch.slots, c, part);
      all.merge(double(images) * p.spatial, slot[0], slot[shape.lanes]);
    }
    const double mu = all.count == 0 ? double(__builtin_nanf("")) : all.mean;
    const double scale = 1 / __builtin_sqrt(all.squares / all.count + double(p.eps));
    const double w = weight ? weight[c] : 1;
    mean[c] = float(mu);
    inv_std[c] = float(scale);
    variance[c] = float(all.squares / (all.count - 1));
    scratch.k[0][c] = mean[c];
    scratch.k[1][c] = float(scale * w);
    scratch.k[2][c] = float((bias ? bias[c] : 0) + (double(mean[c]) - mu) * scale * w);  // what rounding the mean left
    scratch.k[3][c] = 0;
  }
  apply<Normalise>(shape, x, nullptr, out<float>(buffers, 3), {scratch.k[0], scratch.k[1], scratch.k[2], scratch.k[3]}, context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_train_f32, batch_norm_train, norm_scratch)

static int32_t batch_norm_eval(const BatchNormEvalF32Params& p, void* const* buffers, Context& context) {
  const float* weight = in<float>(buffers, 1);
  const float* bias = in<float>(buffers, 2);
  const float* mean = in<float>(buffers, 3);
  const float* variance = in<float>(buffers, 4);
  const Channels shape(p.batch, p.channels, p.spatial);
  const Scratch scratch(shape, context);
  for (int32_t c = 0; c < p.channels; ++c) {
    scratch.k[1][c] = float(1 / __builtin_sqrt(double(variance[c]) + double(p.eps)) * (weight ? weight[c] : 1));
    scratch.k[2][c] = bias ? bias[c] : 0;
    scratch.k[3][c] = 0;
  }
  apply<Normalise>(shape, in<float>(buffers, 0), nullptr, out<float>(buffers, 5), {mean, scratch.k[1], scratch.k[2], scratch.k[3]},
                   context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_eval_f32, batch_norm_eval, norm_scratch)

// Adds a channel's slots in order.
static void sum_slots(const Channels& shape, const double* slots, int32_t c, double& sum, double& dot) {
  sum = dot = 0;
  for (int32_t part = 0; part < shape.parts; ++part) {
    const double* slot = shape.slot(slots, c, part);
    sum += slot[0];
    dot += slot[shape.lanes];
  }
}

// gradInput = w·invStd·(g − mean(g) − x̂·mean(g·x̂)), gradWeight = Σ g·x̂, gradBias = Σ g.
static int32_t batch_norm_train_backward(const BatchNormTrainBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const float* x = in<float>(buffers, 1);
  const float* weight = in<float>(buffers, 2);
  const float* mean = in<float>(buffers, 3);
  const float* inv_std = in<float>(buffers, 4);
  float* grad_weight = out<float>(buffers, 6);
  float* grad_bias = out<float>(buffers, 7);
  const Channels shape(p.batch, p.channels, p.spatial);
  const Scratch scratch(shape, context);
  const double count = double(p.batch) * p.spatial;
  shape.each(context, scratch.slots, [&](int32_t c, int32_t begin, int32_t end, double* slots) {
    gradient_sums(shape, g, x, mean, c, begin, end, slots);
  });
  for (int32_t c = 0; c < p.channels; ++c) {
    double sum, dot;
    sum_slots(shape, scratch.slots, c, sum, dot);
    const double inv = inv_std[c], scale = (weight ? weight[c] : 1) * inv;
    grad_weight[c] = float(dot * inv);
    grad_bias[c] = float(sum);
    scratch.k[1][c] = float(scale);
    scratch.k[2][c] = float(sum / count);
    scratch.k[3][c] = float(-inv * inv * dot / count);
  }
  apply<TrainGradient>(shape, x, g, out<float>(buffers, 5), {mean, scratch.k[1], scratch.k[2], scratch.k[3]}, context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_train_backward_f32, batch_norm_train_backward, norm_scratch)

// The running values are constants: gradInput = w·invStd·g.
static int32_t batch_norm_eval_backward(const BatchNormEvalBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const float* x = in<float>(buffers, 1);
  const float* weight = in<float>(buffers, 2);
  const float* mean = in<float>(buffers, 3);
  const float* variance = in<float>(buffers, 4);
  float* grad_weight = out<float>(buffers, 6);
  float* grad_bias = out<float>(buffers, 7);
  const Channels shape(p.batch, p.channels, p.spatial);
  const Scratch scratch(shape, context);
  shape.each(context, scratch.slots, [&](int32_t c, int32_t begin, int32_t end, double* slots) {
    gradient_sums(shape, g, x, mean, c, begin, end, slots);
  });
  for (int32_t c = 0; c < p.channels; ++c) {
    double sum, dot;
    sum_slots(shape, scratch.slots, c, sum, dot);
    const double inv = 1 / __builtin_sqrt(double(variance[c]) + double(p.eps));
    grad_weight[c] = float(dot * inv);
    grad_bias[c] = float(sum);
    scratch.k[0][c] = float((weight ? weight[c] : 1) * inv);
  }
  apply<EvalGradient>(shape, g, nullptr, out<float>(buffers, 5), {scratch.k[0], scratch.k[0], scratch.k[0], scratch.k[0]}, context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_eval_backward_f32, batch_norm_eval_backward, norm_scratch)

static ScratchNeed channel_sum_scratch(const ChannelSumF32Params& p, int32_t) {
  return {0, Channels(p.batch, p.channels, p.spatial).slots() * sizeof(double)};
}
static int32_t channel_sum(const ChannelSumF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const Channels shape(p.batch, p.channels, p.spatial);
  double* slots = reinterpret_cast<double*>(context.shared);
  shape.each(context, slots, [&](int32_t c, int32_t begin, int32_t end, double* own) {
    gradient_sums(shape, g, nullptr, nullptr, c, begin, end, own);
  });
  for (int32_t c = 0; c < p.channels; ++c) {
    double sum, dot;
    sum_slots(shape, slots, c, sum, dot);
    y[c] = float(sum);
  }
  return 0;
}
DRISHTI_KERNEL_SCRATCH(channel_sum_f32, channel_sum, channel_sum_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
