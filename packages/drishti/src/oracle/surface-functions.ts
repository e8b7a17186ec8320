/** @file More of torch.nn.functional's functions by name. */
import { nn, type Tensor } from "@drishti/core";
import type { Args } from "./args.ts";
import { NotBuilt } from "./not-built.ts";
import { resizing } from "./surface-layers.ts";

const F = nn.functional;

type Tensors = Readonly<Record<string, Tensor | undefined>> & { readonly input: Tensor };
type Reduction = "mean" | "sum" | "none";

function wanted(tensors: Tensors, name: string): Tensor {
  const t = tensors[name];
  if (!t) throw new TypeError(`tensor ${name} is missing`);
  return t;
}

const reduction = (a: Args) => ({ reduction: a.text<Reduction>("reduction") });

/** Padding of one axis; a list of one is a number. */
function padding(a: Args): number | number[] | "same" | "valid" | undefined {
  return typeof a.get("padding") === "string" ? a.text<"same" | "valid">("padding") : a.sizes("padding");
}

/** Softmin's dim may be left out; then torch guesses. */
function softmin({ input }: Tensors, a: Args): Tensor {
  if (a.has("dtype") && a.get("dtype") !== null) throw new NotBuilt("F.softmin with dtype");
  return new nn.Softmin({ dim: a.optionalNumber("dim") }).forward(input);
}

export const moreFunctions: Readonly<Record<string, (tensors: Tensors, args: Args) => Tensor>> = {
  conv1d: (t, a) =>
    F.conv1d(t.input, wanted(t, "weight"), t.bias, {
      stride: a.sizes("stride"),
      padding: padding(a),
      dilation: a.sizes("dilation"),
      groups: a.optionalNumber("groups"),
    }),
  conv_transpose1d: (t, a) =>
    F.convTranspose1d(t.input, wanted(t, "weight"), t.bias, {
      stride: a.sizes("stride"),
      padding: a.sizes("padding"),
      outputPadding: a.sizes("output_padding"),
      groups: a.optionalNumber("groups"),
      dilation: a.sizes("dilation"),
    }),
  elu: ({ input }, a) => F.elu(input, a.optionalNumber("alpha")),
  selu: ({ input }) => F.selu(input),
  hardtanh: ({ input }, a) => F.hardtanh(input, a.optionalNumber("min_val"), a.optionalNumber("max_val")),
  relu6: ({ input }) => F.relu6(input),
  hardswish: ({ input }) => F.hardswish(input),
  hardsigmoid: ({ input }) => F.hardsigmoid(input),
  mish: ({ input }) => F.mish(input),
  softplus: ({ input }, a) => F.softplus(input, a.optionalNumber("beta"), a.optionalNumber("threshold")),
  logsigmoid: ({ input }) => F.logSigmoid(input),
  softmin,
  prelu: (t) => F.prelu(t.input, wanted(t, "weight")),
  instance_norm: (t, a) => F.instanceNorm(t.input, t.weight, t.bias, a.optionalNumber("eps")),
  pixel_shuffle: ({ input }, a) => F.pixelShuffle(input, a.number("upscale_factor")),
  pixel_unshuffle: ({ input }, a) => F.pixelUnshuffle(input, a.number("downscale_factor")),
  interpolate: ({ input }, a) => F.interpolate(input, resizing(a)),
  max_unpool2d: (t, a) =>
    F.maxUnpool2d(t.input, wanted(t, "indices"), a.wantedSizes("kernel_size"), {
      stride: a.sizes("stride"),
      padding: a.sizes("padding"),
      outputSize: a.list("output_size"),
    }),
  embedding: (t, a) => F.embedding(t.input, wanted(t, "weight"), { paddingIdx: a.optionalNumber("padding_idx") }),
  one_hot: ({ input }, a) => F.oneHot(input, a.number("num_classes")),
  l1_loss: (t, a) => F.l1Loss(t.input, wanted(t, "target"), reduction(a)),
  smooth_l1_loss: (t, a) =>
    F.smoothL1Loss(t.input, wanted(t, "target"), { ...reduction(a), beta: a.optionalNumber("beta") }),
  huber_loss: (t, a) =>
    F.huberLoss(t.input, wanted(t, "target"), { ...reduction(a), delta: a.optionalNumber("delta") }),
  binary_cross_entropy: (t, a) =>
    F.binaryCrossEntropy(t.input, wanted(t, "target"), { ...reduction(a), weight: t.weight }),
  kl_div: (t, a) =>
    F.klDiv(t.input, wanted(t, "target"), {
      reduction: a.text<Reduction | "batchmean">("reduction"),
      logTarget: a.flag("log_target"),
    }),
  sigmoid_focal_loss: (t, a) =>
    F.sigmoidFocalLoss(t.input, wanted(t, "target"), {
      ...reduction(a),
      alpha: a.optionalNumber("alpha"),
      gamma: a.optionalNumber("gamma"),
    }),
};
