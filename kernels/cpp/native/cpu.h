// The instruction sets this build has, the one this machine runs, and the state of its floating-point unit.
#pragma once
#include <stdint.h>
#include <string.h>

#include "../contract.h"
#include "../drishti.h"
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

// The build says which sets it compiled: -DDRISHTI_WITH_avx2 …
#define DRISHTI_ISA(name)                                       \
  namespace drishti::name {                                     \
  extern const KernelEntry table1[KERNEL_COUNT];                \
  extern const KernelEntry table2[KERNEL_COUNT];                \
  extern const int lanes;                                       \
  }
#if defined(DRISHTI_WITH_avx512)
DRISHTI_ISA(avx512)
#endif
#if defined(DRISHTI_WITH_avx2)
DRISHTI_ISA(avx2)
#endif
#if defined(DRISHTI_WITH_lanes16)
DRISHTI_ISA(lanes16)
#endif
#if defined(DRISHTI_WITH_neon)
DRISHTI_ISA(neon)
#endif
#if defined(DRISHTI_WITH_baseline)
DRISHTI_ISA(baseline)
#endif
#undef DRISHTI_ISA

namespace drishti {

struct Isa {
  const char* name;
  const KernelEntry* tables[2];  // a kernel is in one of them
  int lanes;
  bool runs;       // on this machine
  bool automatic;  // false: only when asked for by name

  const KernelEntry& entry(int kernel) const { return tables[tables[0][kernel].run == nullptr ? 1 : 0][kernel]; }
};

// Best first.
inline int isas([[maybe_unused]] Isa* list) {
  int count = 0;
#if defined(__x86_64__) || defined(__i386__)
  __builtin_cpu_init();  // the checks below include the operating system's
  [[maybe_unused]] const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  [[maybe_unused]] const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                       __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
#if defined(DRISHTI_WITH_avx512)
  list[count++] = {"avx512", {avx512::table1, avx512::table2}, avx512::lanes, avx512, true};
#endif
#if defined(DRISHTI_WITH_avx2)
  list[count++] = {"avx2", {avx2::table1, avx2::table2}, avx2::lanes, avx2, true};
#endif
#if defined(DRISHTI_WITH_neon)
  list[count++] = {"neon", {neon::table1, neon::table2}, neon::lanes, true, true};
#endif
#if defined(DRISHTI_WITH_baseline)
  list[count++] = {"baseline", {baseline::table1, baseline::table2}, baseline::lanes, true, true};
#endif
#if defined(DRISHTI_WITH_lanes16)  // a test variant: the tiles of 16 lanes on a machine with 8
  list[count++] = {"lanes16", {lanes16::table1, lanes16::table2}, lanes16::lanes, avx2, false};
#endif
  return count;
}
constexpr int MOST_ISAS = 8;

// Denormals as zero and results flushed to zero, or neither, until the end of the scope. JavaScript expects neither.
class DenormalMode {
 public:
  explicit DenormalMode(bool flush) : saved_(read()) { write(flush ? saved_ | FLUSH : saved_ & ~FLUSH); }
  ~DenormalMode() { write(saved_); }
  // For good, in a thread that has no other work.
  static void set(bool flush) { write(flush ? read() | FLUSH : read() & ~FLUSH); }
  DenormalMode(const DenormalMode&) = delete;
  DenormalMode& operator=(const DenormalMode&) = delete;

 private:
#if defined(__x86_64__) || defined(__i386__)
  using Word = uint32_t;
  static constexpr Word FLUSH = 0x8040;  // MXCSR: FTZ and DAZ
  static Word read() { return _mm_getcsr(); }
  static void write(Word w) { _mm_setcsr(w); }
#elif defined(__aarch64__)
  using Word = uint64_t;
  static constexpr Word FLUSH = 1u << 24;  // FPCR.FZ
  static Word read() {
    Word w;
    asm volatile("mrs %0, fpcr" : "=r"(w));
    return w;
  }
  static void write(Word w) { asm volatile("msr fpcr, %0" : : "r"(w)); }
#else
  using Word = uint32_t;
  static constexpr Word FLUSH = 0;
  static Word read() { return 0; }
  static void write(Word) {}
#endif
  Word saved_;
};

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace drishti
