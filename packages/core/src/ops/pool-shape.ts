/** @file The window arithmetic that all pooling layers share. */
import { type Pair, pair, type Shape } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";

/** What all poolings by windows share; numbers, or [height, width]. */
export interface PoolOptions {
  /** Default: the window's size, so that windows do not overlap. */
  stride?: number | readonly number[] | null;
  /** At most half the window. Default 0. */
  padding?: number | readonly number[];
  /** Let a last window reach over the edge. Default false. */
  ceilMode?: boolean;
}

/** @internal */
export interface PoolGeometry {
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  ceilMode: boolean;
}

/** Options in their long form, checked. @internal */
export function poolGeometry(
  where: string,
  kernelSize: number | readonly number[],
  options: PoolOptions & { dilation?: number | readonly number[] },
): PoolGeometry {
  const kernel = pair(kernelSize, where, "kernelSize");
  const stride =
    options.stride === undefined || options.stride === null ? kernel : pair(options.stride, where, "stride");
  const padding = pair(options.padding ?? 0, where, "padding");
  const dilation = pair(options.dilation ?? 1, where, "dilation");
  const check = (name: string, value: Pair, least: number) => {
    if (value.some((v) => !Number.isInteger(v) || v < least))
      throw new ArgumentError(
        where,
        name,
        say`${name} must be whole numbers ≥ ${{ least }}, got ${{ [name]: value }}.`,
      );
  };
  check("kernelSize", kernel, 1);
  check("stride", stride, 1);
  check("padding", padding, 0);
  check("dilation", dilation, 1);
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2)
    throw new ArgumentError(
      where,
      "padding",
      say`padding ${{ padding }} must be at most half of the window ${{ kernel }}: some windows would see nothing.`,
    );
  return { kernel, stride, padding, dilation, ceilMode: options.ceilMode ?? false };
}

function windows(size: number, g: PoolGeometry, axis: 0 | 1): number {
  const span = g.dilation[axis] * (g.kernel[axis] - 1) + 1;
  const room = size + 2 * g.padding[axis] - span;
  const count = (g.ceilMode ? Math.ceil(room / g.stride[axis]) : Math.floor(room / g.stride[axis])) + 1;
  // A last window must begin inside the input or its left padding.
  return g.ceilMode && (count - 1) * g.stride[axis] >= size + g.padding[axis] ? count - 1 : count;
}

/** Shape of the pooled maps; input is (N, C, H, W) or (C, H, W). @internal */
export function poolShape(where: string, input: Shape, g: PoolGeometry): number[] {
  const operands = [{ name: "input", shape: input, axes: input.length === 3 ? "C, H, W" : "N, C, H, W" }];
  if (input.length !== 4 && input.length !== 3)
    throw new ShapeError(
      where,
      "rank",
      say`input must be (N, C, H, W) or (C, H, W), got ${{ axes: input.length }} axes.`,
      operands,
    );
  const h = input[input.length - 2]!;
  const w = input[input.length - 1]!;
  if (input.slice(-3).some((size) => size === 0))
    throw new ShapeError(
      where,
      "empty",
      "input has no pixels to pool.",
      operands,
      "check how the pictures were read or cut; only the batch may be empty.",
    );
  const out = [windows(h, g, 0), windows(w, g, 1)];
  if (out[0]! < 1 || out[1]! < 1)
    throw new ShapeError(
      where,
      "kernel-too-large",
      `the window of ${g.kernel.join(" × ")} (dilation ${g.dilation.join(", ")}) does not fit into ${h + 2 * g.padding[0]} × ${w + 2 * g.padding[1]}.`,
      operands,
      "the maps have become smaller than the window: pool less often.",
    );
  return [...input.slice(0, -2), ...out];
}

/** What the pooling kernels have in common. @internal */
export function poolParams(input: Shape, output: Shape, g: PoolGeometry) {
  return {
    planes: input.slice(0, -2).reduce((a, b) => a * b, 1),
    inHeight: input[input.length - 2]!,
    inWidth: input[input.length - 1]!,
    outHeight: output[output.length - 2]!,
    outWidth: output[output.length - 1]!,
    kernelHeight: g.kernel[0],
    kernelWidth: g.kernel[1],
    strideHeight: g.stride[0],
    strideWidth: g.stride[1],
    padTop: g.padding[0],
    padLeft: g.padding[1],
    dilationHeight: g.dilation[0],
    dilationWidth: g.dilation[1],
  };
}
