/** @file Samples of the fused convolutions and batch norms: both layouts, borders, windows that do not divide, odd channels. */
import type { Bordered, KernelSample, KernelSamples } from "./types.ts";

type Pair = readonly [number, number];
/** Layout and border: "nchw", or NHWC with so many zeros around. */
type Layout = "nchw" | number;

const layoutOf = (layout: Layout) => (layout === "nchw" ? 0 : 1);
const borderOf = (layout: Layout) => (layout === "nchw" ? 0 : layout);

export interface Case {
  /** N, C, H, W. */
  readonly input: readonly [number, number, number, number];
  readonly out: number;
  readonly kernel?: Pair;
  readonly stride?: Pair;
  readonly pad?: Pair;
  readonly dilation?: Pair;
  readonly groups?: number;
  readonly from?: Layout;
  readonly to?: Layout;
  readonly relu?: 0 | 1 | 2;
  readonly pool?: Pair;
  /** Border of the residual; absent: none. */
  readonly residual?: number;
  readonly scale?: boolean;
  /** Packed weights, so many outputs in a block. */
  readonly panel?: number;
  readonly kind?: NonNullable<Bordered["kind"]>;
}

export const framed = (
  layout: Layout,
  height: number,
  width: number,
  channels: number,
  kind: Bordered["kind"] = "normal",
) => (layout === "nchw" ? kind : { bordered: layout, height, width, channels, kind });

export function sizes(c: Case) {
  const { input, out, kernel = [3, 3], stride = [1, 1], pad = [1, 1], dilation = [1, 1], groups = 1 } = c;
  const { from = 1, to = 1, relu = 1, pool = [1, 1] } = c;
  const [batch, inChannels, inHeight, inWidth] = input;
  const slide = (axis: 0 | 1, size: number) =>
    Math.floor((size + 2 * pad[axis] - dilation[axis] * (kernel[axis] - 1) - 1) / stride[axis]) + 1;
  return {
    batch,
    inChannels,
    inHeight,
    inWidth,
    outChannels: out,
    outHeight: slide(0, inHeight),
    outWidth: slide(1, inWidth),
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    strideHeight: stride[0],
    strideWidth: stride[1],
    padTop: pad[0],
    padLeft: pad[1],
    dilationHeight: dilation[0],
    dilationWidth: dilation[1],
    groups,
    inLayout: layoutOf(from),
    inBorder: borderOf(from),
    outLayout: layoutOf(to),
    outBorder: borderOf(to),
    relu,
    poolHeight: pool[0],
    poolWidth: pool[1],
  };
}

const cases: Readonly<Record<string, Case>> = {
  "3 to 32, NCHW in, pool": { input: [2, 3, 16, 16], out: 32, from: "nchw", pool: [2, 2] },
  "3 to 32, NCHW in, odd rows, pool": { input: [1, 3, 9, 11], out: 32, from: "nchw", pool: [2, 2], to: 2 },
  "32 to 64, pool, NCHW out": { input: [3, 32, 8, 8], out: 64, pool: [2, 2], to: "nchw" },
  "32 to 64, pool, rows left over": { input: [2, 32, 7, 9], out: 64, pool: [2, 2], to: 0 },
  "19 to 21, pool 3x2, no ReLU": { input: [2, 19, 7, 8], out: 21, pool: [3, 2], relu: 0 },
  "residual and ReLU": { input: [2, 16, 6, 5], out: 16, residual: 1 },
  "residual of another border, pool": { input: [1, 8, 6, 6], out: 24, residual: 0, pool: [2, 2], to: 1 },
  "plain, no border given": { input: [2, 64, 4, 4], out: 64, from: 0, relu: 0 },
  "scale, as after folding batch norm": { input: [2, 16, 6, 6], out: 48, scale: true, residual: 1 },
  "scale, 1x1, stride 2": { input: [2, 24, 7, 6], out: 40, kernel: [1, 1], stride: [2, 2], pad: [0, 0], scale: true },
  "1x1 to few": { input: [2, 20, 5, 5], out: 5, kernel: [1, 1], pad: [0, 0], from: 1 },
  "7x7, stride 2, NCHW in": {
    input: [1, 3, 21, 19],
    out: 16,
    kernel: [7, 7],
    stride: [2, 2],
    pad: [3, 3],
    from: "nchw",
  },
  "stride 2": { input: [2, 32, 9, 8], out: 32, stride: [2, 2] },
  "stride 2, few channels": { input: [2, 3, 9, 8], out: 5, stride: [2, 2] },
  "stride 2, few channels, no padding": { input: [1, 6, 7, 10], out: 3, stride: [2, 2], pad: [0, 0], relu: 0 },
  "every parameter differs by axis": {
    input: [2, 4, 13, 17],
    out: 6,
    kernel: [3, 2],
    stride: [2, 3],
    pad: [1, 2],
    dilation: [2, 3],
    groups: 2,
    to: 1,
  },
  "ReLU6 and pool, scale": { input: [1, 4, 6, 6], out: 16, kernel: [2, 1], relu: 2, pool: [2, 2], scale: true },
  "ReLU6, residual, scale": {
    input: [1, 8, 5, 6],
    out: 24,
    kernel: [1, 1],
    pad: [0, 0],
    relu: 2,
    residual: 1,
    scale: true,
  },
  "depthwise, ReLU6, scale": { input: [1, 40, 9, 8], out: 40, groups: 40, relu: 2, scale: true },
  "depthwise, 5x5, stride 2, planes, scale": {
    input: [2, 37, 9, 11],
    out: 37,
    groups: 37,
    kernel: [5, 5],
    stride: [2, 2],
    pad: [2, 2],
    from: "nchw",
    to: "nchw",
    scale: true,
  },
  depthwise: { input: [2, 19, 7, 9], out: 19, groups: 19, to: 1 },
  "5x5, border too small": { input: [2, 6, 8, 8], out: 16, kernel: [5, 5], pad: [2, 2], pool: [2, 2] },
  "packed for 8": { input: [2, 16, 6, 6], out: 21, panel: 8 },
  "packed for 16, NCHW in, pool": { input: [1, 3, 9, 8], out: 24, panel: 16, from: "nchw", pool: [2, 2] },
  "packed for 32, NCHW in, many channels": { input: [1, 11, 5, 6], out: 33, panel: 32, from: "nchw" },
  "packed for 3, groups, scale": { input: [1, 8, 5, 6], out: 14, panel: 3, groups: 2, scale: true },
  "one pixel": { input: [3, 5, 1, 1], out: 9 },
  "several groups of images": { input: [21, 8, 6, 6], out: 16, pool: [2, 2] },
  "ties, ReLU and pool": { input: [2, 4, 6, 6], out: 8, kernel: [1, 1], pad: [0, 0], pool: [2, 2], kind: "ties" },
  "NaN, ReLU and pool": { input: [1, 8, 8, 8], out: 8, pool: [2, 2], kind: "nan" },
  "no images": { input: [0, 3, 8, 8], out: 4 },
};

function forward(name: string, c: Case): KernelSample<"conv2d_fused_f32"> {
  const p = sizes(c);
  const { from = 1, kind = "normal", residual, scale = false, to = 1 } = c;
  const pools = p.poolHeight * p.poolWidth > 1;
  return {
    name,
    params: { ...p, residualBorder: to === "nchw" ? 0 : (residual ?? 0), panel: c.panel ?? 0 },
    values: {
      input: framed(from, p.inHeight, p.inWidth, p.inChannels, kind),
      ...(kind === "ties" && { weight: "ties", bias: "ties" }),
    },
    // Plain ReLU is masked by the output: its gradient's check wants to see both.
    absent: [...(scale ? [] : ["scale"]), ...(residual === undefined ? ["residual"] : []), ...(pools ? [] : ["index"])],
  };
}

function backward(name: string, c: Case): KernelSample<"conv2d_fused_backward_f32"> {
  const p = sizes(c);
  const { from = 1, kind = "normal", to = 1 } = c;
  const pools = p.poolHeight * p.poolWidth > 1;
  const height = Math.floor(p.outHeight / p.poolHeight);
  const width = Math.floor(p.outWidth / p.poolWidth);
  const borders = { gradBorder: p.outBorder, gradInBorder: p.inBorder, addendBorder: p.inBorder };
  return {
    name,
    params: { ...p, ...borders },
    values: {
      gradOutput: framed(to, height, width, p.outChannels),
      index: { below: p.poolHeight * p.poolWidth + p.relu },
      input: framed(from, p.inHeight, p.inWidth, p.inChannels, kind === "nan" ? "normal" : kind),
    },
    absent: [...(pools ? ["output"] : ["index"]), ...(c.residual === undefined ? ["addend"] : [])],
  };
}

const forwards = Object.entries(cases).map(([name, c]) => forward(name, c));
const without = <S extends { name: string; absent?: readonly string[] }>(sample: S, what: string): S => ({
  ...sample,
  name: `${sample.name}, without ${what}`,
  absent: [...(sample.absent ?? []), what],
});
const backwards = Object.entries(cases)
  .filter(([, c]) => !c.scale && !c.panel)
  .map(([name, c]) => backward(name, c));

interface NormCase {
  /** N, C, H, W. */
  readonly input: readonly [number, number, number, number];
  readonly border?: number;
  readonly to?: Layout;
  readonly relu?: 0 | 1;
  readonly pool?: Pair;
  readonly residual?: number;
  readonly kind?: NonNullable<Bordered["kind"]>;
}
const normCases: Readonly<Record<string, NormCase>> = {
  "ReLU, odd channels": { input: [3, 19, 5, 6], border: 1 },
  "ReLU and pool": { input: [2, 32, 8, 8], pool: [2, 2], to: 1 },
  "ReLU and pool, NCHW out": { input: [2, 16, 6, 7], pool: [2, 2], to: "nchw" },
  "residual and ReLU": { input: [4, 16, 4, 4], residual: 1, to: 1 },
  "residual, ReLU and pool": { input: [2, 8, 6, 6], residual: 0, pool: [2, 2] },
  "plain, far from 0": { input: [2, 24, 5, 5], relu: 0, kind: "offset", to: 0 },
  "pool 3x2, no ReLU": { input: [2, 6, 7, 5], relu: 0, pool: [3, 2], border: 1 },
  "many images": { input: [70, 5, 3, 3] },
  "one value a channel in an image": { input: [9, 40, 1, 1], relu: 0 },
};
function norm({ input, border = 0, to = 1, relu = 1, pool = [1, 1], residual }: NormCase) {
  const [batch, channels, height, width] = input;
  return {
    batch,
    channels,
    height,
    width,
    inBorder: border,
    outLayout: layoutOf(to),
    outBorder: borderOf(to),
    relu,
    poolHeight: pool[0],
    poolWidth: pool[1],
    residualBorder: to === "nchw" ? 0 : (residual ?? 0),
  };
}
const absentOf = (c: NormCase) => [
  ...(c.residual === undefined ? ["residual", "gradResidual"] : []),
  ...(c.pool ? ["output"] : ["index"]),
];

const normForwards = Object.entries(normCases).map(
  ([name, c]): KernelSample<"batch_norm_fused_train_f32"> => ({
    name,
    params: { ...norm(c), eps: 1e-5 },
    values: { input: framed(c.border ?? 0, c.input[2], c.input[3], c.input[1], c.kind), weight: "normal" },
    absent: absentOf(c).filter((name) => name !== "output"),
  }),
);
const normBackwards = Object.entries(normCases).map(
  ([name, c]): KernelSample<"batch_norm_fused_train_backward_f32"> => {
    const p = norm(c);
    const height = Math.floor(p.height / p.poolHeight);
    const width = Math.floor(p.width / p.poolWidth);
    return {
      name,
      params: { ...p, gradBorder: p.outBorder, gradInBorder: 1 },
      values: {
        gradOutput: framed(c.to ?? 1, height, width, p.channels),
        index: { below: p.poolHeight * p.poolWidth + p.relu },
        input: framed(p.inBorder, p.height, p.width, p.channels),
        mean: "small",
        invStd: "positive",
      },
      absent: absentOf(c),
    };
  },
);

const pack = (
  name: string,
  [outChannels, inChannels, kernelHeight, kernelWidth]: readonly [number, number, number, number],
  panel: number,
  inLayout: 0 | 1,
  groups = 1,
): KernelSample<"conv2d_pack_f32"> => ({
  name,
  params: { outChannels, inChannels, kernelHeight, kernelWidth, groups, inLayout, panel },
});
const packs = [
  pack("64 outputs for NHWC", [64, 32, 3, 3], 16, 1),
  pack("outputs left over", [21, 5, 2, 3], 8, 1),
  pack("for planes", [24, 3, 7, 7], 16, 0),
  pack("fewer outputs than the panel", [5, 17, 1, 1], 32, 1),
  pack("groups", [14, 3, 3, 3], 4, 1, 2),
  pack("more than a chunk", [130, 70, 3, 3], 16, 1),
];

const winogradCases: Readonly<Record<string, Case>> = {
  "64 to 64": { input: [1, 64, 8, 7], out: 64, panel: 16 },
  "32 to 64, pool, NCHW out": { input: [2, 32, 8, 6], out: 64, pool: [2, 2], to: "nchw", panel: 16 },
  "32 to 64, pool, rows left over": { input: [2, 32, 7, 9], out: 64, pool: [2, 2], to: 0, panel: 8 },
  "odd sizes and channels, border too small": { input: [2, 19, 7, 5], out: 21, from: 0, to: 2, panel: 8 },
  "odd sizes, planes on both sides, no ReLU": {
    input: [1, 5, 5, 9],
    out: 9,
    from: "nchw",
    to: "nchw",
    relu: 0,
    panel: 32,
  },
  "residual, ReLU6, another panel": { input: [2, 16, 6, 5], out: 24, residual: 2, relu: 2, panel: 5 },
  "residual in planes": { input: [1, 8, 5, 6], out: 16, residual: 0, to: "nchw", panel: 16 },
  "padding differs, wide border": { input: [1, 6, 9, 8], out: 4, pad: [0, 2], from: 3, panel: 4 },
  "no padding, residual and pool": {
    input: [1, 33, 8, 7],
    out: 40,
    pad: [0, 0],
    from: 0,
    residual: 1,
    pool: [2, 2],
    panel: 16,
  },
  "many channels": { input: [1, 350, 4, 4], out: 33, panel: 16 },
  "several groups of tiles": { input: [9, 16, 10, 12], out: 16, panel: 16 },
  "one pixel": { input: [3, 5, 1, 1], out: 9, panel: 8 },
  "no whole window": { input: [1, 4, 1, 6], out: 8, pool: [2, 2], panel: 8 },
  NaN: { input: [1, 8, 8, 8], out: 8, pool: [2, 2], kind: "nan", panel: 8 },
  "no images": { input: [0, 8, 8, 8], out: 4, panel: 4 },
};
const winograd = ([name, c]: [string, Case], tile: number): KernelSample<"conv2d_winograd_f32"> => {
  const { params, absent, ...sample } = forward(name, c);
  const operands = absent!.filter((operand) => operand !== "scale");
  if (!/^(odd sizes|no padding|several)/.test(name)) operands.push("mask");
  // Errors are measured by the largest result, and ReLU6 cuts that down to 6: with large tiles ReLU alone.
  const relu = tile === 2 ? params.relu : Math.min(params.relu, 1);
  return {
    ...sample,
    name: tile === 2 ? name : `${name}, tiles of ${tile}`,
    params: { ...params, relu, maskBorder: 2 * params.inLayout, tile, backward: 0 },
    absent: operands,
  };
};
const halvingCases: Readonly<Record<string, Case>> = {
  "stride 2, 64 to 64": { input: [2, 64, 8, 8], out: 64, panel: 16 },
  "stride 2, odd sizes, border too small": { input: [2, 19, 9, 7], out: 21, from: 0, to: 2, panel: 8 },
  "stride 2, no padding, residual": { input: [1, 33, 8, 7], out: 40, pad: [0, 0], from: 0, residual: 1, panel: 5 },
  "stride 2, planes on both sides": { input: [1, 5, 6, 9], out: 9, from: "nchw", to: "nchw", relu: 0, panel: 8 },
  "stride 2, one pixel": { input: [3, 5, 1, 1], out: 9, panel: 16 },
  "stride 2, NaN": { input: [1, 8, 8, 8], out: 8, kind: "nan", panel: 8 },
  "stride 2, no images": { input: [0, 8, 8, 8], out: 4, panel: 4 },
};
/** The same with the input's gradient: what was the output is the source. */
function doubling([name, c]: [string, Case]): KernelSample<"conv2d_winograd_f32"> {
  const { gradBorder, gradInBorder, addendBorder, ...p } = backward(name, { ...c, stride: [2, 2] }).params;
  const { kind } = c;
  return {
    name: `${name}, input gradient`,
    params: {
      ...p,
      ...{ inChannels: p.outChannels, inHeight: p.outHeight, inWidth: p.outWidth },
      ...{ inLayout: p.outLayout, inBorder: gradBorder, maskBorder: p.outBorder },
      ...{ outChannels: p.inChannels, outHeight: p.inHeight, outWidth: p.inWidth },
      ...{ outLayout: p.inLayout, outBorder: gradInBorder, residualBorder: addendBorder },
      ...{ relu: 0, panel: c.panel!, tile: 2, backward: 1 },
    },
    values: { input: framed(c.to ?? 1, p.outHeight, p.outWidth, p.outChannels, kind) },
    absent: [
      "bias",
      "index",
      ...(c.relu === 0 || kind ? ["mask"] : []),
      ...(c.residual === undefined ? ["residual"] : []),
    ],
  };
}
const winograds = [
  ...[2, 4].flatMap((tile) => Object.entries(winogradCases).map((each) => winograd(each, tile))),
  ...Object.entries(halvingCases).map(([name, c]) => winograd([name, { ...c, stride: [2, 2] }], 2)),
  ...Object.entries(halvingCases).map(doubling),
];
const winogradWeightCases: Readonly<Record<string, Case>> = {
  "64 to 64, several parts": { input: [3, 70, 8, 6], out: 84, relu: 0, to: 1 },
  "odd sizes and channels, border too small": { input: [2, 19, 7, 5], out: 21, from: 0, to: 2 },
  "planes on both sides": { input: [2, 5, 5, 9], out: 9, from: "nchw", to: "nchw" },
  "few outputs, wide border, padding differs": { input: [1, 33, 9, 8], out: 4, pad: [0, 2], from: 3, relu: 0 },
  "no padding": { input: [1, 8, 8, 6], out: 16, pad: [0, 0], from: 0, relu: 0, to: 0 },
  "several groups of tiles": { input: [9, 16, 20, 12], out: 16, relu: 0 },
  "one pixel": { input: [3, 5, 1, 1], out: 9 },
  NaN: { input: [1, 8, 8, 8], out: 8, kind: "nan" },
  "no images": { input: [0, 8, 8, 8], out: 4 },
};
const winogradWeights = [
  { tile: 2, stride: 1, more: "" },
  { tile: 4, stride: 1, more: ", tiles of 4" },
  { tile: 2, stride: 2, more: ", stride 2" },
].flatMap(({ tile, stride, more }) =>
  Object.entries(winogradWeightCases).map(([name, c]): KernelSample<"conv2d_winograd_backward_weight_f32"> => {
    const { gradInBorder: _, addendBorder: __, ...params } = backward(name, { ...c, stride: [stride, stride] }).params;
    return {
      name: `${name}${more}`,
      params: { ...params, tile },
      values: {
        gradOutput: framed(c.to ?? 1, params.outHeight, params.outWidth, params.outChannels),
        input: framed(c.from ?? 1, params.inHeight, params.inWidth, params.inChannels, c.kind),
      },
      absent: c.relu === 0 ? ["output"] : [],
    };
  }),
);
const winogradPack = (
  name: string,
  outChannels: number,
  inChannels: number,
  panel: number,
  transposed = 0,
  tile = 2,
  stride = 1,
): KernelSample<"conv2d_winograd_pack_f32"> => ({
  name,
  params: { outChannels, inChannels, transposed, panel, tile, stride },
});
const winogradPacks = [
  winogradPack("64 outputs", 64, 32, 16),
  winogradPack("outputs left over", 21, 5, 8),
  winogradPack("fewer outputs than the panel", 5, 17, 32),
  winogradPack("transposed", 32, 24, 16, 1),
  winogradPack("transposed, outputs left over", 21, 6, 5, 1),
  winogradPack("tiles of 4, outputs left over", 21, 5, 8, 0, 4),
  winogradPack("tiles of 4, transposed", 64, 24, 16, 1, 4),
  winogradPack("stride 2, outputs left over", 21, 5, 8, 0, 2, 2),
  winogradPack("stride 2, transposed", 64, 24, 16, 1, 2, 2),
];

export const fused = {
  conv2d_winograd_pack_f32: [...winogradPacks, without(winogradPacks[1]!, "scale")],
  conv2d_winograd_f32: [...winograds, without(winograds[0]!, "bias")],
  conv2d_winograd_backward_weight_f32: [...winogradWeights, without(winogradWeights[0]!, "gradBias")],
  conv2d_pack_f32: [...packs, ...packs.slice(1, 3).map((sample) => without(sample, "scale"))],
  conv2d_fused_f32: [
    ...forwards,
    ...forwards.slice(0, 4).map((sample) => without(sample, "index")),
    without(forwards[2]!, "bias"),
  ],
  conv2d_fused_backward_f32: [
    ...backwards,
    ...["gradInput", "gradWeight", "gradBias"].map((what) => without(backwards[2]!, what)),
    { ...without(backwards[5]!, "input"), absent: ["index", "input", "gradWeight", "gradBias"] },
  ],
  batch_norm_fused_train_f32: [...normForwards, without(without(normForwards[0]!, "weight"), "bias")],
  batch_norm_fused_train_backward_f32: [...normBackwards, without(normBackwards[3]!, "weight")],
} satisfies Partial<KernelSamples>;
