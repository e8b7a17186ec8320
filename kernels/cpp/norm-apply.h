// The second pass of batch norm: normalises rows, adds the residual, rectifies and pools.
#pragma once
#include "norm.h"

namespace drishti {
namespace DRISHTI_NS {

using NormTrainParams = BatchNormFusedTrainF32Params;

// Normalises, adds, rectifies and pools the windows of one row. WHOLE: the channels fill vectors.
template <int WINDOW, bool WHOLE>
static void norm_row(const NormTrainParams& params, const NormCoefficients& k, const float* x, const Place& from, const float* residual, const Place& res, float* to, ptrdiff_t pitch, uint8_t* index) {
  const NormTrainParams p = params;  // bytes are written, and may be anything to the compiler
  constexpr int MOST = WINDOW ? WINDOW : 1;
  const int32_t window = WINDOW ? WINDOW : p.poolHeight * p.poolWidth;
  ptrdiff_t places[MOST], added[MOST];
  for (int q = 0; q < MOST; ++q) {
    places[q] = q / p.poolWidth * from.row + q % p.poolWidth * from.pixel;
    added[q] = q / p.poolWidth * res.row + q % p.poolWidth * res.pixel;
  }
  for (int32_t u = 0; u < p.width / p.poolWidth; ++u, to += pitch) {
    const float* const at = x + u * p.poolWidth * from.pixel;
    const float* const beside = residual ? residual + u * p.poolWidth * res.pixel : nullptr;
    for (int32_t c = 0; c < p.channels; c += LANES) {
      const int32_t live = p.channels - c;
      const F mean = load_lanes<WHOLE>(k.mean + c, live), scale = load_lanes<WHOLE>(k.scale + c, live), shift = load_lanes<WHOLE>(k.shift + c, live);
      const auto value = [&](int32_t q) DRISHTI_LAMBDA_INLINE {
        const ptrdiff_t place = WINDOW ? places[q % MOST] : q / p.poolWidth * from.row + q % p.poolWidth * from.pixel;
        F v = fma(load_lanes<WHOLE>(at + place + c, live) - mean, scale, shift);
        if (beside) {
          const float* add = beside + (WINDOW ? added[q % MOST] : q / p.poolWidth * res.row + q % p.poolWidth * res.pixel) + c * res.channel;
          if (res.nhwc) v += load_lanes<WHOLE>(add, live);
          else
            for (int32_t l = 0; l < LANES && l < live; ++l) v[l] += add[l * res.channel];
        }
        return v;
      };
      Largest largest(value(0));
#pragma GCC unroll 3
      for (int32_t q = 1; q < window; ++q) largest.meet(value(q), q);
      auto [best, winner] = largest;
      if (p.relu) {
        const I dead = best <= 0.0f;
        best = select(dead, F{}, best);
        winner = select(dead, I{} + window, winner);
      }
      store_lanes<WHOLE>(to + c, best, live);
      if (index) store_bytes(index + ptrdiff_t(u) * p.channels + c, winner, live);
    }
  }
}

// All rows. Scratch of a thread: a row of the input.
static void apply_norm(const NormTrainParams& p, const NormCoefficients& k, const float* x, const float* residual, float* output, uint8_t* index, Context& context) {
  const Place from(1, p.channels, p.height, p.width, p.inBorder);
  const Place to(p.outLayout, p.channels, p.height / p.poolHeight, p.width / p.poolWidth, p.outBorder);
  const Place res(p.outLayout, p.channels, p.height, p.width, p.residualBorder);
  const NormRows rows(p.batch, to.height, int64_t(p.width) * p.channels * p.poolHeight);
  if (to.height == 0 && p.batch > 0) __builtin_memset(output, 0, size_t(p.batch) * to.image * 4);
  context.each(rows.count, [&](int32_t chunk, int32_t thread) {
    float* tile = context.scratch_of<float>(thread);
    for (int32_t row = chunk * rows.step; row < lesser((chunk + 1) * rows.step, rows.rows); ++row) {
      const int32_t n = row / to.height, y = row % to.height;
      const float* at = x + from.at(n, y * p.poolHeight, 0);
      const float* add = residual ? residual + res.at(n, y * p.poolHeight, 0) : nullptr;
      uint8_t* bytes = index ? index + ptrdiff_t(row) * to.width * p.channels : nullptr;
      float* dest = to.nhwc ? output + to.at(n, y, 0) : tile;
      const int32_t window = p.poolHeight * p.poolWidth;
      const bool whole = p.channels % LANES == 0;
      if (window == 1) (whole ? norm_row<1, true> : norm_row<1, false>)(p, k, at, from, add, res, dest, p.channels, bytes);
      else if (window == 4) (whole ? norm_row<4, true> : norm_row<4, false>)(p, k, at, from, add, res, dest, p.channels, bytes);
      else norm_row<0, false>(p, k, at, from, add, res, dest, p.channels, bytes);
      if (to.nhwc) zero_border(output, to, n, y, y + 1);
      else transpose(tile, p.channels, to.width, p.channels, output + to.at(n, y, 0), to.channel);
    }
  });
}

}  // namespace DRISHTI_NS
}  // namespace drishti
