// Errors of math.h in ulp against libm's doubles: every float for one argument, random pairs for pow.
//   c++ -std=c++20 -O3 -ffp-contract=off -fno-math-errno -Wno-psabi -mavx2 -mfma kernels/cpp/test/math.cc -o math && ./math
// Leave out -mavx2 -mfma for the error without FMA.
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

#include "../math.h"

using namespace drishti::DRISHTI_NS;

static float float_of(uint32_t b) {
  float f;
  memcpy(&f, &b, 4);
  return f;
}
// Distance to the exact value, in units of the last place of the float nearest to it (denormals' at the least).
static double ulps(float got, double want) {
  const float nearest = float(want);
  if (std::isnan(want)) return std::isnan(got) ? 0 : 1e9;
  if (std::isinf(nearest) || std::isinf(got)) return got == nearest ? 0 : 1e9;
  int e;
  std::frexp(std::fabs(want), &e);
  return std::fabs(double(got) - want) / std::ldexp(1.0, e < -125 ? -149 : e - 24);
}

template <class Fn> static void one(const char* name, Fn ours, double (*exact)(double), uint32_t step, double allowed, bool& ok) {
  double worst = 0;
  float at = 0;
  for (uint64_t b = 0; b < (1ull << 32); b += uint64_t(step) * LANES) {
    F x;
    for (int i = 0; i < LANES; ++i) x[i] = float_of(uint32_t(b + uint64_t(i) * step));
    const F y = ours(x);
    for (int i = 0; i < LANES; ++i) {
      const double e = ulps(y[i], exact(x[i]));
      if (e > worst) worst = e, at = x[i];
    }
  }
  if (worst > allowed) ok = false;
  std::printf("%-10s %8.3f ulp at %.9g (allowed %g)\n", name, worst, at, allowed);
}

int main(int argc, char** argv) {
  const uint32_t step = argc > 1 ? uint32_t(std::atoi(argv[1])) : 37;  // 1: every float
  bool ok = true;
  one("exp", [](F x) { return exp(x); }, std::exp, step, 2, ok);
  one("log", [](F x) { return log(x); }, std::log, step, 2, ok);
  one("tanh", [](F x) { return tanh(x); }, std::tanh, step, 2.5, ok);
  one("erf", [](F x) { return erf(x); }, std::erf, step, 2, ok);
  one("sqrt", [](F x) { return sqrt(x); }, std::sqrt, step, 0.5, ok);
  one("sigmoid", [](F x) { return sigmoid(x); }, [](double x) { const double y = 1 / (1 + std::exp(-x)); return y < 1.2e-38 ? 0.0 : y; }, step, 3, ok);
  double worst = 0, wx = 0, wy = 0;
  std::mt19937 rng(1);
  const float special[] = {0.0f, -0.0f, 1, -1, INFINITY, -INFINITY, NAN, 2, -2, 3, -3, 0.5f, -0.5f, 1e10f, -1e10f, 16777217.f, 1.5f, -1.5f, 1e-40f, 3e38f};
  for (int i = 0; i < 4000000; ++i) {
    F x, y;
    for (int k = 0; k < LANES; ++k) {
      const uint32_t r = rng();
      if (i < 2000) x[k] = special[rng() % 20], y[k] = special[rng() % 20];
      else if (i & 1) x[k] = float_of(r), y[k] = float_of(rng());
      else x[k] = std::ldexp(1 + (r & 0xffff) / 65536.f, int(r >> 16) % 40 - 20), y[k] = (int(rng() % 20001) - 10000) / 1000.f;
    }
    const F p = pow(x, y);
    for (int k = 0; k < LANES; ++k) {
      const double e = ulps(p[k], std::pow(double(x[k]), double(y[k])));
      if (e > worst) worst = e, wx = x[k], wy = y[k];
    }
  }
  std::printf("%-10s %8.3f ulp at (%.9g, %.9g)\n", "pow", worst, wx, wy);
  return ok && worst < 2 ? 0 : 1;
}
