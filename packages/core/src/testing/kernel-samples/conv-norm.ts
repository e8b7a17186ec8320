/** @file Samples of convolution with batch norm by batch statistics: full and pooled first, remainders, weights of both signs. */
import { type Case, framed, sizes } from "./fused.ts";
import type { KernelSample, KernelSamples } from "./types.ts";

interface NormCase extends Omit<Case, "scale" | "panel"> {
  /** The pool comes before batch norm, and only what won is left. */
  readonly pooled?: boolean;
  readonly normWeight?: readonly number[];
}

const cases: Readonly<Record<string, NormCase>> = {
  "ReLU, odd channels": { input: [3, 5, 6, 7], out: 19 },
  "ReLU and pool": { input: [2, 8, 8, 8], out: 32, pool: [2, 2] },
  "residual and ReLU": { input: [4, 16, 4, 4], out: 16, residual: 1 },
  "plain, stride 2": { input: [2, 12, 9, 8], out: 24, stride: [2, 2], relu: 0, to: 0 },
  "1x1, NCHW out": { input: [3, 20, 5, 5], out: 40, kernel: [1, 1], pad: [0, 0], to: "nchw" },
  "several passes": { input: [2, 70, 5, 6], out: 16 },
  "bands of one image": { input: [1, 24, 40, 30], out: 16 },
  "many images": { input: [21, 3, 3, 3], out: 5, from: "nchw" },
  "one pixel": { input: [9, 5, 1, 1], out: 9, relu: 0 },
  "far from 0": { input: [2, 6, 8, 8], out: 16, relu: 0, kernel: [1, 1], pad: [0, 0], kind: "offset" },
  "NCHW in, pool first": { input: [3, 3, 16, 16], out: 32, from: "nchw", pool: [2, 2], pooled: true },
  "pool first, odd channels, NCHW out": {
    input: [2, 4, 6, 10],
    out: 19,
    pool: [2, 2],
    to: "nchw",
    pooled: true,
    normWeight: [1, -0.5, 2, -1.5, 0.25],
  },
  "pool first, no ReLU, far from 0": {
    input: [5, 3, 8, 6],
    out: 7,
    from: "nchw",
    relu: 0,
    pool: [2, 2],
    pooled: true,
    kernel: [1, 1],
    pad: [0, 0],
    kind: "offset",
  },
  "pool first, ties, weights of 0": {
    input: [2, 4, 6, 6],
    out: 8,
    kernel: [1, 1],
    pad: [0, 0],
    pool: [2, 2],
    pooled: true,
    kind: "ties",
    normWeight: [0, 1, -1],
  },
};

function forward(name: string, c: NormCase): KernelSample<"conv2d_norm_train_f32"> {
  const { groups, ...p } = sizes(c);
  const { from = 1, kind = "normal", residual, to = 1, pooled = false } = c;
  return {
    name,
    params: {
      ...p,
      groups,
      residualBorder: to === "nchw" ? 0 : (residual ?? 0),
      rawPooled: Number(pooled),
      eps: 1e-5,
    },
    values: {
      input: framed(from, p.inHeight, p.inWidth, p.inChannels, kind),
      ...(kind === "ties" && { weight: "ties", bias: "ties" }),
      ...(c.normWeight && { normWeight: c.normWeight }),
    },
    absent: [...(residual === undefined ? ["residual"] : []), ...(c.pool ? [] : ["index"])],
  };
}

function backward(name: string, c: NormCase): KernelSample<"conv2d_norm_train_backward_f32"> {
  const p = sizes(c);
  const { from = 1, kind = "normal", to = 1 } = c;
  return {
    name,
    params: { ...p, gradBorder: p.outBorder },
    values: {
      gradOutput: framed(to, Math.floor(p.outHeight / 2), Math.floor(p.outWidth / 2), p.outChannels),
      index: { below: 4 + p.relu },
      input: framed(from, p.inHeight, p.inWidth, p.inChannels, kind),
      mean: "small",
      invStd: "positive",
      ...(c.normWeight && { normWeight: c.normWeight }),
    },
  };
}
/** First layers of other shapes. */
const moreBackward: Readonly<Record<string, NormCase>> = {
  "5x5, stride 2": {
    input: [2, 3, 19, 16],
    out: 9,
    kernel: [5, 5],
    stride: [2, 2],
    pad: [2, 2],
    from: "nchw",
    pool: [2, 2],
  },
  "every parameter differs by axis": {
    input: [3, 2, 13, 18],
    out: 17,
    kernel: [3, 2],
    stride: [1, 2],
    pad: [2, 1],
    dilation: [2, 1],
    pool: [2, 2],
    relu: 0,
  },
  "many images, one channel": { input: [21, 1, 6, 6], out: 16, from: "nchw", pool: [2, 2], to: "nchw" },
  "rows beyond the windows": { input: [2, 3, 9, 11], out: 8, from: "nchw", pool: [2, 2] },
};

const forwards = Object.entries(cases).map(([name, c]) => forward(name, c));

const backwards = [...Object.entries(cases).filter(([, { pooled }]) => pooled), ...Object.entries(moreBackward)].map(
  ([name, c]) => backward(name, c),
);

export const convNorm = {
  conv2d_norm_train_f32: [
    ...forwards,
    { ...forwards[0]!, name: "no parameters", absent: ["bias", "normWeight", "normBias", "residual", "index"] },
    { ...forwards[10]!, name: "pool first, no parameters", absent: ["bias", "normWeight", "normBias", "residual"] },
  ],
  conv2d_norm_train_backward_f32: [
    ...backwards,
    { ...backwards[0]!, name: "no parameters", absent: ["normWeight", "gradBias"] },
  ],
} satisfies Partial<KernelSamples>;
