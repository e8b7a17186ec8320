// Softmax and its logarithm along the middle axis of [outer, size, inner], and their gradients; sums in doubles.
// inner = 1: lanes along the row. inner > 1: lanes across the inner axis, so each lane has a line of its own.
#include "math.h"
#include "sums.h"

namespace drishti {
namespace DRISHTI_NS {

// A line (or LANES lines) as the loops below see it: vectors at k, each `live` lanes wide.
struct Lines {
  size_t start;
  int32_t steps;   // vectors to go through
  size_t stride;   // elements between them
  bool rows;
  int32_t lanes;   // of every vector (columns) …
  int32_t tail;    // … or of the last one (rows)
  DRISHTI_INLINE int32_t live(int32_t k) const { return rows ? (k + 1 == steps ? tail : LANES) : lanes; }
  DRISHTI_INLINE F get(const float* x, int32_t k, float rest) const {
    const float* at = x + start + size_t(k) * stride;
    const int32_t n = live(k);
    if (n == LANES) return load<F>(at);
    return iota<I>() < n ? load_part<F>(at, n) : splat<F>(rest);  // `rest` in the lanes that are not there
  }
  DRISHTI_INLINE void put(float* y, int32_t k, F v) const {
    float* at = y + start + size_t(k) * stride;
    const int32_t n = live(k);
    if (n == LANES) store(at, v);
    else store_part(at, v, n);
  }
  // One number for each line: of all lanes together (rows), or of each.
  DRISHTI_INLINE F total(D low, D high) const {
    if (rows) return splat<F>(float(sum(low + high)));
    return narrow<F>(low, high);
  }
};

template <class Body> static void each_lines(const SoftmaxF32Params& p, Context& context, Body&& body) {
  const bool rows = p.inner == 1;
  const int32_t blocks = rows ? 1 : (p.inner + LANES - 1) / LANES;
  const int64_t work = int64_t(p.size) * (rows ? 1 : LANES) + 16;
  const int32_t group = int32_t(work >= 4096 ? 1 : 4096 / work);
  const int32_t items = p.size == 0 ? 0 : p.outer * blocks;
  context.each((items + group - 1) / group, [&](int32_t chunk, int32_t) {
    const int32_t end = items - chunk * group < group ? items : (chunk + 1) * group;
    for (int32_t item = chunk * group; item < end; ++item) {
      Lines l;
      const int32_t lane = item % blocks * LANES;
      l.start = size_t(item / blocks) * p.size * p.inner + (rows ? 0 : lane);
      l.rows = rows;
      l.steps = rows ? (p.size + LANES - 1) / LANES : p.size;
      l.stride = rows ? LANES : p.inner;
      l.lanes = p.inner - lane < LANES ? p.inner - lane : LANES;
      l.tail = p.size - (l.steps - 1) * LANES;
      body(l);
    }
  });
}

// The largest of each line in every lane; NaN wins.
static DRISHTI_INLINE F line_max(const Lines& l, const float* x) {
  F m = splat<F>(-__builtin_inff());
  for (int32_t k = 0; k < l.steps; ++k) m = max_nan(l.get(x, k, -__builtin_inff()), m);
  if (!l.rows) return m;
  float best = m[0];
  for (int i = 1; i < LANES; ++i) best = m[i] > best || m[i] != m[i] ? m[i] : best;
  return splat<F>(best);
}

static int32_t softmax(const SoftmaxF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  each_lines(p, context, [&](const Lines& l) {
    const F m = line_max(l, x);
    D low{}, high{};
    for (int32_t k = 0; k < l.steps; ++k) {
      const F e = exp(l.get(x, k, -__builtin_inff()) - m);
      low += widen_low(e);
      high += widen_high(e);
      l.put(y, k, e);
    }
    const F sum = l.total(low, high);
    for (int32_t k = 0; k < l.steps; ++k) l.put(y, k, l.get(y, k, 0) / sum);
  });
  return 0;
}
DRISHTI_KERNEL(softmax_f32, softmax)

static int32_t log_softmax(const LogSoftmaxF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  each_lines(p, context, [&](const Lines& l) {
    const F m = line_max(l, x);
    D low{}, high{};
    for (int32_t k = 0; k < l.steps; ++k) {
      const F e = exp(l.get(x, k, -__builtin_inff()) - m);
      low += widen_low(e);
      high += widen_high(e);
    }
    const F log_sum = log(l.total(low, high));
    for (int32_t k = 0; k < l.steps; ++k) l.put(y, k, (l.get(x, k, 0) - m) - log_sum);
  });
  return 0;
}
DRISHTI_KERNEL(log_softmax_f32, log_softmax)

static int32_t softmax_backward(const SoftmaxBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const float* y = in<float>(buffers, 1);
  float* dx = out<float>(buffers, 2);
  each_lines(p, context, [&](const Lines& l) {
    D low{}, high{};
    for (int32_t k = 0; k < l.steps; ++k) {
      const F u = l.get(g, k, 0), v = l.get(y, k, 0);
      low += widen_low(u) * widen_low(v);
      high += widen_high(u) * widen_high(v);
    }
    const F dot = l.total(low, high);
    for (int32_t k = 0; k < l.steps; ++k) l.put(dx, k, l.get(y, k, 0) * (l.get(g, k, 0) - dot));
  });
  return 0;
}
DRISHTI_KERNEL(softmax_backward_f32, softmax_backward)

static int32_t log_softmax_backward(const LogSoftmaxBackwardF32Params& p, void* const* buffers, Context& context) {
  const float* g = in<float>(buffers, 0);
  const float* y = in<float>(buffers, 1);
  float* dx = out<float>(buffers, 2);
  each_lines(p, context, [&](const Lines& l) {
    D low{}, high{};
    for (int32_t k = 0; k < l.steps; ++k) {
      const F u = l.get(g, k, 0);
      low += widen_low(u);
      high += widen_high(u);
    }
    const F sum = l.total(low, high);
    for (int32_t k = 0; k < l.steps; ++k) l.put(dx, k, l.get(g, k, 0) - exp(l.get(y, k, 0)) * sum);
  });
  return 0;
}
DRISHTI_KERNEL(log_softmax_backward_f32, log_softmax_backward)

}  // namespace DRISHTI_NS
}  // namespace drishti
