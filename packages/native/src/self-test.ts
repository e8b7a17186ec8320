/** @file One small sum, so that an addon that loads but does not work is found out before it is used. */
import type { Backend } from "@drishti/core/backends";

/** @throws Error when the backend miscounts. */
export function selfTest(backend: Backend): void {
  const count = 37; // vectors and a rest at every width
  const x = { buffer: backend.alloc("f32", count), offset: 0 };
  const y = { buffer: backend.alloc("f32", count), offset: 0 };
  backend.write(
    x,
    Float32Array.from({ length: count }, (_, i) => i - 18),
  );
  backend.run("affine_f32", { count, alpha: 2, beta: 1 }, [x], [y]);
  const got = backend.readSync?.(y, count) ?? [];
  for (let i = 0; i < count; i++) {
    const want = 2 * (i - 18) + 1;
    if (got[i] !== want) throw new Error(`the native kernels' self-test gave ${got[i]} instead of ${want}`);
  }
  backend.free(x.buffer);
  backend.free(y.buffer);
}
