// Sums, extremes and their positions along the middle axis of [outer, size, inner].
// inner = 1: rows, lanes along the row. inner > 1: lanes across the inner axis, one line in each.
#include "sums.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr int32_t REDUCE_GRAIN = 16384;  // elements read by a chunk

// Lines are grouped into chunks of about REDUCE_GRAIN elements; with few and long ones the axis itself is split.
struct ReducePlan {
  int32_t blocks;       // of LANES lines along the inner axis (rows: 1)
  int32_t parts;        // of the axis
  int32_t part;         // its length
  int32_t items;        // outer · blocks · parts
  int32_t items_chunk;  // items of a chunk
  int32_t chunks;
};
static ReducePlan plan_reduce(const SumF32Params& p, bool split) {
  ReducePlan r;
  r.blocks = p.inner == 1 ? 1 : (p.inner + LANES - 1) / LANES;
  const int32_t width = p.inner == 1 ? 1 : LANES;
  const int32_t longest = split ? REDUCE_GRAIN / width : p.size;
  r.parts = p.size > longest + longest / 2 ? (p.size - 1) / longest + 1 : 1;
  r.part = p.size == 0 ? 0 : (p.size - 1) / r.parts + 1;
  r.items = p.outer * r.blocks * r.parts;
  const int64_t work = int64_t(r.part) * width + 1;
  r.items_chunk = int32_t(work >= REDUCE_GRAIN ? 1 : REDUCE_GRAIN / work);
  r.chunks = (r.items + r.items_chunk - 1) / r.items_chunk;
  return r;
}
// One item: LANES lines (or one row) over a part of the axis.
struct ReduceItem {
  int32_t outer, block, part;
  ReduceItem(const ReducePlan& r, int32_t item)
      : outer(item / r.parts / r.blocks), block(item / r.parts % r.blocks), part(item % r.parts) {}
};

static void sum_lines(const SumF32Params& p, const ReducePlan& r, const ReduceItem& at, const float* x, double* sums) {
  const int32_t begin = at.part * r.part;
  const int32_t n = p.size - begin < r.part ? p.size - begin : r.part;
  const float* from = x + (size_t(at.outer) * p.size + begin) * p.inner;
  if (p.inner == 1) {
    sums[0] = sum_row(from, n);
    return;
  }
  const int32_t lane = at.block * LANES;
  const int32_t lines = p.inner - lane < LANES ? p.inner - lane : LANES;
  D low{}, high{};
  for (int32_t k = 0; k < n; ++k) {
    const float* row = from + size_t(k) * p.inner + lane;
    const F v = lines == LANES ? load<F>(row) : load_part<F>(row, lines);
    low += widen_low(v);
    high += widen_high(v);
  }
  for (int i = 0; i < LANES; ++i) sums[i] = i < LANES / 2 ? low[i] : high[i - LANES / 2];
}

static ScratchNeed sum_scratch(const SumF32Params& p, int32_t) {
  const ReducePlan r = plan_reduce(p, true);
  return {0, r.parts == 1 ? 0 : size_t(r.items) * LANES * sizeof(double)};
}
static int32_t sum_f32(const SumF32Params& p, void* const* buffers, Context& context) {
  const float* x = in<float>(buffers, 0);
  float* y = out<float>(buffers, 1);
  const ReducePlan r = plan_reduce(p, true);
  double* partials = reinterpret_cast<double*>(context.shared);
  auto put = [&](const ReduceItem& at, const double* sums) {
    const int32_t lane = at.block * LANES;
    const int32_t lines = p.inner - lane < LANES ? p.inner - lane : LANES;
    for (int32_t i = 0; i < lines; ++i) y[size_t(at.outer) * p.inner + lane + i] = float(sums[i]);
  };
  context.each(r.chunks, [&](int32_t chunk, int32_t) {
    const int32_t end = r.items - chunk * r.items_chunk < r.items_chunk ? r.items : (chunk + 1) * r.items_chunk;
    for (int32_t item = chunk * r.items_chunk; item < end; ++item) {
      double own[LANES];
      const ReduceItem at(r, item);
      sum_lines(p, r, at, x, r.parts == 1 ? own : partials + size_t(item) * LANES);
      if (r.parts == 1) put(at, own);
    }
  });
  if (r.parts == 1) return 0;
  for (int32_t item = 0; item < r.items; item += r.parts) {  // parts of a line are neighbours, added in order
    double sums[LANES] = {};
    const int32_t lines = p.inner == 1 ? 1 : LANES;
    for (int32_t part = 0; part < r.parts; ++part)
      for (int32_t i = 0; i < lines; ++i) sums[i] += partials[size_t(item + part) * LANES + i];
    put(ReduceItem(r, item), sums);
  }
  return 0;
}
DRISHTI_KERNEL_SCRATCH(sum_f32, sum_f32, sum_scratch)

// Runs body(line's start, line's output) for every line, `LANES` at a time where they are neighbours.
template <class Body> static void each_line(const SumF32Params& p, Context& context, Body&& body) {
  const ReducePlan r = plan_reduce(p, false);
  context.each(r.chunks, [&](int32_t chunk, int32_t) {
    const int32_t end = r.items - chunk * r.items_chunk < r.items_chunk ? r.items : (chunk + 1) * r.items_chunk;
    for (int32_t item = chunk * r.items_chunk; item < end; ++item) {
      const ReduceItem at(r, item);
      const int32_t lane = p.inner == 1 ? 0 : at.block * LANES;
      const int32_t lines = p.inner - lane < LANES ? p.inner - lane : LANES;
      body(size_t(at.outer) * p.size * p.inner + lane, size_t(at.outer) * p.inner + lane, lines);
    }
  });
}

static int32_t sum_i32(const SumI32Params& p, void* const* buffers, Context& context) {
  const uint32_t* x = in<uint32_t>(buffers, 0);  // wraps around
  uint32_t* y = out<uint32_t>(buffers, 1);
  each_line(p, context, [&](size_t from, size_t to, int32_t lines) {
    for (int32_t i = 0; i < lines; ++i) {
      uint32_t sum = 0;
      for (int32_t k = 0; k < p.size; ++k) sum += x[from + i + size_t(k) * p.inner];
      y[to + i] = sum;
    }
  });
  return 0;
}
DRISHTI_KERNEL_EXACT(sum_i32, sum_i32)

// Largest: x beats best if it is greater, or NaN where best is not. Smallest likewise.
template <bool LARGEST> struct Extreme {
  static constexpr float WORST = LARGEST ? -__builtin_inff() : __builtin_inff();
  template <class T> static DRISHTI_INLINE auto beats(T x, T best) {
    if constexpr (LARGEST) return (x > best) | ((x != x) & (best == best));
    else return (x < best) | ((x != x) & (best == best));
  }
};

// The extreme of each line and, where POSITION, the first place it is at.
template <bool LARGEST, bool POSITION> static int32_t extreme(const AmaxF32Params& p, void* const* buffers, Context& context) {
  using E = Extreme<LARGEST>;
  const float* x = in<float>(buffers, 0);
  float* y = POSITION ? nullptr : out<float>(buffers, 1);
  int32_t* index = POSITION ? out<int32_t>(buffers, 1) : nullptr;
  each_line(p, context, [&](size_t from, size_t to, int32_t lines) {
    // Lanes hold neighbouring lines, or (rows) neighbouring elements of one line.
    const bool rows = p.inner == 1;
    const int32_t step = rows ? LANES : 1;
    F best = splat<F>(E::WORST);
    I place{};
    int32_t k = 0;
    if (rows ? p.size >= LANES : p.size > 0) {
      best = lines == LANES || rows ? load<F>(x + from) : load_part<F>(x + from, lines);
      place = rows ? iota<I>() : I{};
      k = step;
    }
    for (; k + step <= p.size; k += step) {
      const float* at = x + from + size_t(k) * p.inner;
      const F v = rows || lines == LANES ? load<F>(at) : load_part<F>(at, lines);
      const I better = E::beats(v, best);
      best = better ? v : best;
      if constexpr (POSITION) place = better ? (rows ? iota<I>() : I{}) + k : place;
    }
    if (!rows) {
      if constexpr (POSITION) store_part(index + to, place, lines);
      else store_part(y + to, best, lines);
      return;
    }
    // Across the lanes: of equals, the first in the row.
    float winner = p.size >= LANES ? best[0] : E::WORST;
    int32_t first = p.size >= LANES ? place[0] : 0;
    auto challenge = [&](float v, int32_t at) {
      if (E::beats(v, winner) || ((v == winner || (v != v && winner != winner)) && at < first)) winner = v, first = at;
    };
    if (p.size >= LANES)
      for (int i = 1; i < LANES; ++i) challenge(best[i], place[i]);
    for (; k < p.size; ++k) challenge(x[from + k], k);
    if constexpr (POSITION) index[to] = first;
    else y[to] = winner;
  });
  return 0;
}
#define EXTREME(name, largest, position)                                                        \
  static int32_t name##_run(const AmaxF32Params& p, void* const* buffers, Context& context) {   \
    return extreme<largest, position>(p, buffers, context);                                     \
  }                                                                                             \
  DRISHTI_KERNEL_EXACT(name, name##_run)
EXTREME(amax_f32, true, false)
EXTREME(amin_f32, false, false)
EXTREME(argmax_f32, true, true)
EXTREME(argmin_f32, false, true)
#undef EXTREME

}  // namespace DRISHTI_NS
}  // namespace drishti
