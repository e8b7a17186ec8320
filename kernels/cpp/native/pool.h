// Threads that take chunks of kernels. They spin for about 30 µs after a job, then sleep.
#pragma once
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "../work.h"
#include "cpu.h"

namespace drishti {

class Pool {
 public:
  // Fewer threads where the system gives no more.
  explicit Pool(int32_t threads) {
    try {
      for (int32_t i = 1; i < threads; ++i) workers_.emplace_back([this, i] { loop(i); });
    } catch (const std::system_error&) {
    }
  }
  ~Pool() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      __atomic_store_n(&stop_, true, __ATOMIC_SEQ_CST);
    }
    wake_.notify_all();
    for (auto& worker : workers_) worker.join();
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  int32_t threads() const { return int32_t(workers_.size()) + 1; }

  // The caller takes part; returns when every chunk is done.
  void run(int32_t chunks, Work::Body body, void* arg, bool flush) {
    if (chunks <= 0) return;
    flush_ = flush;
    work_.publish(chunks, body, arg);
    if (__atomic_load_n(&sleepers_, __ATOMIC_SEQ_CST) > 0) {
      { std::lock_guard<std::mutex> lock(mutex_); }  // a worker between its check and its sleep gets there first
      wake_.notify_all();
    }
    work_.take(0, [] {});
    for (int spins = 0; !work_.done(); ++spins) {
      if (spins < 2000) pause();
      else std::this_thread::yield();  // its thread may have lost the processor
    }
  }

 private:
  void loop(int32_t thread) {
    uint32_t seen = 0;
    for (;;) {
      wait(seen);
      if (__atomic_load_n(&stop_, __ATOMIC_ACQUIRE)) return;
      seen = __atomic_load_n(&work_.generation, __ATOMIC_ACQUIRE);
      work_.take(thread, [this] { DenormalMode::set(flush_); });
    }
  }
  bool idle(uint32_t seen) const {
    return __atomic_load_n(&work_.generation, __ATOMIC_SEQ_CST) == seen && !__atomic_load_n(&stop_, __ATOMIC_ACQUIRE);
  }
  void wait(uint32_t seen) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::microseconds(30);
    do {
      for (int i = 0; i < 50; ++i) {
        if (!idle(seen)) return;
        pause();
      }
    } while (Clock::now() < end);
    std::unique_lock<std::mutex> lock(mutex_);
    __atomic_fetch_add(&sleepers_, 1, __ATOMIC_SEQ_CST);
    wake_.wait(lock, [&] { return !idle(seen); });
    __atomic_fetch_sub(&sleepers_, 1, __ATOMIC_SEQ_CST);
  }

  Work work_;
  bool flush_ = false;
  bool stop_ = false;
  int32_t sleepers_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
};

}  // namespace drishti
