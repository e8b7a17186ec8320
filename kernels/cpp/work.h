// One job at a time, cut into units that threads take from a shared counter. Sleeping and waking is the platform's
// business (native/pool.h, wasm/entry.cc); here is only what must be right in both.
#pragma once
#include "drishti.h"

namespace drishti {

struct Work {
  using Body = void (*)(void* arg, int32_t chunk, int32_t thread);
  static constexpr int BITS = 24;
  static constexpr uint64_t MASK = (1ull << BITS) - 1;
  static constexpr int32_t MOST_UNITS = 1 << 20;

  // The next unit (low 24 bits), the number of units (24), the job (16). One fetch-add takes a unit and tells which job it
  // belongs to, so a thread that comes late to a finished job cannot mistake the next one for it.
  alignas(128) uint64_t state = 0;
  alignas(128) uint32_t finished = 0;  // units of the running job
  alignas(128) uint32_t generation = 0;  // idle threads wait for it to change
  Body body = nullptr;
  void* arg = nullptr;
  int32_t chunks = 0;
  int32_t group = 1;  // chunks of a unit
  int32_t units = 0;

  void publish(int32_t all, Body run, void* with) {
    body = run;
    arg = with;
    chunks = all;
    group = (all - 1) / MOST_UNITS + 1;
    units = (all - 1) / group + 1;
    __atomic_store_n(&finished, 0, __ATOMIC_RELAXED);
    const uint64_t job = (__atomic_load_n(&state, __ATOMIC_RELAXED) >> (2 * BITS)) + 1;
    __atomic_store_n(&state, job << (2 * BITS) | uint64_t(units) << BITS, __ATOMIC_RELEASE);
    __atomic_fetch_add(&generation, 1, __ATOMIC_SEQ_CST);
  }

  // Takes units until none is left. `begin` runs before the first, if there is one.
  template <class Begin> void take(int32_t thread, Begin&& begin) {
    for (bool first = true;; first = false) {
      const uint64_t taken = __atomic_fetch_add(&state, 1, __ATOMIC_ACQ_REL);
      const int32_t unit = int32_t(taken & MASK);
      if (unit >= int32_t(taken >> BITS & MASK)) return;
      if (first) begin();
      // The job cannot end while this unit is open, so its fields hold still.
      const int32_t end = chunks - unit * group < group ? chunks : (unit + 1) * group;
      for (int32_t chunk = unit * group; chunk < end; ++chunk) body(arg, chunk, thread);
      __atomic_fetch_add(&finished, 1, __ATOMIC_RELEASE);
    }
  }

  bool done() const { return __atomic_load_n(&finished, __ATOMIC_ACQUIRE) == uint32_t(units); }
};

}  // namespace drishti
