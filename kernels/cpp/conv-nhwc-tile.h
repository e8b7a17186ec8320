// The last pass of a convolution with what follows it, in registers: the sums of a tile are completed, the residual is added,
// ReLU and the 2x2 pool are done, and the result goes to NHWC, without a detour through memory. For whole blocks of lanes.
#pragma once
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

// `start`, or what the earlier passes left in `out`, comes first. A window is one pixel or the four of a 2x2 pool.
struct EndCall {
  TileCall sums;
  float* out;
  const float* residual;  // or null; never with a pool
  uint8_t* index;         // or null; with a pool alone; window after window, `channels` apart
  int32_t channels;
  bool relu, six;  // six: ReLU6
};

// ends[window]: from `out`, and from `residual`.
template <int P, int V, int WINDOW, int L, bool FETCH>
__attribute__((noinline)) static void end_tiles(const EndCall& call, const Spot* spots, const Spot* ends, int32_t count, uint8_t* index) {
  const TileCall& sums = call.sums;
  const char* ahead = reinterpret_cast<const char*>(sums.ahead);
  for (; count > 0; --count, spots += P, ends += P / WINDOW) {
    F sum[P][V];
    sum_tile<P, V, L, FETCH>(sums, spots, ahead, sum);
    for (int u = 0; u < P / WINDOW; ++u) {
      float* const to = call.out + ends[u].dest;
      for (int v = 0; v < V; ++v) {
        const auto value = [&](int q) DRISHTI_LAMBDA_INLINE {
          const float* const from = sums.start ? sums.start : sums.out + spots[u * WINDOW + q].dest;
          return load<F>(from + v * LANES) + sum[u * WINDOW + q][v];
        };
        if constexpr (WINDOW == 1) {
          F best = value(0);
          if (call.residual) best += load<F>(call.residual + ends[u].source + v * LANES);
          if (call.relu) best = bits<F>(bits<I>(best) & ~I(best <= 0.0f));  // NaN passes
          if (call.six) best = select(best > 6.0f, splat<F>(6.0f), best);
          store(to + v * LANES, best);
        } else {
          Largest largest(value(0));
          for (int q = 1; q < WINDOW; ++q) largest.meet(value(q), q);
          auto [best, winner] = largest;
          if (call.relu) {
            const I dead = best <= 0.0f;
            best = bits<F>(bits<I>(best) & ~dead);
            winner = select(dead, I{} + WINDOW, winner);
            if (call.six) best = select(best > 6.0f, splat<F>(6.0f), best);
          }
          store(to + v * LANES, best);
          if (index) narrow(index + v * LANES, winner);
        }
      }
      if (index) index += call.channels;
    }
  }
}

// `count` windows.
template <int V, int WINDOW> static void all_end_tiles(const EndCall& call, const Spot* spots, const Spot* ends, int32_t count) {
  constexpr int P = WINDOW == 1 ? (V == 1 ? MAX_TILE_ROWS : TILE_ROWS) : V == 1 || TILE_ROWS == 8 ? 8 : 4;
  uint8_t* index = call.index;
  const auto take = [&](void (*run)(const EndCall&, const Spot*, const Spot*, int32_t, uint8_t*), int32_t rows, int32_t times) {
    run(call, spots, ends, times, index);
    const int32_t windows = rows * times / WINDOW;
    spots += rows * times;
    ends += windows;
    count -= windows;
    if (index) index += ptrdiff_t(windows) * call.channels;
  };
  const int32_t full = count * WINDOW / P, same = call.sums.same;
  if (full > 0) {
    if (same == 3) take(end_tiles<P, V, WINDOW, 3, false>, P, full);
    else if (same == 5) take(end_tiles<P, V, WINDOW, 5, false>, P, full);
    else if (same == 7) take(end_tiles<P, V, WINDOW, 7, false>, P, full);
    else if (CAN_FETCH && V == 2 && call.sums.ahead) take(end_tiles<P, V, WINDOW, 0, CAN_FETCH>, P, full);
    else take(end_tiles<P, V, WINDOW, 0, false>, P, full);
  }
  if constexpr (WINDOW == 4) {
    if constexpr (P == 8)
      if (count == 1) take(end_tiles<4, V, 4, 0, false>, 4, 1);
  } else {
    if constexpr (P > 4)
      if (count >= 4) take(end_tiles<4, V, 1, 0, false>, 4, 1);
    if (count == 3) take(end_tiles<3, V, 1, 0, false>, 3, 1);
    if (count == 2) take(end_tiles<2, V, 1, 0, false>, 2, 1);
    if (count == 1) take(end_tiles<1, V, 1, 0, false>, 1, 1);
  }
}
static inline void run_end_tiles(int v, int window, const EndCall& call, const Spot* spots, const Spot* ends, int32_t count) {
  if (window == 4) {
    if (v == 1) all_end_tiles<1, 4>(call, spots, ends, count);
    else all_end_tiles<2, 4>(call, spots, ends, count);
  } else if (v == 1) all_end_tiles<1, 1>(call, spots, ends, count);
  else all_end_tiles<2, 1>(call, spots, ends, count);
}

}  // namespace DRISHTI_NS
}  // namespace drishti
