// Portable vectors over GCC/Clang vector extensions. Vec<W> is W floats for any W of 4, 8, 16 whatever the ISA (narrow
// machines run wide vectors in halves), so one template serves every lane count; LANES is the native one.
//
// Results must not depend on how the compiler contracts: build with -ffp-contract=off and say fma() where one is meant.
// Loop tails use load_part/store_part, so that the last few elements see the same instructions as all others.
#pragma once
#include <stddef.h>  // C headers only: the WASM build has no C++ library
#include <stdint.h>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

// Every ISA's code lives in its own namespace: they are all linked into one addon.
#ifndef DRISHTI_NS
#define DRISHTI_NS plain
#endif

#ifndef DRISHTI_LANES
#if defined(__AVX512F__)
#define DRISHTI_LANES 16
#elif defined(__AVX2__)
#define DRISHTI_LANES 8
#else
#define DRISHTI_LANES 4
#endif
#endif

// always_inline: no vector crosses a call (no ABI questions), and no copy of one ISA's function can stand in for another's.
#define DRISHTI_INLINE inline __attribute__((always_inline))

#define DRISHTI_LAMBDA_INLINE __attribute__((always_inline))
#pragma GCC diagnostic ignored "-Wpsabi"

namespace drishti {
namespace DRISHTI_NS {

constexpr int LANES = DRISHTI_LANES;

#if defined(__FMA__) || defined(__ARM_NEON) || defined(__wasm_relaxed_simd__)
constexpr bool HAS_FMA = true;
#else
constexpr bool HAS_FMA = false;
#endif

// Native runs may flush denormals (kernel.h says which kernels keep them); WASM cannot.
#if defined(__wasm__)
constexpr bool FLUSHES = false;
#else
constexpr bool FLUSHES = true;
#endif

template <class T, int N> struct VecOf { typedef T type __attribute__((vector_size(N * sizeof(T)))); };
template <int W> using Vec = typename VecOf<float, W>::type;
template <int W> using VecI = typename VecOf<int32_t, W>::type;   // also what a comparison of Vec<W> yields: -1 or 0
template <int W> using VecU = typename VecOf<uint32_t, W>::type;
template <int W> using VecD = typename VecOf<double, W>::type;    // use W/2 doubles for one register

using F = Vec<LANES>;
using I = VecI<LANES>;
using U = VecU<LANES>;
using D = VecD<LANES / 2>;

template <class V> constexpr int lanes_of = int(sizeof(V) / sizeof(V{}[0]));

// Loads and stores of any alignment; V comes first: load<F>(p).
template <class V> struct __attribute__((packed, may_alias)) Loose { V v; };
template <class V> DRISHTI_INLINE V load(const void* p) { return static_cast<const Loose<V>*>(p)->v; }
template <class V> DRISHTI_INLINE void store(void* p, V v) { static_cast<Loose<V>*>(p)->v = v; }

// 0, 1, 2, … in the lanes.
template <class V> DRISHTI_INLINE V iota() {
  V v;
  for (int i = 0; i < lanes_of<V>; ++i) v[i] = i;
  return v;
}

// The first n lanes (0 <= n <= W), zeros behind them. Nothing behind p[n - 1] is touched.
template <class V, class T> DRISHTI_INLINE V load_part(const T* p, int n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) return V(_mm512_maskz_loadu_epi32(__mmask16((1u << n) - 1), p));
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4)
    return V(_mm256_maskload_epi32(reinterpret_cast<const int*>(p), (__m256i)(iota<VecI<8>>() < n)));
#endif
  V v{};
  for (int i = 0; i < n; ++i) v[i] = p[i];
  return v;
}
template <class V, class T> DRISHTI_INLINE void store_part(T* p, V v, int n) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64 && sizeof(T) == 4) {
    _mm512_mask_storeu_epi32(p, __mmask16((1u << n) - 1), (__m512i)v);
    return;
  }
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && sizeof(T) == 4) {
    _mm256_maskstore_epi32(reinterpret_cast<int*>(p), (__m256i)(iota<VecI<8>>() < n), (__m256i)v);
    return;
  }
#endif
  for (int i = 0; i < n; ++i) p[i] = v[i];
}

// The halves of a vector, and their joining.
template <class V> using HalfOf = typename VecOf<decltype(V{}[0] + 0), lanes_of<V> / 2>::type;
template <class V> DRISHTI_INLINE HalfOf<V> low(V v) {
  if constexpr (lanes_of<V> == 4) return __builtin_shufflevector(v, v, 0, 1);
  else if constexpr (lanes_of<V> == 8) return __builtin_shufflevector(v, v, 0, 1, 2, 3);
  else return __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
}
template <class V> DRISHTI_INLINE HalfOf<V> high(V v) {
  if constexpr (lanes_of<V> == 4) return __builtin_shufflevector(v, v, 2, 3);
  else if constexpr (lanes_of<V> == 8) return __builtin_shufflevector(v, v, 4, 5, 6, 7);
  else return __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
}
template <class V> DRISHTI_INLINE V join(HalfOf<V> a, HalfOf<V> b) {
  if constexpr (lanes_of<V> == 4) return __builtin_shufflevector(a, b, 0, 1, 2, 3);
  else if constexpr (lanes_of<V> == 8) return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7);
  else return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

template <class V, class T> DRISHTI_INLINE V splat(T x) { return V{} + x; }
// `V{} + x` would lose the sign of -0; floats go this way.
template <class V> DRISHTI_INLINE V splat(float x) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return V(_mm512_set1_ps(x));
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) return V(_mm256_set1_ps(x));
#endif
  if constexpr (lanes_of<V> == 4) return V{x, x, x, x};  // a loop over lanes is ten shuffles to g++
  else if constexpr (lanes_of<V> > 4) return join<V>(splat<HalfOf<V>>(x), splat<HalfOf<V>>(x));
  else return V{x, x};
}

// Bits as another type of the same size.
template <class To, class From> DRISHTI_INLINE To bits(From v) {
  static_assert(sizeof(To) == sizeof(From), "bits: sizes differ");
  To t;
  __builtin_memcpy(&t, &v, sizeof t);
  return t;
}

// a·b + c: one rounding where the machine has FMA, two elsewhere. The same in every lane and in fma1.
template <class V> DRISHTI_INLINE V fma(V a, V b, V c) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return V(_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c));
#endif
#if defined(__FMA__)
  if constexpr (sizeof(V) == 32) return V(_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c));
  if constexpr (sizeof(V) == 16) return V(_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c));
#elif defined(__ARM_NEON)
  if constexpr (sizeof(V) == 16) return V(vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b));
#elif defined(__wasm_relaxed_simd__)
  if constexpr (sizeof(V) == 16) return V(__builtin_wasm_relaxed_madd_f32x4((__f32x4)a, (__f32x4)b, (__f32x4)c));
#endif
  if constexpr (HAS_FMA && lanes_of<V> > 4) return join<V>(fma(low(a), low(b), low(c)), fma(high(a), high(b), high(c)));
  else return a * b + c;
}
DRISHTI_INLINE float fma1(float a, float b, float c) {
#if defined(__FMA__) || defined(__ARM_NEON)
  return __builtin_fmaf(a, b, c);
#elif defined(__wasm_relaxed_simd__)
  return fma(splat<Vec<4>>(a), splat<Vec<4>>(b), splat<Vec<4>>(c))[0];  // fused or not: the engine's choice, so ask it the same way
#else
  return a * b + c;
#endif
}

// mask: what a comparison yields, all ones or zeros in each lane.
template <class M, class V> DRISHTI_INLINE V select(M mask, V a, V b) { return mask ? a : b; }

// The second operand where either is NaN, as MINPS and MAXPS. Use these and not `a < b ? a : b`: of that, clang makes the
// relaxed minimum in relaxed WASM, which may drop NaN.
template <class V> DRISHTI_INLINE V min(V a, V b) {
#if defined(__wasm_simd128__)
  if constexpr (sizeof(V) == 16) return V(__builtin_wasm_pmin_f32x4((__f32x4)b, (__f32x4)a));
  else
#endif
    return a < b ? a : b;
}
template <class V> DRISHTI_INLINE V max(V a, V b) {
#if defined(__wasm_simd128__)
  if constexpr (sizeof(V) == 16) return V(__builtin_wasm_pmax_f32x4((__f32x4)b, (__f32x4)a));
  else
#endif
    return a > b ? a : b;
}
// NaN if either is.
template <class V> DRISHTI_INLINE V min_nan(V a, V b) { return a != a ? a : min(a, b); }
template <class V> DRISHTI_INLINE V max_nan(V a, V b) { return a != a ? a : max(a, b); }

template <class V> DRISHTI_INLINE V abs(V a) {
  using B = VecI<lanes_of<V>>;
  return bits<V>(bits<B>(a) & 0x7fffffff);
}

template <class V> DRISHTI_INLINE V sqrt(V a) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return V(_mm512_sqrt_ps((__m512)a));
#endif
#if defined(__AVX__)
  if constexpr (sizeof(V) == 32) return V(_mm256_sqrt_ps((__m256)a));
#endif
#if defined(__SSE2__)
  if constexpr (sizeof(V) == 16) return V(_mm_sqrt_ps((__m128)a));
#elif defined(__ARM_NEON)
  if constexpr (sizeof(V) == 16) return V(vsqrtq_f32((float32x4_t)a));
#elif defined(__wasm_simd128__)
  if constexpr (sizeof(V) == 16) return V(wasm_f32x4_sqrt((v128_t)a));
#endif
  if constexpr (lanes_of<V> > 4) return join<V>(sqrt(low(a)), sqrt(high(a)));
  else {
    for (int i = 0; i < lanes_of<V>; ++i) a[i] = __builtin_sqrtf(a[i]);
    return a;
  }
}
DRISHTI_INLINE float sqrt1(float x) { return __builtin_sqrtf(x); }  // one instruction under -fno-math-errno

// Sum and extremes over the lanes, halves first: a fixed order.
template <class V> DRISHTI_INLINE auto sum(V v) {
  if constexpr (lanes_of<V> == 2) return v[0] + v[1];
  else return sum(low(v) + high(v));
}
template <class V> DRISHTI_INLINE auto max_of(V v) {
  if constexpr (lanes_of<V> == 2) return v[0] > v[1] ? v[0] : v[1];
  else return max_of(max(low(v), high(v)));
}
template <class V> DRISHTI_INLINE bool any(V mask) {
  if constexpr (lanes_of<V> == 2) return (mask[0] | mask[1]) != 0;
  else return any(low(mask) | high(mask));
}

// To doubles and back: the halves of W floats as W/2 doubles each.
template <class H> DRISHTI_INLINE auto widen(H h) {
#if defined(__AVX512F__)
  if constexpr (sizeof(H) == 32) return VecD<8>(_mm512_cvtps_pd((__m256)h));
  else
#endif
#if defined(__AVX__)
  if constexpr (sizeof(H) == 16) return VecD<4>(_mm256_cvtps_pd((__m128)h));
  else
#endif
    return __builtin_convertvector(h, VecD<lanes_of<H>>);
}
template <class V> DRISHTI_INLINE auto widen_low(V v) { return widen(low(v)); }
template <class V> DRISHTI_INLINE auto widen_high(V v) { return widen(high(v)); }

}  // namespace DRISHTI_NS
}  // namespace drishti
