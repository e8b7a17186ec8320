// Elementary functions on vectors, without libm: one source, so native and WASM agree in method. V is any Vec<W>.
// Errors against the exact value are given in units of the last place (ulp), measured over all floats by test/math.cc
// with FMA and without. Infinities, NaN and denormal results are right unless the caller has the machine flush denormals.
#pragma once
#include "simd.h"

namespace drishti {
namespace DRISHTI_NS {

template <class V> using BitsOf = VecI<lanes_of<V>>;

// c0 + x·(c1 + x·(c2 + …)), coefficients from the highest power down.
template <class V> DRISHTI_INLINE V horner(V, V sum) { return sum; }
template <class V, class... Rest> DRISHTI_INLINE V horner(V x, V sum, float c, Rest... rest) {
  return horner(x, fma(sum, x, splat<V>(c)), rest...);
}

template <class V> DRISHTI_INLINE V copysign(V magnitude, V sign) {
  const auto s = bits<BitsOf<V>>(sign) & int32_t(0x80000000);
  return bits<V>((bits<BitsOf<V>>(magnitude) & 0x7fffffff) | s);
}
// 2^n for n in [-126, 127].
template <class V> DRISHTI_INLINE V power_of_2(BitsOf<V> n) { return bits<V>((n + 127) << 23); }
// The nearest integer as a float; `n` receives it as integers. |x| < 2^22.
template <class V> DRISHTI_INLINE V round(V x, BitsOf<V>& n) {
  const V magic = splat<V>(12582912.0f);  // 1.5·2^23: the sum's low bits are the integer
  const V shifted = x + magic;
  n = bits<BitsOf<V>>(shifted) - 0x4b400000;
  return shifted - magic;
}

// e^x = 2^n·e^r, r = x − n·ln 2 in [−0.35, 0.35]. (Cephes' expf coefficients.)
template <class V> DRISHTI_INLINE V exp(V x) {
  x = max(splat<V>(-104.0f), x);  // e^-104 rounds to 0, e^89 to infinity; NaN stays
  x = min(splat<V>(89.0f), x);
  BitsOf<V> n;
  const V k = round(x * 1.44269504088896341f, n);
  V r = fma(k, splat<V>(-0.693359375f), x);  // exact: 9 bits times 8
  r = fma(k, splat<V>(2.12194440e-4f), r);
  V y = horner(r, splat<V>(1.9875691500e-4f), 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f,
               5.0000001201e-1f);
  y = fma(y, r * r, r) + 1.0f;
  const BitsOf<V> half = n >> 1;  // two factors: 2^128 and 2^-149 are beyond one
  return y * power_of_2<V>(half) * power_of_2<V>(n - half);
}

// ln x = e·ln 2 + ln m, m in [√½, √2). (Cephes' logf coefficients.) Special cases by bits: right even where the machine
// reads denormals as zero.
template <class V> DRISHTI_INLINE V log(V x) {
  using B = BitsOf<V>;
  const B b = bits<B>(x);
  const B denormal = b < 0x00800000;  // and negatives, replaced below
  const V scaled = __builtin_convertvector(b & 0x7fffff, V);  // its bits counted: x = scaled·2^-149
  const B u = denormal ? bits<B>(scaled) : b;
  const B e = ((u - 0x3f3504f3) >> 23);                       // so that m lies in [√½, √2)
  const V m = bits<V>(u - (e << 23));
  const V exponent = __builtin_convertvector(denormal ? e - 149 : e, V);
  const V f = m - 1.0f;
  const V z = f * f;
  V y = horner(f, splat<V>(7.0376836292e-2f), -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
               -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f) *
        f * z;
  y = fma(exponent, splat<V>(-2.12194440e-4f), y);
  y = fma(z, splat<V>(-0.5f), y);
  y = f + y;
  y = fma(exponent, splat<V>(0.693359375f), y);
  y = b == 0x7f800000 ? x : y;
  y = (b & 0x7fffffff) == 0 ? splat<V>(-__builtin_inff()) : y;
  const B nan = ((b < 0) & ((b & 0x7fffffff) != 0)) | ((b & 0x7fffffff) > 0x7f800000);
  return nan ? splat<V>(__builtin_nanf("")) : y;
}

// Small x by an odd polynomial (Cephes' tanhf), else 1 − 2/(e^2x + 1).
template <class V> DRISHTI_INLINE V tanh(V x) {
  const V a = abs(x);
  const V z = x * x;
  const V small = fma(horner(z, splat<V>(-5.70498872745e-3f), 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f,
                             -3.33332819422e-1f) * z, x, x);
  const V large = 1.0f - 2.0f / (exp(a + a) + 1.0f);
  return a < 0.625f ? small : copysign(large, x);
}

template <class V> DRISHTI_INLINE V sigmoid(V x) { return 1.0f / (1.0f + exp(-x)); }

// ln erfc(t) for t >= 0.9277, minimax where erfc matters to erf (t < 4); beyond, erfc only has to be small and smooth.
template <class V> DRISHTI_INLINE V log_erfc(V t) {
  const V s = t * t;
  V r = fma(splat<V>(-1.72853470e-5f), t, splat<V>(3.83197126e-4f));
  const V u = fma(splat<V>(-3.88396438e-3f), t, splat<V>(2.42546219e-2f));
  r = fma(r, s, u);
  return fma(horner(t, r, -1.06777877e-1f, -6.34846687e-1f, -1.28717512e-1f), t, -t);
}
// erf x / x − 1 for |x| < 0.9277, as a polynomial in s = x².
template <class V> DRISHTI_INLINE V erf_small(V s) {
  return horner(s, splat<V>(-5.96761703e-4f), 4.99119423e-3f, -2.67681349e-2f, 1.12819925e-1f, -3.76125336e-1f,
                1.28379166e-1f);
}
// The two ranges and their coefficients are N. Juffa's (single-precision erff, published on Stack Overflow, 2-clause BSD).
template <class V> DRISHTI_INLINE V erf(V x) {
  const V t = abs(x);
  const V capped = min(splat<V>(4.0f), t);
  const V large = copysign(1.0f - exp(log_erfc(capped)), x);
  return t > 0.927734375f ? large : (x != x ? x : fma(erf_small(x * x), x, x));
}

// Φ(x), the normal distribution function; small values keep their relative precision, as they come from erfc.
template <class V> DRISHTI_INLINE V normal_cdf(V x) {
  const V u = x * 0.70710678118654752f;
  const V t = abs(u);
  const V tail = 0.5f * exp(log_erfc(min(splat<V>(10.0f), t)));
  const V small = fma(splat<V>(0.5f), fma(erf_small(u * u), u, u), splat<V>(0.5f));
  return t > 0.927734375f ? (u < 0.0f ? tail : 1.0f - tail) : small;
}

// x to the power y through doubles: the logarithm times y needs more bits than a float has.
template <class D> DRISHTI_INLINE D pow_positive(D x, D y) {  // x > 0 and finite
  using L = typename VecOf<int64_t, lanes_of<D>>::type;
  const L b = bits<L>(x);
  const L e = (b - 0x3fe6a09e667f3bcd) >> 52;  // m in [√½, √2)
  const D m = bits<D>(b - (e << 52));
  const D s = (m - 1.0) / (m + 1.0);
  const D z = s * s;
  // ln m = 2·atanh s
  constexpr double atanh_series[] = {2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3, 2.0};
  D p = splat<D>(2.0 / 17);
  for (double c : atanh_series) p = p * z + c;
  const D magic = splat<D>(6755399441055744.0);  // 1.5·2^52
  const D exponent = bits<D>(e + bits<L>(magic)) - magic;
  D t = y * (p * s * 1.4426950408889634 + exponent);  // log2 of the result
  t = t < -1000.0 ? splat<D>(-1000.0) : t;
  t = t > 1000.0 ? splat<D>(1000.0) : t;
  const D shifted = t + magic;
  const D r = (t - (shifted - magic)) * 0.6931471805599453;
  constexpr double exp_series[] = {1.0 / 3628800, 1.0 / 362880, 1.0 / 40320, 1.0 / 5040, 1.0 / 720, 1.0 / 120,
                                   1.0 / 24,      1.0 / 6,      0.5,         1.0,        1.0};
  D q = splat<D>(1.0 / 39916800);
  for (double c : exp_series) q = q * r + c;
  return q * bits<D>((bits<L>(shifted) - bits<L>(magic) + 1023) << 52);
}
template <class V> DRISHTI_INLINE V narrow(VecD<lanes_of<V> / 2> a, VecD<lanes_of<V> / 2> b) {
  return join<V>(__builtin_convertvector(a, HalfOf<V>), __builtin_convertvector(b, HalfOf<V>));
}

// C's pow: 1 to any power and anything to the power 0 are 1; a negative base wants an integer power.
template <class V> DRISHTI_INLINE V pow(V x, V y) {
  using B = BitsOf<V>;
  const float inf = __builtin_inff();
  const V a = abs(x), ay = abs(y);
  V r = narrow<V>(pow_positive(widen_low(a), widen_low(y)), pow_positive(widen_high(a), widen_high(y)));
  const V one = splat<V>(1.0f), zero = V{}, infinity = splat<V>(inf);
  // Of 0, infinity and infinite powers: does |x|^y grow without bound or vanish?
  const B up = ((a > 1.0f) & (y > 0.0f)) | ((a < 1.0f) & (y < 0.0f));
  const B extreme = (a == 0.0f) | (a == inf) | (ay == inf);
  r = extreme ? (a == 1.0f ? one : (up ? infinity : zero)) : r;
  // Floats from 2^24 on are even integers; below, the integer tells.
  const V small = ay < 16777216.0f ? y : zero;
  const B n = __builtin_convertvector(small, B);
  const B integer = (ay >= 16777216.0f) | (__builtin_convertvector(n, V) == y);
  const B odd = (ay < 16777216.0f) & integer & ((n & 1) != 0);
  const B negative = bits<B>(x) < 0;
  r = (negative & odd) ? -r : r;
  r = ((x < 0.0f) & ~integer & (a != inf)) ? splat<V>(__builtin_nanf("")) : r;
  r = ((x != x) | (y != y)) ? x + y : r;
  return ((x == 1.0f) | (y == 0.0f)) ? one : r;
}

}  // namespace DRISHTI_NS
}  // namespace drishti
