import { expect, it } from "vitest";
import { compute } from "./compute.ts";

const plain = {
  batch: 1,
  inChannels: 1,
  inHeight: 5,
  inWidth: 5,
  outChannels: 1,
  outHeight: 3,
  outWidth: 3,
  kernelHeight: 3,
  kernelWidth: 3,
  strideHeight: 1,
  strideWidth: 1,
  padTop: 0,
  padLeft: 0,
  dilationHeight: 1,
  dilationWidth: 1,
  groups: 1,
};

it("the worked example: a 5×5 image and a 3×3 filter", () => {
  const image = [1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0];
  const filter = [1, 0, 1, 0, 1, 0, 1, 0, 1];
  expect(compute("conv2d_f32", plain, [image, filter, null]).output).toEqual(
    Float64Array.of(4, 3, 4, 2, 4, 3, 2, 3, 4),
  );
});

it("is a cross-correlation: the kernel is not turned, and its axes are not exchanged", () => {
  const p = { ...plain, inHeight: 1, inWidth: 3, outHeight: 1, outWidth: 2, kernelHeight: 1, kernelWidth: 2 };
  // 1·10 + 2·20 and 1·20 + 2·30, with a bias of 5
  expect(compute("conv2d_f32", p, [[10, 20, 30], [1, 2], [5]]).output).toEqual(Float64Array.of(55, 85));
});

/** The same call with the axes exchanged; a line's numbers lie in the same order as a row and as a column. */
const turned = (p: typeof plain): typeof plain => ({
  ...p,
  inHeight: p.inWidth,
  inWidth: p.inHeight,
  outHeight: p.outWidth,
  outWidth: p.outHeight,
  kernelHeight: p.kernelWidth,
  kernelWidth: p.kernelHeight,
  strideHeight: p.strideWidth,
  strideWidth: p.strideHeight,
  padTop: p.padLeft,
  padLeft: p.padTop,
  dilationHeight: p.dilationWidth,
  dilationWidth: p.dilationHeight,
});

it.each([
  ["a row", (p: typeof plain) => p],
  ["a column", turned],
] as const)("stride, padding and dilation of %s by hand", (_name, turn) => {
  const p = { ...plain, inHeight: 1, inWidth: 5, outHeight: 1, kernelHeight: 1, kernelWidth: 2 };
  const at = (options: Partial<typeof plain>) => [
    ...compute("conv2d_f32", turn({ ...p, ...options }), [[1, 2, 3, 4, 5], [1, 10], null]).output!,
  ];
  expect(at({ outWidth: 2, strideWidth: 3 })).toEqual([21, 54]);
  expect(at({ outWidth: 6, padLeft: 1 })).toEqual([10, 21, 32, 43, 54, 5]);
  expect(at({ outWidth: 2, dilationWidth: 3 })).toEqual([41, 52]);
});

it("groups see only their own channels", () => {
  const p = {
    ...plain,
    inChannels: 4,
    outChannels: 2,
    groups: 2,
    inHeight: 1,
    inWidth: 1,
    outHeight: 1,
    outWidth: 1,
    kernelHeight: 1,
    kernelWidth: 1,
  };
  expect(compute("conv2d_f32", p, [[1, 2, 3, 4], [10, 100, 10, 100], null]).output).toEqual(Float64Array.of(210, 430));
});

it("the transposed form takes a bias per channel of its output", () => {
  const p = { ...plain, inHeight: 2, inWidth: 2, outHeight: 1, outWidth: 1, kernelHeight: 2, kernelWidth: 2 };
  expect(compute("conv2d_backward_input_f32", p, [[2], [1, 2, 3, 4], [0.5]]).gradInput).toEqual(
    Float64Array.of(2.5, 4.5, 6.5, 8.5),
  );
});
