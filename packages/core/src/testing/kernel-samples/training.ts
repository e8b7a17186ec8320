/** @file Samples of batch normalisation and of the losses. */
import type { Params } from "../../kernels/contract.ts";
import type { KernelSamples, ValueKind } from "./types.ts";

const channelSizes = [
  { batch: 4, channels: 3, spatial: 35 },
  { batch: 2, channels: 17, spatial: 64 },
  { batch: 64, channels: 33, spatial: 1 },
  { batch: 1, channels: 2, spatial: 5 },
  { batch: 3, channels: 1, spatial: 4_099 },
  { batch: 2, channels: 0, spatial: 4 },
];

/** A mean of 4 times the deviation: E[x²] − E[x]² in float32 would show. */
const values: Readonly<Record<string, ValueKind>> = {
  input: "offset",
  mean: "offset",
  invStd: "positive",
  runningMean: "offset",
  runningVar: "positive",
};

function batchNorm(...optional: readonly string[]) {
  return channelSizes.flatMap((size) => {
    const sample = {
      name: `(${size.batch}, ${size.channels}, ${size.spatial})`,
      params: { ...size, eps: 1e-5 } satisfies Params<"batch_norm_train_f32">,
      values,
    };
    return [sample, { ...sample, name: `${sample.name}, not affine`, absent: optional }];
  });
}

const noImages = { name: "no images", params: { batch: 0, channels: 3, spatial: 4, eps: 1e-5 }, values };

const lossSizes = [
  { batch: 1, classes: 1, spatial: 1 },
  { batch: 64, classes: 10, spatial: 1 },
  { batch: 3, classes: 5, spatial: 7 },
  { batch: 0, classes: 4, spatial: 1 },
];

/** Ignored targets outside the classes (torch's −100) and inside them. */
const losses = lossSizes.flatMap(({ batch, classes, spatial }) =>
  [-100, 2].flatMap((ignoreIndex) => {
    const sample = {
      name: `(${batch}, ${classes}, ${spatial}), ignore ${ignoreIndex}`,
      params: { batch, classes, spatial, ignoreIndex } satisfies Params<"nll_loss_f32">,
      values: { logProb: "negative", targets: { targets: classes, ignore: ignoreIndex }, weight: "positive" } as const,
    };
    return [sample, { ...sample, name: `${sample.name}, no weights`, absent: ["weight"] }];
  }),
);

export const training = {
  batch_norm_train_f32: batchNorm("weight", "bias"),
  batch_norm_eval_f32: [...batchNorm("weight", "bias"), noImages],
  batch_norm_train_backward_f32: batchNorm("weight"),
  batch_norm_eval_backward_f32: [...batchNorm("weight"), noImages],
  nll_loss_f32: losses,
  nll_loss_backward_f32: losses,
} satisfies Partial<KernelSamples>;
