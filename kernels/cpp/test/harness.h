// Runs one kernel of the products family, or a fused one, by itself: threads, guarded scratch, buffers. Shared by check.cc and bench.cc.
#pragma once
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <thread>
#include <vector>

#include "../batch_norm_fused.cc"
#include "../batch_norm_fused_backward.cc"
#include "../conv-fused.cc"
#include "../conv-fused-backward.cc"
#include "../conv-norm.cc"
#include "../conv-norm-backward.cc"
#include "../conv-pack.cc"
#include "../conv-weight.cc"
#include "../conv-winograd-backward.cc"
#include "../conv-winograd.cc"
#include "../conv.cc"
#include "../linear.cc"
#include "../matmul.cc"
#include "../pool-nhwc.cc"

namespace test {
using namespace drishti;
using namespace drishti::DRISHTI_NS;

inline void rest() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

// Threads that wait by spinning: a bench must not measure how they wake.
class Pool {
 public:
  explicit Pool(int threads) {
    for (int t = 1; t < threads; ++t) workers_.emplace_back([this, t] { loop(t); });
  }
  ~Pool() {
    stop_ = true;
    generation_.fetch_add(1);
    for (auto& w : workers_) w.join();
  }
  void run(int32_t chunks, void (*body)(void*, int32_t, int32_t), void* arg) {
    body_ = body, arg_ = arg, chunks_ = chunks;
    next_ = 0, busy_ = int(workers_.size());
    generation_.fetch_add(1);
    take(0);
    while (busy_.load() > 0) rest();
  }
  int threads() const { return int(workers_.size()) + 1; }

 private:
  void take(int t) {
    for (int32_t c; (c = next_.fetch_add(1)) < chunks_;) body_(arg_, c, t);
  }
  void loop(int t) {
    for (unsigned seen = 0;;) {
      for (int spins = 0; generation_.load() == seen; ++spins)
        if (spins > 20000) std::this_thread::yield();
        else rest();
      ++seen;
      if (stop_) return;
      take(t);
      busy_.fetch_sub(1);
    }
  }
  std::vector<std::thread> workers_;
  std::atomic<unsigned> generation_{0};
  std::atomic<int> busy_{0};
  std::atomic<int32_t> next_{0};
  std::atomic<bool> stop_{false};
  void (*body_)(void*, int32_t, int32_t) = nullptr;
  void* arg_ = nullptr;
  int32_t chunks_ = 0;
};
inline Pool* pool = nullptr;

// Memory with a guard behind it; `fill` everywhere before use.
class Block {
 public:
  Block(size_t bytes, unsigned char fill) : bytes_(bytes), memory_(static_cast<char*>(aligned_alloc(128, (bytes + 128 + GUARD + 127) / 128 * 128)), free) {
    std::memset(memory_.get(), fill, bytes);
    std::memset(memory_.get() + bytes, 0x5a, GUARD);
  }
  char* data() { return memory_.get(); }
  bool intact() const {
    for (size_t i = 0; i < GUARD; ++i)
      if (memory_.get()[bytes_ + i] != 0x5a) return false;
    return true;
  }

 private:
  static constexpr size_t GUARD = 256;
  size_t bytes_;
  std::unique_ptr<char, void (*)(void*)> memory_;
};

// Floats as the backends hold them: on a cache line.
template <class T> struct Aligned {
  using value_type = T;
  Aligned() = default;
  template <class U> Aligned(const Aligned<U>&) {}
  T* allocate(size_t n) { return static_cast<T*>(aligned_alloc(64, (n * sizeof(T) + 127) / 64 * 64)); }
  void deallocate(T* p, size_t) { free(p); }
  bool operator==(const Aligned&) const { return true; }
};
using Floats = std::vector<float, Aligned<float>>;

// Scratch starts as NaN (all bits set), so that reading what nobody wrote shows.
struct Runner {
  Block scratch, shared;
  size_t per_thread;
  template <class P>
  Runner(const KernelEntry& entry, const P& params, int threads) : Runner(entry.scratch ? entry.scratch(&params, threads) : ScratchNeed{}, threads) {}
  Runner(ScratchNeed need, int threads) : scratch((need.per_thread + 127) / 128 * 128 * threads, 0xff), shared(need.shared, 0xff), per_thread((need.per_thread + 127) / 128 * 128) {}

  template <class P> int32_t operator()(const KernelEntry& entry, const P& params, std::initializer_list<const void*> buffers) {
    void* list[16];
    int n = 0;
    for (const void* b : buffers) list[n++] = const_cast<void*>(b);
    Context context = {};
    context.threads = pool->threads();
    context.scratch = scratch.data();
    context.scratch_per_thread = per_thread;
    context.shared = shared.data();
    context.parallel = [](Context*, int32_t chunks, void (*body)(void*, int32_t, int32_t), void* arg) { pool->run(chunks, body, arg); };
    return entry.run(&params, list, context);
  }
  bool intact() const { return scratch.intact() && shared.intact(); }
};

}  // namespace test
