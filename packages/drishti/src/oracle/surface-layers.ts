/** @file More of torch.nn's classes by name: activations, padding, resizing, losses. */
import { nn, type Tensor } from "@drishti/core";
import type { Args } from "./args.ts";

type Layer = nn.Layer;
type Loss = nn.Module & { forward(input: Tensor, target: Tensor): Tensor };
type Reduction = "mean" | "sum" | "none";

/** What resizing takes, as a function or as a layer. */
export function resizing(a: Args): nn.functional.InterpolateOptions {
  return {
    size: a.sizes("size"),
    scaleFactor: a.sizes("scale_factor"),
    mode: a.text("mode"),
    alignCorners: a.flag("align_corners"),
  };
}

const single = (value: number | number[] | undefined) => (typeof value === "object" ? value[0] : value);

export const moreLayers: Readonly<Record<string, (args: Args) => Layer>> = {
  ConvTranspose1d: (a) =>
    new nn.ConvTranspose1d(a.number("in_channels"), a.number("out_channels"), a.wantedSizes("kernel_size"), {
      stride: single(a.sizes("stride")),
      padding: single(a.sizes("padding")),
      outputPadding: single(a.sizes("output_padding")),
      dilation: single(a.sizes("dilation")),
      groups: a.optionalNumber("groups"),
      bias: a.flag("bias"),
    }),
  ELU: (a) => new nn.ELU(a.optionalNumber("alpha")),
  SELU: () => new nn.SELU(),
  Hardtanh: (a) => new nn.Hardtanh(a.optionalNumber("min_val"), a.optionalNumber("max_val")),
  ReLU6: () => new nn.ReLU6(),
  Hardswish: () => new nn.Hardswish(),
  Hardsigmoid: () => new nn.Hardsigmoid(),
  Mish: () => new nn.Mish(),
  Softplus: (a) => new nn.Softplus(a.optionalNumber("beta"), a.optionalNumber("threshold")),
  LogSigmoid: () => new nn.LogSigmoid(),
  PReLU: (a) => new nn.PReLU(a.optionalNumber("num_parameters"), a.optionalNumber("init")),
  Softmin: (a) => new nn.Softmin({ dim: a.optionalNumber("dim") }),
  InstanceNorm2d: (a) =>
    new nn.InstanceNorm2d(a.number("num_features"), {
      eps: a.optionalNumber("eps"),
      momentum: a.optionalNumber("momentum"),
      affine: a.flag("affine"),
      trackRunningStats: a.flag("track_running_stats"),
    }),
  Dropout2d: (a) => new nn.Dropout2d(a.optionalNumber("p")),
  ZeroPad2d: (a) => new nn.ZeroPad2d(a.wantedSizes("padding")),
  ConstantPad2d: (a) => new nn.ConstantPad2d(a.wantedSizes("padding"), a.number("value")),
  ReflectionPad2d: (a) => new nn.ReflectionPad2d(a.wantedSizes("padding")),
  ReplicationPad2d: (a) => new nn.ReplicationPad2d(a.wantedSizes("padding")),
  PixelShuffle: (a) => new nn.PixelShuffle(a.number("upscale_factor")),
  PixelUnshuffle: (a) => new nn.PixelUnshuffle(a.number("downscale_factor")),
  Upsample: (a) => new nn.Upsample(resizing(a)),
  Embedding: (a) =>
    new nn.Embedding(a.number("num_embeddings"), a.number("embedding_dim"), {
      paddingIdx: a.optionalNumber("padding_idx"),
    }),
};

const reduction = (a: Args) => ({ reduction: a.text<Reduction>("reduction") });

export const moreLosses: Readonly<
  Record<string, (args: Args, tensors: Readonly<Record<string, Tensor | undefined>>) => Loss>
> = {
  L1Loss: (a) => new nn.L1Loss(reduction(a)),
  SmoothL1Loss: (a) => new nn.SmoothL1Loss({ ...reduction(a), beta: a.optionalNumber("beta") }),
  HuberLoss: (a) => new nn.HuberLoss({ ...reduction(a), delta: a.optionalNumber("delta") }),
  BCELoss: (a, { weight }) => {
    a.get("weight");
    return new nn.BCELoss({ ...reduction(a), weight });
  },
  KLDivLoss: (a) =>
    new nn.KLDivLoss({ reduction: a.text<Reduction | "batchmean">("reduction"), logTarget: a.flag("log_target") }),
};
