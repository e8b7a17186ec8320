// idea: two threads take images from a counter
// Two threads take images from one counter. Each image is one thread's alone, so the bits are those of one thread; a thread that loses
// its processor for a while takes fewer. (Here the second thread is started anew each time; the real pool keeps it spinning.)
// output: pooled
#include <atomic>
#include <thread>

#include "fused.h"
using namespace ladder;

int main(int argc, char** argv) {
  const std::string folder = argv[1];
  const Floats nchw = read(folder + "/x", size_t(N) * C * S * S), w = read(folder + "/w", O * C * K * K), b = read(folder + "/b", O);
  const Floats x = padded_nhwc(nchw, C);
  Floats y(size_t(N) * O * WINDOWS), packed(O * C * K * K), sums[2] = {Floats(S * S * BLOCK), Floats(S * S * BLOCK)};
  const auto both = [&] {
    pack(w, packed);
    std::atomic<int> next = 0;
    const auto work = [&](float* own) {
      for (int n; (n = next++) < N;) convolve_image(x + size_t(n) * PAD * PAD * C, packed, b, y + size_t(n) * O * WINDOWS, own);
    };
    std::thread other(work, sums[1].data);
    work(sums[0]);
    other.join();
  };
  const int status = run(argc, argv, both, 2);
  write(folder + "/y", to_nchw(y, O, POOLED), size_t(N) * O * WINDOWS);
  return status;
}
