// Transposition of a float matrix through registers: 8x8 blocks (4x4 on 128-bit machines), then 4x4, then single elements.
#pragma once
#include "simd.h"

namespace drishti {
namespace DRISHTI_NS {

// dst[c][r] = src[r][c] for 4 x 4 elements.
DRISHTI_INLINE void transpose_4x4(const float* src, ptrdiff_t src_pitch, float* dst, ptrdiff_t dst_pitch) {
  using V = Vec<4>;
  const V a = load<V>(src), b = load<V>(src + src_pitch), c = load<V>(src + 2 * src_pitch), d = load<V>(src + 3 * src_pitch);
  const V ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const V cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  store(dst, __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5));
  store(dst + dst_pitch, __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7));
  store(dst + 2 * dst_pitch, __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5));
  store(dst + 3 * dst_pitch, __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7));
}

// 8 x 8: rows r and r + 4 share a register, so that all shuffles stay within its 128-bit halves.
// Not inlined: in a loop the compiler would keep a pointer on the stack for each row.
__attribute__((noinline)) static void transpose_8x8(const float* src, ptrdiff_t src_pitch, float* dst, ptrdiff_t dst_pitch) {
  using V = Vec<8>;
  for (int half = 0; half < 2; ++half) {  // columns 4 * half to 4 * half + 3
    V r[4];
    for (int i = 0; i < 4; ++i)
      r[i] = join<V>(load<Vec<4>>(src + i * src_pitch + 4 * half), load<Vec<4>>(src + (i + 4) * src_pitch + 4 * half));
    const V ab0 = __builtin_shufflevector(r[0], r[1], 0, 8, 1, 9, 4, 12, 5, 13);
    const V ab1 = __builtin_shufflevector(r[0], r[1], 2, 10, 3, 11, 6, 14, 7, 15);
    const V cd0 = __builtin_shufflevector(r[2], r[3], 0, 8, 1, 9, 4, 12, 5, 13);
    const V cd1 = __builtin_shufflevector(r[2], r[3], 2, 10, 3, 11, 6, 14, 7, 15);
    float* to = dst + 4 * half * dst_pitch;
    store(to, __builtin_shufflevector(ab0, cd0, 0, 1, 8, 9, 4, 5, 12, 13));
    store(to + dst_pitch, __builtin_shufflevector(ab0, cd0, 2, 3, 10, 11, 6, 7, 14, 15));
    store(to + 2 * dst_pitch, __builtin_shufflevector(ab1, cd1, 0, 1, 8, 9, 4, 5, 12, 13));
    store(to + 3 * dst_pitch, __builtin_shufflevector(ab1, cd1, 2, 3, 10, 11, 6, 7, 14, 15));
  }
}

template <int R> DRISHTI_INLINE void transpose_rows(const float* src, ptrdiff_t src_pitch, int32_t cols, float* dst, ptrdiff_t dst_pitch) {
  int32_t c = 0;
  for (; c + 8 <= cols; c += 8)
    for (int r = 0; r < R; r += 8) transpose_8x8(src + r * src_pitch + c, src_pitch, dst + c * dst_pitch + r, dst_pitch);
  for (; c + 4 <= cols; c += 4)
    for (int r = 0; r < R; r += 4) transpose_4x4(src + r * src_pitch + c, src_pitch, dst + c * dst_pitch + r, dst_pitch);
  for (; c < cols; ++c)
    for (int i = 0; i < R; ++i) dst[c * dst_pitch + i] = src[i * src_pitch + c];
}

// dst[c * dst_pitch + r] = src[r * src_pitch + c], r < rows, c < cols. The two do not overlap.
__attribute__((noinline)) static void transpose(const float* src, ptrdiff_t src_pitch, int32_t rows, int32_t cols, float* dst,
                                                ptrdiff_t dst_pitch) {
  int32_t r = 0;
  if constexpr (LANES >= 8) {
    // 16 rows at a time fill whole cache lines of dst, which matters where its pitch is a multiple of 4 KB.
    for (; r + 16 <= rows; r += 16) transpose_rows<16>(src + r * src_pitch, src_pitch, cols, dst + r, dst_pitch);
    for (; r + 8 <= rows; r += 8) transpose_rows<8>(src + r * src_pitch, src_pitch, cols, dst + r, dst_pitch);
  }
  for (; r + 4 <= rows; r += 4) {
    const float* from = src + r * src_pitch;
    float* to = dst + r;
    int32_t c = 0;
    for (; c + 4 <= cols; c += 4) transpose_4x4(from + c, src_pitch, to + c * dst_pitch, dst_pitch);
    for (; c < cols; ++c)
      for (int i = 0; i < 4; ++i) to[c * dst_pitch + i] = from[i * src_pitch + c];
  }
  for (; r < rows; ++r)
    for (int32_t c = 0; c < cols; ++c) dst[c * dst_pitch + r] = src[r * src_pitch + c];
}

}  // namespace DRISHTI_NS
}  // namespace drishti
