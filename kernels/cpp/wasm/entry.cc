// What the two .wasm files export. JavaScript writes a call into the block (packages/core/src/backends/wasm/instance.ts has the
// same layout) and calls run; workers call work and stay in it.
#include "all.cc"  // by -I: the compiler's file system knows no ".."
#include "work.h"

using namespace drishti;

#define EXPORT(name) extern "C" __attribute__((export_name(#name), used))

// The compiler makes calls of these; bulk memory makes one instruction of each.
extern "C" void* memcpy(void* to, const void* from, size_t n) { return __builtin_memcpy(to, from, n); }
extern "C" void* memset(void* to, int value, size_t n) { return __builtin_memset(to, value, n); }
extern "C" void* memmove(void* to, const void* from, size_t n) { return __builtin_memmove(to, from, n); }

namespace {

struct Block {
  int32_t params[128];
  void* buffers[32];
  int32_t facts[2];
  int32_t threads;        // workers and the caller
  int32_t may_wait;       // 0 on a browser's main thread, where waiting traps
  char* scratch;          // as large as `scratch` said, 128-byte aligned
  int32_t refused;        // which call of a list
};

// One call of a list, encoded by encoded-calls.ts; then `buffers` addresses, then the parameters.
struct Record {
  int32_t kernel;
  int32_t buffers;
  int32_t bytes;  // of all of it
  int32_t unused;
  void* addresses[];
};

// What a worker is doing. JavaScript looks here when a job does not end, and writes why a worker's kernel trapped.
struct Seat {
  int32_t state;  // 0: nothing, 1: takes units, 2: trapped
  char why[124];
};

Block block;
Seat seats[256];
Work work_queue;
Context context;
int32_t stopping = 0;

// About 30 µs before a thread that finds nothing to do goes to sleep.
constexpr int32_t SPINS = 20000;
// Waits for the others, of 30 to 100 µs, before JavaScript is asked whether they still run.
constexpr int32_t WAITS = 64;

ScratchNeed need_of(int32_t kernel, const void* params) {
  const KernelEntry& entry = DRISHTI_NS::table[kernel];
  ScratchNeed need = entry.scratch ? entry.scratch(params, block.threads) : ScratchNeed{};
  need.per_thread = (need.per_thread + 127) & ~size_t(127);
  need.shared = (need.shared + 127) & ~size_t(127);
  return need;
}

// JavaScript's: leaves by throwing when what is missing will never come.
__attribute__((import_module("env"), import_name("stalled"))) extern "C" void stalled(uint32_t generation, uint32_t finished);

void parallel(Context*, int32_t chunks, Work::Body body, void* arg) {
  if (block.threads == 1) {
    for (int32_t chunk = 0; chunk < chunks; ++chunk) body(arg, chunk, 0);
    return;
  }
  if (chunks <= 0) return;
  work_queue.publish(chunks, body, arg);
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&work_queue.generation), uint32_t(chunks - 1));
  work_queue.take(0, [] {});
  int32_t waits = 0;
  for (int32_t spins = 0; !work_queue.done(); ++spins) {
    if (spins < SPINS) continue;
    const uint32_t finished = __atomic_load_n(&work_queue.finished, __ATOMIC_ACQUIRE);
    if (!block.may_wait) spins = 0;
    // Its thread may have lost the processor: give ours up for 50 µs (nobody notifies; the wait runs out).
    else if (finished != uint32_t(work_queue.units))
      __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(&work_queue.finished), int(finished), 50000);
    if (++waits % WAITS == 0) stalled(work_queue.generation, finished);
  }
}

int32_t call(int32_t kernel, const void* params, void* const* buffers) {
  const ScratchNeed need = need_of(kernel, params);
  context.threads = block.threads;
  context.parallel = parallel;
  context.scratch = block.scratch;
  context.scratch_per_thread = need.per_thread;
  context.shared = block.scratch + need.per_thread * size_t(block.threads);
  const int32_t status = DRISHTI_NS::table[kernel].run(params, buffers, context);
  block.facts[0] = context.facts[0];
  block.facts[1] = context.facts[1];
  return status;
}

}  // namespace

EXPORT(block) Block* block_address() { return &block; }
EXPORT(seats) Seat* seats_address() { return seats; }
// Units of the running job that nobody has finished.
EXPORT(pending) int32_t pending() { return int32_t(uint32_t(work_queue.units) - __atomic_load_n(&work_queue.finished, __ATOMIC_ACQUIRE)); }
EXPORT(supports) int32_t supports(int32_t kernel) {
  return kernel >= 0 && kernel < KERNEL_COUNT && DRISHTI_NS::table[kernel].run != nullptr;
}
// Bytes of scratch memory that the call in the block needs.
EXPORT(scratch) double scratch(int32_t kernel) {
  const ScratchNeed need = need_of(kernel, block.params);
  return double(need.per_thread) * block.threads + double(need.shared);
}
EXPORT(run) int32_t run(int32_t kernel) { return call(kernel, block.params, block.buffers); }
// So many records of a list; scratch memory must do for each of them. Ends at the first that refuses.
EXPORT(run_list) int32_t run_list(const char* at, int32_t count) {
  for (int32_t i = 0; i < count; ++i) {
    const auto* record = reinterpret_cast<const Record*>(at);
    const int32_t status = call(record->kernel, record->addresses + record->buffers, record->addresses);
    if (status != 0) {
      block.refused = i;
      return status;
    }
    at += record->bytes;
  }
  return 0;
}

// A worker's whole life. Its JavaScript has given it a stack of its own before.
EXPORT(work) void work(int32_t thread) {
  auto* generation = &work_queue.generation;
  uint32_t seen = 0;
  while (!__atomic_load_n(&stopping, __ATOMIC_ACQUIRE)) {
    const uint32_t now = __atomic_load_n(generation, __ATOMIC_SEQ_CST);
    if (now != seen) {
      seen = now;
      // Before the first unit is asked for and after the last is counted: who sees 0 knows that it holds none.
      __atomic_store_n(&seats[thread].state, 1, __ATOMIC_SEQ_CST);
      work_queue.take(thread, [] {});
      __atomic_store_n(&seats[thread].state, 0, __ATOMIC_RELEASE);
      continue;
    }
    int32_t spins = 0;
    while (spins < SPINS && __atomic_load_n(generation, __ATOMIC_RELAXED) == seen) ++spins;
    if (spins == SPINS) __builtin_wasm_memory_atomic_wait32(reinterpret_cast<int*>(generation), int(seen), -1);
  }
}
EXPORT(stop) void stop() {
  __atomic_store_n(&stopping, 1, __ATOMIC_SEQ_CST);
  __atomic_fetch_add(&work_queue.generation, 1, __ATOMIC_SEQ_CST);
  __builtin_wasm_memory_atomic_notify(reinterpret_cast<int*>(&work_queue.generation), ~0u);
}
