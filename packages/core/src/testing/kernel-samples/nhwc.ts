/** @file Samples of the pools of NHWC images and of conversions between the layouts. */
import type { Bordered, KernelSample, KernelSamples } from "./types.ts";

type Pair = readonly [number, number];

interface PoolCase {
  /** N, C, H, W. */
  readonly input: readonly [number, number, number, number];
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly pad?: Pair;
  readonly borders?: Pair;
  readonly kind?: NonNullable<Bordered["kind"]>;
}
const cases: Readonly<Record<string, PoolCase>> = {
  "2x2": { input: [2, 16, 6, 8], kernel: [2, 2], borders: [0, 1] },
  "3x3, stride 2, padding 1, odd channels": {
    input: [2, 21, 9, 10],
    kernel: [3, 3],
    stride: [2, 2],
    pad: [1, 1],
    borders: [1, 0],
  },
  "3x2, stride 1 and 2": { input: [1, 8, 7, 6], kernel: [3, 2], stride: [1, 2], borders: [2, 1] },
  "the whole plane": { input: [3, 40, 4, 4], kernel: [4, 4] },
  ties: { input: [2, 9, 6, 6], kernel: [3, 3], stride: [2, 2], pad: [1, 1], kind: "ties" },
  NaN: { input: [2, 9, 6, 6], kernel: [3, 3], stride: [2, 2], pad: [1, 1], kind: "nan" },
  "no images": { input: [0, 4, 4, 4], kernel: [2, 2] },
};

function params({ input, kernel, stride = kernel, pad = [0, 0], borders = [0, 0] }: PoolCase) {
  const [batch, channels, inHeight, inWidth] = input;
  return {
    batch,
    channels,
    inHeight,
    inWidth,
    outHeight: Math.floor((inHeight + 2 * pad[0] - kernel[0]) / stride[0]) + 1,
    outWidth: Math.floor((inWidth + 2 * pad[1] - kernel[1]) / stride[1]) + 1,
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
    padTop: pad[0],
    padLeft: pad[1],
    inBorder: borders[0],
    outBorder: borders[1],
  };
}
const input = (c: PoolCase) => ({
  input: {
    bordered: c.borders?.[0] ?? 0,
    height: c.input[2],
    width: c.input[3],
    channels: c.input[1],
    kind: c.kind ?? "normal",
  } as const,
});
const forwards = Object.entries(cases).map(
  ([name, c]): KernelSample<"max_pool2d_nhwc_f32"> => ({ name, params: params(c), values: input(c) }),
);
const averages = Object.entries(cases).flatMap(([name, c]): KernelSample<"avg_pool2d_nhwc_f32">[] =>
  [0, 1].map((countIncludePad) => ({
    name: `${name}, padding ${countIncludePad ? "" : "not "}counted`,
    params: { ...params(c), countIncludePad, padBottom: c.pad?.[0] ?? 0, padRight: c.pad?.[1] ?? 0 },
    values: input(c),
  })),
);

/** Positions that lie inside every window: with padding, those behind the first row and column and before the last. */
const positions = (c: PoolCase) => (c.pad ? [c.kernel[1] + 1] : { below: c.kernel[0] * c.kernel[1] });

const conversions: readonly (readonly [string, number, Pair, Pair])[] = [
  ["to NHWC", 19, [0, 0], [1, 1]],
  ["to NCHW", 19, [1, 2], [0, 0]],
  ["to another border", 32, [1, 1], [1, 0]],
  ["to a wider border", 5, [1, 0], [1, 3]],
  ["NCHW to NCHW", 3, [0, 0], [0, 0]],
  ["vectors to NHWC", 64, [0, 0], [1, 0]],
  ["vectors to NCHW", 64, [1, 0], [0, 0]],
];

export const nhwc = {
  max_pool2d_nhwc_f32: [...forwards, { ...forwards[1]!, name: "no index", absent: ["index"] }],
  max_pool2d_nhwc_backward_f32: Object.entries(cases)
    .filter(([, c]) => c.kind !== "nan")
    .map(([name, c]) => ({ name, params: params(c), values: { index: positions(c) } })),
  avg_pool2d_nhwc_f32: averages,
  avg_pool2d_nhwc_backward_f32: averages.map(({ name, params }) => ({ name, params })),
  convert_layout_f32: [
    ...conversions.map(([name, channels, [inLayout, inBorder], [outLayout, outBorder]]) => ({
      name,
      params: { batch: 3, channels, height: 6, width: 7, inLayout, inBorder, outLayout, outBorder },
    })),
    {
      name: "no images",
      params: { batch: 0, channels: 4, height: 2, width: 2, inLayout: 0, inBorder: 0, outLayout: 1, outBorder: 1 },
    },
  ],
} satisfies Partial<KernelSamples>;
