/** @file Max and average pooling over planes, with sliding or adaptive windows, and their gradients. */
import type { Params } from "../contract.ts";
import type { ReferenceKernels } from "./types.ts";

type AdaptiveParams = Params<"adaptive_avg_pool2d_f32">;
type AvgParams = Params<"avg_pool2d_f32">;
type MaxParams = Params<"max_pool2d_f32">;
type Sized = Pick<AdaptiveParams, "planes" | "inHeight" | "inWidth" | "outHeight" | "outWidth">;

/** The rows (or columns) of one window, in order; those outside the plane included. */
type Taps = (output: number) => readonly number[];

const sliding =
  (kernel: number, stride: number, padding: number, dilation: number): Taps =>
  (output) =>
    Array.from({ length: kernel }, (_, k) => output * stride - padding + k * dilation);

/** From floor(i·in/out) up to, not including, ceil((i + 1)·in/out): torch's rule; windows may share a row. */
const adaptive =
  (inSize: number, outSize: number): Taps =>
  (output) => {
    const start = Math.floor((output * inSize) / outSize);
    const end = Math.ceil(((output + 1) * inSize) / outSize);
    return Array.from({ length: end - start }, (_, k) => start + k);
  };

const slidingTaps = (p: MaxParams | AvgParams): readonly [Taps, Taps] => [
  sliding(p.kernelHeight, p.strideHeight, p.padTop, p.dilationHeight),
  sliding(p.kernelWidth, p.strideWidth, p.padLeft, p.dilationWidth),
];
const adaptiveTaps = (p: AdaptiveParams): readonly [Taps, Taps] => [
  adaptive(p.inHeight, p.outHeight),
  adaptive(p.inWidth, p.outWidth),
];

/** Every window: its output, the start of its plane, and its rows and columns. */
function eachWindow(
  p: Sized,
  [tapsY, tapsX]: readonly [Taps, Taps],
  visit: (output: number, plane: number, rows: readonly number[], columns: readonly number[]) => void,
): void {
  const rows = Array.from({ length: p.outHeight }, (_, oy) => tapsY(oy));
  const columns = Array.from({ length: p.outWidth }, (_, ox) => tapsX(ox));
  for (let plane = 0; plane < p.planes; plane++) {
    for (let oy = 0; oy < p.outHeight; oy++) {
      for (let ox = 0; ox < p.outWidth; ox++) {
        const output = (plane * p.outHeight + oy) * p.outWidth + ox;
        visit(output, plane * p.inHeight * p.inWidth, rows[oy]!, columns[ox]!);
      }
    }
  }
}

const inside = (taps: readonly number[], size: number) => taps.filter((at) => at >= 0 && at < size);

/**
 * The first of the largest wins, a NaN beats all before it (torch's comparison, so the last NaN's index is kept).
 * A window wholly outside the plane gives −∞ and the index −1.
 */
function maxPool(
  p: Sized,
  taps: readonly [Taps, Taps],
  input: Float64Array,
  output: Float64Array,
  indices: Int32Array,
): void {
  eachWindow(p, taps, (o, plane, rows, columns) => {
    let best = Number.NEGATIVE_INFINITY;
    let index = -1;
    for (const y of inside(rows, p.inHeight)) {
      for (const x of inside(columns, p.inWidth)) {
        const at = y * p.inWidth + x;
        const value = input[plane + at]!;
        if (index === -1 || value > best || Number.isNaN(value)) {
          best = value;
          index = at;
        }
      }
    }
    output[o] = best;
    indices[o] = index;
  });
}

/** Every (output, input, divisor) of an average: output += input/divisor, and back gradInput += gradOutput/divisor. */
type Shares = (visit: (output: number, input: number, divisor: number) => void) => void;

function averageShares(p: AvgParams): Shares {
  return (visit) =>
    eachWindow(p, slidingTaps(p), (o, plane, rows, columns) => {
      const ys = inside(rows, p.inHeight);
      const xs = inside(columns, p.inWidth);
      // A window cut by ceil mode: what lies beyond the padding is in no divisor.
      const padded =
        rows.filter((y) => y < p.inHeight + p.padBottom).length *
        columns.filter((x) => x < p.inWidth + p.padRight).length;
      const divisor = p.divisorOverride || (p.countIncludePad ? padded : ys.length * xs.length);
      for (const y of ys) for (const x of xs) visit(o, plane + y * p.inWidth + x, divisor);
    });
}

function adaptiveShares(p: AdaptiveParams): Shares {
  return (visit) =>
    eachWindow(p, adaptiveTaps(p), (o, plane, rows, columns) => {
      for (const y of rows) for (const x of columns) visit(o, plane + y * p.inWidth + x, rows.length * columns.length);
    });
}

function average(p: Sized, shares: Shares, input: Float64Array, output: Float64Array): void {
  output.fill(0, 0, p.planes * p.outHeight * p.outWidth);
  shares((o, i, divisor) => {
    output[o] = output[o]! + input[i]! / divisor;
  });
}

function averageBackward(p: Sized, shares: Shares, gradOutput: Float64Array, gradInput: Float64Array): void {
  gradInput.fill(0, 0, p.planes * p.inHeight * p.inWidth);
  shares((o, i, divisor) => {
    gradInput[i] = gradInput[i]! + gradOutput[o]! / divisor;
  });
}

export const pool = {
  max_pool2d_f32(p, [input], [output, indices]) {
    maxPool(p, slidingTaps(p), input, output, indices);
  },
  adaptive_max_pool2d_f32(p, [input], [output, indices]) {
    maxPool(p, adaptiveTaps(p), input, output, indices);
  },
  max_pool2d_backward_f32({ planes, inSize, outSize }, [gradOutput, indices], [gradInput]) {
    gradInput.fill(0, 0, planes * inSize);
    for (let o = 0; o < planes * outSize; o++) {
      const index = indices[o]!;
      if (index < 0) continue; // a window wholly outside
      const at = Math.floor(o / outSize) * inSize + index;
      gradInput[at] = gradInput[at]! + gradOutput[o]!;
    }
  },
  avg_pool2d_f32(p, [input], [output]) {
    average(p, averageShares(p), input, output);
  },
  avg_pool2d_backward_f32(p, [gradOutput], [gradInput]) {
    averageBackward(p, averageShares(p), gradOutput, gradInput);
  },
  adaptive_avg_pool2d_f32(p, [input], [output]) {
    average(p, adaptiveShares(p), input, output);
  },
  adaptive_avg_pool2d_backward_f32(p, [gradOutput], [gradInput]) {
    averageBackward(p, adaptiveShares(p), gradOutput, gradInput);
  },
} satisfies Partial<ReferenceKernels>;
