// What the machine can do at this moment, through the same backend and the same threads that the kernels use: multiply-adds on
// registers, and bytes moved through memory. Shares of the peak are taken against runs right beside the kernel's own, so that
// a busy host spoils less.
import { spread } from "./windows.mjs";

const view = (buffer) => ({ buffer, offset: 0 });
const filled = (backend, length, value) => {
  const buffer = backend.alloc("f32", length);
  backend.run("fill_f32", { count: length, value }, [], [view(buffer)]);
  return buffer;
};

/** Returns a function that runs the chain once (some 5 ms) and gives GFLOP/s; 64 chunks, so that 16 threads are busy. */
export function peakMeter(backend, steps = 800) {
  const count = 64 * 3072;
  const operand = view(filled(backend, count, 0.5));
  const params = { count, steps, alpha: 0.999, beta: 0.001 };
  const run = () => backend.run("multiply_add_chain_f32", params, [operand], [operand]);
  const begin = performance.now();
  while (performance.now() - begin < 150) run(); // WebAssembly is compiled a second time once it has proved to be hot
  return () => {
    const start = performance.now();
    run();
    return (2 * count * steps) / (performance.now() - start) / 1e6;
  };
}

/** GB/s of y = a·x + b over 64 MiB each: bytes read and bytes written, more than any cache holds. */
export function bandwidth(backend, rounds = 5) {
  const count = 2 ** 24;
  const [from, to] = [filled(backend, count, 1), filled(backend, count, 1)];
  const rates = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    backend.run("affine_f32", { count, alpha: 1, beta: 0.5 }, [view(from)], [view(to)]);
    if (round > 0) rates.push((8 * count) / (performance.now() - start) / 1e6);
  }
  for (const buffer of [from, to]) backend.free(buffer);
  return spread(rates, 1);
}

/** Median and range of some runs of the meter. */
export function peak(backend, rounds = 9) {
  const meter = peakMeter(backend);
  return spread(Array.from({ length: rounds }, meter), 1);
}
