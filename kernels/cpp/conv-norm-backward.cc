// conv2d_norm_train_backward: gradients of a first layer whose pool came before its batch norm (conv-norm.cc). What batch norm
// adds to the gradient at every pixel is a constant and a multiple of the convolution's own result, so it reaches the weights
// through the sums and the scatter of the input (conv-scatter.h). What comes from behind the pool is sparse.
//
//   gradWeight = scale·(Σ g·x − shift·Σ x + slope·W·scatter)      shift = Σ g / count, slope = −invStd²·Σ g·(raw − mean) / count
//
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "conv-fused-weight.h"
#include "conv-scatter.h"
#include "norm.h"

namespace drishti {
namespace DRISHTI_NS {

using ConvNormBackwardParams = Conv2dNormTrainBackwardF32Params;

struct ConvNormBackward {
  FusedShape shape;
  Source gradient, input;
  NormRows rows;  // of windows
  InputScatter scatter;
  ScratchNeed weights;
  size_t row_bytes, sums_at, coefficients_at, scatter_at, per_thread, shared;

  ConvNormBackward(const ConvNormBackwardParams& p, void* const* buffers)
      : shape{p.batch, p.inChannels, p.outChannels, 1, p.inHeight, p.inWidth, p.outHeight, p.outWidth, p.kernelHeight, p.kernelWidth,
              p.strideHeight, p.strideWidth, p.padTop, p.padLeft, p.dilationHeight, p.dilationWidth},
        gradient(in<float>(buffers, 0), Place(p.outLayout, p.outChannels, p.outHeight / 2, p.outWidth / 2, p.gradBorder)),
        input(in<float>(buffers, 3), Place(p.inLayout, p.inChannels, p.inHeight, p.inWidth, p.inBorder)),
        rows(p.batch, p.outHeight / 2, int64_t(p.outWidth / 2) * p.outChannels), scatter(shape, input) {
    gradient.height = p.outHeight;
    gradient.width = p.outWidth;
    gradient.pool_height = gradient.pool_width = 2;
    gradient.index = in<uint8_t>(buffers, 1);
    weights = fused_weight_scratch(shape, input, gradient);
    row_bytes = size_t(p.outWidth / 2) * p.outChannels * 4;
    sums_at = round_up(weights.shared, 128);
    coefficients_at = sums_at + size_t(rows.count) * 2 * p.outChannels * 8;
    scatter_at = round_up(coefficients_at + size_t(p.outChannels) * 16, 128);
    shared = scatter_at + scatter.shared;
    per_thread = weights.per_thread > scatter.per_thread ? weights.per_thread : scatter.per_thread;
    if (row_bytes > per_thread) per_thread = row_bytes;
  }
  ConvNormBackward(const ConvNormBackward&) = delete;
};

// Σ g and Σ g·(raw − mean) of a row of windows that live, added to doubles.
static void pooled_sums(const float* g, const uint8_t* index, const float* raw, const float* mean, int32_t width, int32_t channels, double* sums) {
  for (int32_t c = 0; c < channels; c += LANES) {
    const int32_t live = channels - c;
    const F about = load_some(mean + c, live);
    F a{}, b{};
    for (int32_t i = 0; i < width; ++i) {
      const ptrdiff_t at = ptrdiff_t(i) * channels + c;
      const F v = select(load_bytes(index + at, live) > 3, F{}, load_some(g + at, live));
      a += v;
      b = fma(v, load_some(raw + at, live) - about, b);
    }
    for (int32_t l = 0; l < LANES && l < live; ++l) {
      sums[c + l] += double(a[l]);
      sums[channels + c + l] += double(b[l]);
    }
  }
}

static int32_t conv2d_norm_train_backward(const ConvNormBackwardParams& p, void* const* buffers, Context& context) {
  const int32_t channels = p.outChannels, taps = p.inChannels * p.kernelHeight * p.kernelWidth;
  float* grad_weight = out<float>(buffers, 8);
  float* grad_scale = out<float>(buffers, 9);
  float* grad_shift = out<float>(buffers, 10);
  float* grad_bias = out<float>(buffers, 11);
  if (grad_bias) __builtin_memset(grad_bias, 0, size_t(channels) * 4);
  if (p.batch <= 0 || p.outHeight <= 0 || p.outWidth <= 0 || taps <= 0 || channels <= 0) {
    __builtin_memset(grad_weight, 0, size_t(channels) * taps * 4);
    __builtin_memset(grad_scale, 0, size_t(channels) * 4);
    __builtin_memset(grad_shift, 0, size_t(channels) * 4);
    return 0;
  }
  const ConvNormBackward call(p, buffers);
  const float* raw = in<float>(buffers, 2);
  const float* weight = in<float>(buffers, 4);
  const float* norm_weight = in<float>(buffers, 5);
  const float* mean = in<float>(buffers, 6);
  const float* inv_std = in<float>(buffers, 7);

  double* slots = reinterpret_cast<double*>(context.shared + call.sums_at);
  const Source upstream(call.gradient.data, call.gradient.place);
  context.each(call.rows.count, [&](int32_t chunk, int32_t thread) {
    double* own = slots + size_t(chunk) * 2 * channels;
    for (int32_t c = 0; c < 2 * channels; ++c) own[c] = 0;
    for (int32_t row = chunk * call.rows.step; row < lesser((chunk + 1) * call.rows.step, call.rows.rows); ++row) {
      const Place& place = upstream.place;
      const int32_t n = row / place.height, y = row % place.height;
      float* copy = context.scratch_of<float>(thread);
      if (!place.nhwc) upstream.rows(n, y, 1, 0, place.width, 0, channels, channels, copy, nullptr);
      const ptrdiff_t at = ptrdiff_t(row) * place.width * channels;
      pooled_sums(place.nhwc ? upstream.data + place.at(n, y, 0) : copy, call.gradient.index + at, raw + at, mean, place.width, channels, own);
    }
  });
  const NormCoefficients k(reinterpret_cast<float*>(context.shared + call.coefficients_at), channels);
  const double count = double(p.batch) * p.outHeight * p.outWidth;
  for (int32_t c = 0; c < channels; ++c) {
    double sum = 0, dot = 0;
    for (int32_t chunk = 0; chunk < call.rows.count; ++chunk) {
      sum += slots[size_t(chunk) * 2 * channels + c];
      dot += slots[(size_t(chunk) * 2 + 1) * channels + c];
    }
    const double inv = inv_std[c];
    grad_scale[c] = float(dot * inv);
    grad_shift[c] = float(sum);
    k.scale[c] = float((norm_weight ? norm_weight[c] : 1) * inv);
    k.shift[c] = float(sum / count);
    k.slope[c] = float(-inv * inv * dot / count);
  }

  run_fused_weight(call.shape, call.input, call.gradient, grad_weight, nullptr, context, context.shared);
  char* const memory = context.shared + call.scatter_at;
  call.scatter.run(context, memory);
  const double *const matrix = call.scatter.scatter(memory), *const sums = call.scatter.sums(memory);
  context.each(channels, [&](int32_t o, int32_t) {
    const float* w = weight + ptrdiff_t(o) * taps;
    float* to = grad_weight + ptrdiff_t(o) * taps;
    for (int32_t i = 0; i < taps; ++i) {
      double along = 0;
      for (int32_t j = 0; j < taps; ++j) along += double(w[call.scatter.place(j)]) * matrix[size_t(i) * taps + j];
      float& at = to[call.scatter.place(i)];
      at = float(double(k.scale[o]) * (double(at) - double(k.shift[o]) * sums[i] + double(k.slope[o]) * along));
    }
  });
  return 0;
}
static ScratchNeed conv2d_norm_train_backward_scratch(const ConvNormBackwardParams& p, int32_t) {
  if (p.batch <= 0 || p.outHeight <= 0 || p.outWidth <= 0 || p.inChannels <= 0 || p.outChannels <= 0) return {};
  char some[4];
  void* all[12];
  for (void*& b : all) b = some;
  const ConvNormBackward call(p, all);
  return {call.per_thread, call.shared};
}
DRISHTI_KERNEL_SCRATCH(conv2d_norm_train_backward_f32, conv2d_norm_train_backward, conv2d_norm_train_backward_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
