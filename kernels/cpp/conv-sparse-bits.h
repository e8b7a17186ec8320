// Bytes of a pool's index as bits, and turned by channel: what both sparse gradients start from.
#pragma once
#include "layouts.h"

namespace drishti {
namespace DRISHTI_NS {

constexpr size_t SPARSE_BYTES = 1 << 20;  // most scratch for an image; larger ones go the dense way

// Bit i: p[i] == q, i < count <= 64.
static DRISHTI_INLINE uint64_t bits_of(const uint8_t* p, int32_t count, uint8_t q) {
  uint64_t bits = 0;
  int32_t i = 0;
#if defined(__AVX2__)
  for (; i + 32 <= count; i += 32)
    bits |= uint64_t(uint32_t(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p + i)), _mm256_set1_epi8(char(q)))))) << i;
#elif defined(__SSE2__)
  for (; i + 16 <= count; i += 16)
    bits |= uint64_t(uint32_t(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p + i)), _mm_set1_epi8(char(q)))))) << i;
#elif defined(__wasm_simd128__)
  for (; i + 16 <= count; i += 16) bits |= uint64_t(wasm_i8x16_bitmask(wasm_i8x16_eq(wasm_v128_load(p + i), wasm_i8x16_splat(int8_t(q))))) << i;
#endif
  for (; i < count; ++i) bits |= uint64_t(p[i] == q) << i;
  return bits;
}

// to[c][r] = from[r][c], bytes.
static inline void transpose_bytes(const uint8_t* from, ptrdiff_t from_pitch, int32_t rows, int32_t columns, uint8_t* to, ptrdiff_t to_pitch) {
  typedef uint8_t B __attribute__((vector_size(16)));
  for (int32_t r = 0; r < rows; r += 16)
    for (int32_t c = 0; c < columns; c += 16) {
      if (rows - r < 16 || columns - c < 16) {
        for (int32_t i = r; i < rows && i < r + 16; ++i)
          for (int32_t j = c; j < columns && j < c + 16; ++j) to[j * to_pitch + i] = from[i * from_pitch + j];
        continue;
      }
      B a[16], b[16];
      for (int i = 0; i < 16; ++i) a[i] = load<B>(from + (r + i) * from_pitch + c);
      const auto mix = [](const B* in, B* out) DRISHTI_LAMBDA_INLINE {
        for (int i = 0; i < 8; ++i) {
          out[2 * i] = __builtin_shufflevector(in[i], in[i + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
          out[2 * i + 1] = __builtin_shufflevector(in[i], in[i + 8], 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        }
      };
      mix(a, b);
      mix(b, a);
      mix(a, b);
      mix(b, a);
      for (int i = 0; i < 16; ++i) store(to + (c + i) * to_pitch + r, a[i]);
    }
}

}  // namespace DRISHTI_NS
}  // namespace drishti
