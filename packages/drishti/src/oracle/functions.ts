/** @file torch.nn.functional's functions by name, called with torch's arguments. */
import { nn, type Tensor } from "@drishti/core";
import { Args, type Arguments } from "./args.ts";
import { outputSize } from "./modules.ts";
import { NotBuilt } from "./not-built.ts";
import { moreFunctions } from "./surface-functions.ts";

const F = nn.functional;

export type Outputs = Readonly<Record<string, Tensor>>;
/** A call's tensors by torch's names; an argument that is null counts as not given. */
type Tensors = Readonly<Record<string, Tensor | undefined>> & { readonly input: Tensor };
type Call = (tensors: Tensors, args: Args) => Tensor | Outputs;
type Reduction = "mean" | "sum" | "none";

function wanted(tensors: Tensors, name: string): Tensor {
  const t = tensors[name];
  if (!t) throw new TypeError(`tensor ${name} is missing`);
  return t;
}

function padding(a: Args): number | number[] | "same" | "valid" | undefined {
  return typeof a.get("padding") === "string" ? a.text<"same" | "valid">("padding") : a.sizes("padding");
}

const classes = (t: Tensors, a: Args) => ({
  weight: t.weight,
  ignoreIndex: a.optionalNumber("ignore_index"),
  reduction: a.text<Reduction>("reduction"),
});

const maxPool: Call = ({ input }, a) => {
  const options = {
    stride: a.sizes("stride"),
    padding: a.sizes("padding"),
    dilation: a.sizes("dilation"),
    ceilMode: a.flag("ceil_mode"),
  };
  const kernel = a.wantedSizes("kernel_size");
  return a.flag("return_indices")
    ? F.maxPool2dWithIndices(input, kernel, options)
    : F.maxPool2d(input, kernel, options);
};

const adaptiveMaxPool: Call = ({ input }, a) => {
  const size = outputSize(a);
  return a.flag("return_indices") ? F.adaptiveMaxPool2dWithIndices(input, size) : F.adaptiveMaxPool2d(input, size);
};

const functions: Readonly<Record<string, Call>> = {
  conv2d: (t, a) =>
    F.conv2d(t.input, wanted(t, "weight"), t.bias, {
      stride: a.sizes("stride"),
      padding: padding(a),
      dilation: a.sizes("dilation"),
      groups: a.optionalNumber("groups"),
    }),
  conv_transpose2d: (t, a) =>
    F.convTranspose2d(t.input, wanted(t, "weight"), t.bias, {
      stride: a.sizes("stride"),
      padding: a.sizes("padding"),
      outputPadding: a.sizes("output_padding"),
      groups: a.optionalNumber("groups"),
      dilation: a.sizes("dilation"),
    }),
  linear: (t) => F.linear(t.input, wanted(t, "weight"), t.bias),
  max_pool2d: maxPool,
  avg_pool2d: ({ input }, a) =>
    F.avgPool2d(input, a.wantedSizes("kernel_size"), {
      stride: a.sizes("stride"),
      padding: a.sizes("padding"),
      ceilMode: a.flag("ceil_mode"),
      countIncludePad: a.flag("count_include_pad"),
      divisorOverride: a.optionalNumber("divisor_override"),
    }),
  adaptive_avg_pool2d: ({ input }, a) => F.adaptiveAvgPool2d(input, outputSize(a)),
  adaptive_max_pool2d: adaptiveMaxPool,
  batch_norm: (t, a) => {
    return F.batchNorm(t.input, t.running_mean ?? null, t.running_var ?? null, {
      weight: t.weight,
      bias: t.bias,
      training: a.flag("training"),
      momentum: a.optionalNumber("momentum"),
      eps: a.optionalNumber("eps"),
    });
  },
  layer_norm: (t, a) => F.layerNorm(t.input, a.list("normalized_shape")!, t.weight, t.bias, a.optionalNumber("eps")),
  group_norm: (t, a) => F.groupNorm(t.input, a.number("num_groups"), t.weight, t.bias, a.optionalNumber("eps")),
  softmax: ({ input }, a) => F.softmax(input, a.number("dim")),
  log_softmax: ({ input }, a) => F.logSoftmax(input, a.number("dim")),
  cross_entropy: (t, a) =>
    F.crossEntropy(t.input, wanted(t, "target"), {
      ...classes(t, a),
      labelSmoothing: a.optionalNumber("label_smoothing"),
    }),
  nll_loss: (t, a) => F.nllLoss(t.input, wanted(t, "target"), classes(t, a)),
  mse_loss: (t, a) => F.mseLoss(t.input, wanted(t, "target"), { reduction: a.text<Reduction>("reduction") }),
  binary_cross_entropy_with_logits: (t, a) =>
    F.binaryCrossEntropyWithLogits(t.input, wanted(t, "target"), {
      weight: t.weight,
      posWeight: t.pos_weight,
      reduction: a.text<Reduction>("reduction"),
    }),
  relu: ({ input }) => F.relu(input),
  leaky_relu: ({ input }, a) => F.leakyRelu(input, a.optionalNumber("negative_slope")),
  sigmoid: ({ input }) => F.sigmoid(input),
  tanh: ({ input }) => F.tanh(input),
  gelu: ({ input }, a) => F.gelu(input, { approximate: a.text("approximate") }),
  silu: ({ input }) => F.silu(input),
  pad: ({ input }, a) => {
    const mode = a.text<"constant" | "reflect" | "replicate" | "circular">("mode");
    return F.pad(input, a.list("pad")!, { mode, value: a.optionalNumber("value") });
  },
};

/** Calls the function `name`; throws NotBuilt when there is none or an argument is unknown. */
export function callFunction(name: string, tensors: Tensors, given: Arguments): Outputs {
  const call = functions[name] ?? moreFunctions[name];
  if (!call) throw new NotBuilt(`F.${name} is not built`);
  const args = new Args(given);
  for (const [key, value] of Object.entries(given)) if (value === null) args.get(key);
  const out = call(tensors, args);
  args.finish(`F.${name}`);
  return "output" in out ? (out as Outputs) : { output: out as Tensor };
}
