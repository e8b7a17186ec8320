/**
 * @file Samples of convolution, padding and pooling. Some have every parameter differ by axis: a square kernel
 * would hide height and width exchanged.
 */
import type { KernelSample, KernelSamples } from "./types.ts";

type Pair = readonly [number, number];
type Edges = readonly [top: number, bottom: number, left: number, right: number];

/** Output size of a window that slides (PyTorch's formula). */
const slide = (size: number, padding: number, kernel: number, stride: number, dilation: number) =>
  Math.floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1;

const noEdges: Edges = [0, 0, 0, 0];

interface ConvCase {
  /** N, C, H, W. */
  readonly input: readonly [number, number, number, number];
  readonly out: number;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly pad?: Edges;
  readonly dilation?: Pair;
  readonly groups?: number;
}

function conv({ input, out, kernel, stride = [1, 1], pad = noEdges, dilation = [1, 1], groups = 1 }: ConvCase) {
  const [batch, inChannels, inHeight, inWidth] = input;
  const [top, bottom, left, right] = pad;
  return {
    batch,
    inChannels,
    inHeight,
    inWidth,
    outChannels: out,
    outHeight: slide(inHeight, top + bottom, kernel[0], stride[0], dilation[0]),
    outWidth: slide(inWidth, left + right, kernel[1], stride[1], dilation[1]),
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
    padTop: top,
    padLeft: left,
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
    groups,
  };
}

const convCases: Readonly<Record<string, ConvCase>> = {
  "one product": { input: [1, 1, 1, 1], out: 1, kernel: [1, 1] },
  "3x3, padding 1": { input: [2, 3, 8, 8], out: 4, kernel: [3, 3], pad: [1, 1, 1, 1] },
  "every parameter differs by axis": {
    input: [2, 4, 13, 17],
    out: 6,
    kernel: [3, 2],
    stride: [2, 3],
    pad: [1, 0, 2, 1],
    dilation: [2, 3],
    groups: 2,
  },
  depthwise: { input: [2, 19, 7, 9], out: 19, kernel: [3, 3], pad: [1, 1, 1, 1], groups: 19 },
  "depthwise with multiplier": { input: [1, 3, 6, 5], out: 6, kernel: [2, 3], groups: 3, stride: [1, 2] },
  "groups of many channels": { input: [1, 34, 5, 6], out: 36, kernel: [3, 3], pad: [1, 1, 1, 1], groups: 2 },
  "1x1": { input: [2, 33, 5, 7], out: 17, kernel: [1, 1] },
  "1x1, stride 2": { input: [2, 16, 7, 6], out: 32, kernel: [1, 1], stride: [2, 2] },
  "7x7, stride 2, 3 channels": { input: [1, 3, 23, 21], out: 16, kernel: [7, 7], stride: [2, 2], pad: [3, 3, 3, 3] },
  "5x3, wide padding": { input: [1, 2, 4, 5], out: 3, kernel: [5, 3], pad: [4, 3, 2, 2] },
  "kernel as large as the padded image": { input: [2, 5, 3, 4], out: 7, kernel: [5, 6], pad: [1, 1, 1, 1] },
  "padding at the end only (same, even kernel)": { input: [1, 3, 5, 5], out: 4, kernel: [2, 4], pad: [0, 1, 1, 2] },
  "dilation wider than the image": { input: [1, 2, 4, 4], out: 2, kernel: [2, 2], pad: [3, 3, 4, 4], dilation: [5, 6] },
  "stride leaves rows unread": { input: [1, 2, 9, 10], out: 3, kernel: [2, 1], stride: [4, 3] },
  "33 to 49 channels": { input: [1, 33, 9, 10], out: 49, kernel: [3, 3], pad: [1, 1, 1, 1] },
  "32 to 64 channels, batch 5": { input: [5, 32, 8, 8], out: 64, kernel: [3, 3], pad: [1, 1, 1, 1] },
  // Of 256 pixels and 32 channels on, native kernels go by Winograd's algorithm.
  "33 to 41 channels, no padding": { input: [3, 33, 11, 12], out: 41, kernel: [3, 3] },
  "40 to 32 channels, padding 2 in front": { input: [4, 40, 9, 8], out: 32, kernel: [3, 3], pad: [2, 0, 1, 2] },
  "33 to 35 channels, 128 images": { input: [128, 33, 3, 3], out: 35, kernel: [3, 3], pad: [1, 1, 1, 1] },
  "64 to 64 channels, stride 2": { input: [2, 64, 8, 8], out: 64, kernel: [3, 3], pad: [1, 1, 1, 1], stride: [2, 2] },
  "3 to 32 channels, 32 wide": { input: [2, 3, 32, 32], out: 32, kernel: [3, 3], pad: [1, 1, 1, 1] },
  "long rows": { input: [1, 1, 2, 301], out: 2, kernel: [1, 9], pad: [0, 0, 4, 4] },
  "no images": { input: [0, 3, 8, 8], out: 4, kernel: [3, 3] },
};
const convs = Object.entries(convCases).map(([name, options]) => ({ name, params: conv(options) }));
const convsNoBias = convs.map((sample) => ({ ...sample, name: `${sample.name}, no bias`, absent: ["bias"] }));

interface PoolCase {
  readonly planes: number;
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly pad?: Edges;
  readonly dilation?: Pair;
  /** Rows and columns more than the formula gives (ceil mode). */
  readonly more?: Pair;
}

function maxPool({ planes, size, kernel, stride = kernel, pad = noEdges, dilation = [1, 1], more = [0, 0] }: PoolCase) {
  const [top, bottom, left, right] = pad;
  return {
    planes,
    inHeight: size[0],
    inWidth: size[1],
    outHeight: slide(size[0], top + bottom, kernel[0], stride[0], dilation[0]) + more[0],
    outWidth: slide(size[1], left + right, kernel[1], stride[1], dilation[1]) + more[1],
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
    padTop: top,
    padLeft: left,
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
  };
}

const avgPool = (options: PoolCase) => {
  const [, padBottom, , padRight] = options.pad ?? noEdges;
  return { ...maxPool(options), padBottom, padRight };
};

const poolCases: Readonly<Record<string, PoolCase>> = {
  "2x2": { planes: 6, size: [8, 8], kernel: [2, 2] },
  "2x2, 32 wide": { planes: 5, size: [32, 32], kernel: [2, 2] },
  "2x2, a row and a column left over": { planes: 3, size: [9, 11], kernel: [2, 2] },
  "3x3, stride 2, padding 1": { planes: 7, size: [14, 15], kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 1] },
  "every parameter differs by axis": { planes: 4, size: [11, 14], kernel: [3, 4], stride: [2, 1], pad: [1, 1, 2, 2] },
  "ceil mode": { planes: 2, size: [7, 10], kernel: [2, 3], more: [1, 1] },
  "ceil mode with padding": {
    planes: 2,
    size: [9, 6],
    kernel: [4, 3],
    stride: [3, 2],
    pad: [1, 1, 1, 1],
    more: [1, 1],
  },
  "whole plane": { planes: 9, size: [5, 3], kernel: [5, 3] },
  "1x1": { planes: 2, size: [4, 5], kernel: [1, 1] },
  "no planes": { planes: 0, size: [4, 4], kernel: [2, 2] },
};
const pools = Object.entries(poolCases);

const maxPools: readonly KernelSample<"max_pool2d_f32">[] = [
  ...pools.map(([name, options]) => ({ name, params: maxPool(options) })),
  ...(["ties", "nan"] as const).flatMap((input) =>
    pools.map(([name, options]) => ({ name: `${name}, ${input}`, params: maxPool(options), values: { input } })),
  ),
  {
    name: "all −∞: the first of the window",
    params: maxPool({ planes: 2, size: [4, 6], kernel: [2, 3], pad: [1, 1, 1, 1] }),
    values: { input: [Number.NEGATIVE_INFINITY] },
  },
  {
    name: "dilated",
    params: maxPool({ planes: 3, size: [9, 13], kernel: [2, 3], stride: [1, 2], pad: [1, 1, 1, 1], dilation: [3, 2] }),
  },
];

const avgPools = pools.flatMap(([name, options]) => [
  { name: `${name}, padding counted`, params: { ...avgPool(options), countIncludePad: 1, divisorOverride: 0 } },
  { name: `${name}, padding not counted`, params: { ...avgPool(options), countIncludePad: 0, divisorOverride: 0 } },
  { name: `${name}, divisor 5`, params: { ...avgPool(options), countIncludePad: 1, divisorOverride: 5 } },
]);

const adaptive = (
  [
    [3, [7, 10], [3, 4]],
    [5, [8, 8], [1, 1]],
    [4, [6, 9], [2, 3]],
    [2, [3, 2], [5, 7]],
    [2, [4, 5], [4, 5]],
    [33, [7, 7], [1, 1]],
    [0, [4, 4], [2, 2]],
    [2, [4, 4], [0, 2]],
  ] as const
).map(([planes, [inHeight, inWidth], [outHeight, outWidth]]) => ({
  name: `${planes} planes of ${inHeight}×${inWidth} to ${outHeight}×${outWidth}`,
  params: { planes, inHeight, inWidth, outHeight, outWidth },
}));

const modes = ["reflect", "replicate", "circular", "constant"] as const;
const pads = modes.flatMap((modeName, mode) =>
  (
    [
      [3, [5, 6], [2, 1, 3, 4]],
      [2, [4, 7], [0, 3, 1, 0]],
      [2, [6, 5], [-1, 2, 3, -2]],
      [1, [8, 33], [1, 1, 1, 1]],
      [0, [4, 4], [1, 1, 1, 1]],
    ] as const
  ).map(([planes, [inHeight, inWidth], [padTop, bottom, padLeft, right]]) => ({
    name: `${modeName}, ${planes} planes of ${inHeight}×${inWidth}, by ${padTop}, ${bottom}, ${padLeft}, ${right}`,
    params: {
      planes,
      inHeight,
      inWidth,
      outHeight: inHeight + padTop + bottom,
      outWidth: inWidth + padLeft + right,
      padTop,
      padLeft,
      mode,
    },
  })),
);

export const spatial = {
  conv2d_f32: [...convs, ...convsNoBias.slice(1, 4)],
  conv2d_backward_input_f32: [...convsNoBias, ...convs.slice(1, 4)],
  conv2d_backward_weight_f32: convs,
  channel_sum_f32: [
    { name: "odd", params: { batch: 3, channels: 5, spatial: 7 } },
    { name: "vectors", params: { batch: 2, channels: 17, spatial: 1024 } },
    { name: "no spatial axes", params: { batch: 65, channels: 33, spatial: 1 } },
    { name: "one long channel", params: { batch: 1, channels: 1, spatial: 70_001 } },
    { name: "no images: zeros", params: { batch: 0, channels: 4, spatial: 9 } },
  ],
  pad2d_f32: pads.map(({ name, params }) => ({ name, params: { ...params, value: -2.5 } })),
  pad2d_backward_f32: pads,
  max_pool2d_f32: maxPools,
  max_pool2d_backward_f32: [
    { name: "few", params: { planes: 3, inSize: 20, outSize: 6 }, values: { indices: { below: 20 } } },
    { name: "many into one", params: { planes: 2, inSize: 3, outSize: 50 }, values: { indices: { below: 3 } } },
    { name: "chunks", params: { planes: 40, inSize: 1024, outSize: 256 }, values: { indices: { below: 1024 } } },
    { name: "no planes", params: { planes: 0, inSize: 4, outSize: 1 }, values: { indices: { below: 4 } } },
  ],
  avg_pool2d_f32: avgPools,
  avg_pool2d_backward_f32: avgPools,
  adaptive_avg_pool2d_f32: adaptive,
  adaptive_avg_pool2d_backward_f32: adaptive,
  adaptive_max_pool2d_f32: [
    ...adaptive,
    ...adaptive
      .slice(0, 4)
      .map(({ name, params }) => ({ name: `${name}, ties`, params, values: { input: "ties" as const } })),
    ...adaptive
      .slice(0, 4)
      .map(({ name, params }) => ({ name: `${name}, NaN`, params, values: { input: "nan" as const } })),
  ],
} satisfies Partial<KernelSamples>;
