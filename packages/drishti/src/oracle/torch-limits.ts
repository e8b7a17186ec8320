/** @file Where torch's own result is not one to agree with. */
import { Args, type Arguments } from "./args.ts";
import { NotBuilt } from "./not-built.ts";

const both = (value: number | number[] | undefined, otherwise: number): readonly [number, number] =>
  typeof value === "object" ? [value[0]!, value[1]!] : [value ?? otherwise, value ?? otherwise];

/** Whether a window starting at some multiple of `stride` has no tap inside an axis of `size`. */
function misses(
  size: number,
  windows: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): boolean {
  for (let o = 0; o < windows; o++) {
    const taps = Array.from({ length: kernel }, (_, k) => o * stride - padding + k * dilation);
    if (!taps.some((tap) => tap >= 0 && tap < size)) return true;
  }
  return false;
}

/**
 * A dilated window can lie wholly in the padding. torch then gives −∞ with an index outside the window, and sends the
 * gradient to whatever pixel that is, or beyond the plane; we give no index and no gradient (docs/numerics.md).
 */
export function refuseWindowsInPadding(given: Arguments, input: readonly number[], output: readonly number[]): void {
  const args = new Args(given);
  const kernel = both(args.sizes("kernel_size"), 1);
  const stride = both(args.sizes("stride") ?? args.sizes("kernel_size"), 1);
  const padding = both(args.sizes("padding"), 0);
  const dilation = both(args.sizes("dilation"), 1);
  const outside = [0, 1].some((axis) => {
    const at = (shape: readonly number[]) => shape[shape.length - 2 + axis]!;
    return misses(at(input), at(output), kernel[axis]!, stride[axis]!, padding[axis]!, dilation[axis]!);
  });
  if (outside) throw new NotBuilt("a pooling window wholly in the padding: torch's index lies outside the window");
}
