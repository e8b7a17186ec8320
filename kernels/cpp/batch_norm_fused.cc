// Batch norm of NHWC images by batch statistics, with residual, ReLU and max-pool: lanes are channels.
//
// Statistics: chunks of rows, cut by shape alone, have a mean and a sum of squares about it for each channel; they are merged in
// order, in doubles. In a chunk a block of pixels is summed in floats as differences from the mean so far, so that a mean far
// from 0 costs no digits.
// Reference: packages/core/src/kernels/reference/fused.ts.
#include "norm-apply.h"

namespace drishti {
namespace DRISHTI_NS {

// Channels [c, c + V vectors) of one chunk: mean and squares.
template <int V> __attribute__((noinline)) static void chunk_moments(const NormCall& call, const Place& place, const float* x, int32_t chunk, int32_t c, double* slots) {
  const int32_t live = call.channels - c;
  double mean[V * LANES] = {}, squares[V * LANES] = {}, total = 0;
  F shift[V];
  for (int v = 0; v < V; ++v) shift[v] = F{};
  const int32_t first = chunk * call.rows.step, end = lesser(first + call.rows.step, call.rows.rows);
  NormSums<V> s = {};
  int32_t held = 0;
  const auto flush = [&] {
    for (int v = 0; v < V; ++v)
      for (int l = 0; l < LANES; ++l) {
        const int i = v * LANES + l;
        merge_block(held, double(shift[v][l]), double(s.a[v][l]), double(s.b[v][l]), total, mean[i], squares[i]);
        shift[v][l] = float(mean[i]);
      }
    total += held;
    held = 0;
    s = {};
  };
  for (int32_t row = first; row < end; ++row) {
    const float* from = x + place.at(row / call.height, row % call.height, 0) + c;
    for (int32_t i = 0; i < call.width;) {
      // The first block is short: it only finds where the values lie.
      const int32_t some = lesser(call.width - i, (total == 0 ? 8 : NORM_BLOCK) - held);
      add_row<V, false>(s, from + i * place.pixel, nullptr, place.pixel, some, shift, live);
      i += some;
      held += some;
      if (held == (total == 0 ? 8 : NORM_BLOCK)) flush();
    }
  }
  if (held) flush();
  for (int i = 0; i < V * LANES && i < live; ++i) {
    slots[c + i] = mean[i];
    slots[call.channels + c + i] = squares[i];
  }
}

static ScratchNeed norm_fused_scratch(const NormTrainParams& p, int32_t) {
  const NormCall call(p.batch, p.channels, p.height, p.width);
  return {size_t(p.width) * p.channels * 4, call.slots() * 8 + size_t(p.channels) * 16};
}

static int32_t batch_norm_fused_train(const NormTrainParams& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  const float* weight = in<float>(buffers, 1);
  const float* bias = in<float>(buffers, 2);
  const float* residual = in<float>(buffers, 3);
  float* const output = out<float>(buffers, 4);
  float* mean = out<float>(buffers, 5);
  float* inv_std = out<float>(buffers, 6);
  float* variance = out<float>(buffers, 7);
  uint8_t* index = out<uint8_t>(buffers, 8);
  const NormCall call(p.batch, p.channels, p.height, p.width);
  const Place from(1, p.channels, p.height, p.width, p.inBorder);
  double* slots = reinterpret_cast<double*>(context.shared);
  const NormCoefficients k(reinterpret_cast<float*>(slots + call.slots()), p.channels);
  context.each(call.rows.count, [&](int32_t chunk, int32_t) {
    double* own = slots + size_t(chunk) * 2 * p.channels;
    int32_t c = 0;
    for (; c + 4 * LANES <= p.channels; c += 4 * LANES) chunk_moments<4>(call, from, x, chunk, c, own);
    for (; c < p.channels; c += LANES) chunk_moments<1>(call, from, x, chunk, c, own);
  });
  finish_statistics(slots, call.rows.count, p.channels, [&](int32_t chunk) { return call.count_of(chunk); }, {weight, bias, p.eps, mean, inv_std, variance}, k);
  apply_norm(p, k, x, residual, output, index, context);
  return 0;
}
DRISHTI_KERNEL_SCRATCH(batch_norm_fused_train_f32, batch_norm_fused_train, norm_fused_scratch)

}  // namespace DRISHTI_NS
}  // namespace drishti
