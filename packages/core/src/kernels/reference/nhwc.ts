/** @file Pooling of NHWC images, by way of the pooling of planes, and conversion between the layouts. */
import type { Params } from "../contract.ts";
import { fromPlanes, type Lie, toPlanes } from "./layouts.ts";
import { pool } from "./pool.ts";
import type { ReferenceKernels } from "./types.ts";

type MaxParams = Params<"max_pool2d_nhwc_f32">;
type AvgParams = Params<"avg_pool2d_nhwc_f32">;

const inputOf = (p: MaxParams): Lie => ({ ...p, height: p.inHeight, width: p.inWidth, layout: 1, border: p.inBorder });
const outputOf = (p: MaxParams, border = p.outBorder): Lie => ({
  ...p,
  height: p.outHeight,
  width: p.outWidth,
  layout: 1,
  border,
});
const planesOf = (p: MaxParams) => ({ ...p, planes: p.batch * p.channels, dilationHeight: 1, dilationWidth: 1 });
const averageOf = (p: AvgParams) => ({ ...planesOf(p), ...p, divisorOverride: 0 });
const sizeOf = (lie: Lie) => lie.batch * lie.channels * lie.height * lie.width;

/** Where position `winner` of output o's window lies in its plane. */
function placeOf(p: MaxParams, o: number, winner: number): number {
  const oy = Math.floor(o / p.outWidth) % p.outHeight;
  const y = oy * p.strideHeight - p.padTop + Math.floor(winner / p.kernelWidth);
  return y * p.inWidth + (o % p.outWidth) * p.strideWidth - p.padLeft + (winner % p.kernelWidth);
}
function winnerOf(p: MaxParams, o: number, place: number): number {
  const from = placeOf(p, o, 0);
  // Rows above the image have negative places: floor keeps row and column apart only from a place inside.
  const oy = Math.floor(o / p.outWidth) % p.outHeight;
  const row = Math.floor(place / p.inWidth) - (oy * p.strideHeight - p.padTop);
  return row * p.kernelWidth + (place - from - row * p.inWidth);
}

export const nhwc = {
  max_pool2d_nhwc_f32(p, [input], [output, index]) {
    const size = sizeOf(outputOf(p));
    const values = new Float64Array(size);
    const places = new Int32Array(size);
    pool.max_pool2d_f32(planesOf(p), [toPlanes(input, inputOf(p))], [values, places]);
    fromPlanes(values, outputOf(p), output);
    const winners = Array.from(places, (place, o) => winnerOf(p, o, place));
    if (index) fromPlanes(winners, outputOf(p, 0), index);
  },

  max_pool2d_nhwc_backward_f32(p, [gradOutput, index], [gradInput]) {
    const winners = toPlanes(index, outputOf(p, 0));
    const result = new Float64Array(sizeOf(inputOf(p)));
    const sizes = { planes: p.batch * p.channels, inSize: p.inHeight * p.inWidth, outSize: p.outHeight * p.outWidth };
    const places = Int32Array.from(winners, (winner, o) => placeOf(p, o, winner));
    pool.max_pool2d_backward_f32(sizes, [toPlanes(gradOutput, outputOf(p)), places], [result]);
    fromPlanes(result, inputOf(p), gradInput);
  },

  avg_pool2d_nhwc_f32(p, [input], [output]) {
    const values = new Float64Array(sizeOf(outputOf(p)));
    pool.avg_pool2d_f32(averageOf(p), [toPlanes(input, inputOf(p))], [values]);
    fromPlanes(values, outputOf(p), output);
  },

  avg_pool2d_nhwc_backward_f32(p, [gradOutput], [gradInput]) {
    const result = new Float64Array(sizeOf(inputOf(p)));
    pool.avg_pool2d_backward_f32(averageOf(p), [toPlanes(gradOutput, outputOf(p))], [result]);
    fromPlanes(result, inputOf(p), gradInput);
  },

  convert_layout_f32(p, [input], [output]) {
    const planes = toPlanes(input, { ...p, layout: p.inLayout, border: p.inBorder });
    fromPlanes(planes, { ...p, layout: p.outLayout, border: p.outBorder }, output);
  },
} satisfies Partial<ReferenceKernels>;
