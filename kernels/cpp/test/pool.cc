// Stress of the thread pool: every chunk of every job exactly once, sleepers woken, pools started and ended.
//   c++ -std=c++20 -O2 -pthread kernels/cpp/test/pool.cc -o pool && ./pool
// Also with -fsanitize=thread, and with -fsanitize=address,undefined.
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../native/pool.h"

using namespace drishti;

struct Job {
  std::vector<int32_t> hits;
  std::vector<int32_t> by_thread;
};

static bool run(Pool& pool, int32_t chunks) {
  Job job{std::vector<int32_t>(size_t(chunks)), std::vector<int32_t>(size_t(pool.threads()) * 64)};
  pool.run(chunks, [](void* arg, int32_t chunk, int32_t thread) {
    auto& j = *static_cast<Job*>(arg);
    ++j.hits[size_t(chunk)];                // plain writes: two threads on one chunk would be a race
    ++j.by_thread[size_t(thread) * 64];
  }, &job, chunks % 2 == 0);
  int32_t total = 0;
  for (int32_t hit : job.hits) {
    if (hit != 1) return false;
    total += hit;
  }
  int32_t taken = 0;
  for (size_t t = 0; t < size_t(pool.threads()); ++t) taken += job.by_thread[t * 64];
  return total == chunks && taken == chunks;
}

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20000;
  unsigned state = 1;
  auto next = [&] { return state = state * 1664525u + 1013904223u, state >> 16; };
  for (int32_t threads : {1, 2, 3, 8}) {
    Pool pool(threads);
    for (int i = 0; i < rounds; ++i) {
      if (!run(pool, int32_t(next() % 40))) return std::printf("a chunk was lost or run twice (%d threads)\n", threads), 1;
      if (i % (rounds / 20 + 1) == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));  // all asleep
    }
    if (!run(pool, (1 << 20) * 3 + 7)) return std::printf("more chunks than units (%d threads)\n", threads), 1;
  }
  for (int i = 0; i < 200; ++i) {  // short lives
    Pool pool(4);
    if (i % 2 == 0 && !run(pool, 9)) return std::printf("a young pool lost a chunk\n"), 1;
  }
  std::printf("ok\n");
}
