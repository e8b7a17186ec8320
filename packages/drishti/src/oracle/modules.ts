/** @file torch.nn's classes by name: how each is made from torch's arguments, and networks written as lists of them. */
import { nn, type Tensor } from "@drishti/core";
import { Args, type Arguments } from "./args.ts";
import { NotBuilt } from "./not-built.ts";
import { moreLayers, moreLosses } from "./surface-layers.ts";

type Layer = nn.Layer;
type PaddingMode = "zeros" | "reflect" | "replicate" | "circular";
/** Tensors that a loss gets at construction. */
export type LossTensors = Readonly<Record<string, Tensor | undefined>>;

function padding(args: Args): number | number[] | "same" | "valid" | undefined {
  return typeof args.get("padding") === "string" ? args.text<"same" | "valid">("padding") : args.sizes("padding");
}

function convolution(args: Args) {
  return {
    stride: args.sizes("stride"),
    padding: padding(args),
    dilation: args.sizes("dilation"),
    groups: args.optionalNumber("groups"),
    bias: args.flag("bias"),
    paddingMode: args.text<PaddingMode>("padding_mode"),
  };
}

function pooling(args: Args) {
  return { stride: args.sizes("stride"), padding: args.sizes("padding"), ceilMode: args.flag("ceil_mode") };
}

function batchNorm(args: Args) {
  const momentum = args.has("momentum") ? { momentum: args.get("momentum") as number | null } : {};
  return {
    eps: args.optionalNumber("eps"),
    affine: args.flag("affine"),
    trackRunningStats: args.flag("track_running_stats"),
    ...momentum,
  };
}

/** `output_size`: a number, null, or two of them. */
export function outputSize(args: Args): number | null | (number | null)[] {
  return args.get("output_size") as number | null | (number | null)[];
}

const layers: Readonly<Record<string, (args: Args) => Layer>> = {
  Conv1d: (a) => {
    const { stride, padding: pad, dilation, ...rest } = convolution(a);
    const single = (value: number | number[] | undefined) => (typeof value === "object" ? value[0] : value);
    const options = { ...rest, stride: single(stride), dilation: single(dilation) };
    return new nn.Conv1d(a.number("in_channels"), a.number("out_channels"), a.wantedSizes("kernel_size"), {
      ...options,
      padding: typeof pad === "object" ? pad[0] : pad,
    });
  },
  Conv2d: (a) =>
    new nn.Conv2d(a.number("in_channels"), a.number("out_channels"), a.wantedSizes("kernel_size"), convolution(a)),
  ConvTranspose2d: (a) =>
    new nn.ConvTranspose2d(a.number("in_channels"), a.number("out_channels"), a.wantedSizes("kernel_size"), {
      stride: a.sizes("stride"),
      padding: a.sizes("padding"),
      outputPadding: a.sizes("output_padding"),
      dilation: a.sizes("dilation"),
      groups: a.optionalNumber("groups"),
      bias: a.flag("bias"),
      paddingMode: a.text<"zeros">("padding_mode"),
    }),
  Linear: (a) => new nn.Linear(a.number("in_features"), a.number("out_features"), { bias: a.flag("bias") }),
  MaxPool2d: (a) => new nn.MaxPool2d(a.wantedSizes("kernel_size"), { ...pooling(a), dilation: a.sizes("dilation") }),
  AvgPool2d: (a) =>
    new nn.AvgPool2d(a.wantedSizes("kernel_size"), {
      ...pooling(a),
      countIncludePad: a.flag("count_include_pad"),
      divisorOverride: a.optionalNumber("divisor_override"),
    }),
  AdaptiveAvgPool2d: (a) => new nn.AdaptiveAvgPool2d(outputSize(a)),
  AdaptiveMaxPool2d: (a) => new nn.AdaptiveMaxPool2d(outputSize(a)),
  BatchNorm1d: (a) => new nn.BatchNorm1d(a.number("num_features"), batchNorm(a)),
  BatchNorm2d: (a) => new nn.BatchNorm2d(a.number("num_features"), batchNorm(a)),
  LayerNorm: (a) =>
    new nn.LayerNorm(a.list("normalized_shape")!, {
      eps: a.optionalNumber("eps"),
      elementwiseAffine: a.flag("elementwise_affine"),
    }),
  GroupNorm: (a) =>
    new nn.GroupNorm(a.number("num_groups"), a.number("num_channels"), {
      eps: a.optionalNumber("eps"),
      affine: a.flag("affine"),
    }),
  ReLU: () => new nn.ReLU(),
  LeakyReLU: (a) => new nn.LeakyReLU(a.optionalNumber("negative_slope")),
  Sigmoid: () => new nn.Sigmoid(),
  Tanh: () => new nn.Tanh(),
  GELU: (a) => new nn.GELU({ approximate: a.text("approximate") }),
  SiLU: () => new nn.SiLU(),
  Softmax: (a) => new nn.Softmax({ dim: a.optionalNumber("dim") }),
  LogSoftmax: (a) => new nn.LogSoftmax({ dim: a.optionalNumber("dim") }),
  Flatten: (a) => new nn.Flatten(a.optionalNumber("start_dim"), a.optionalNumber("end_dim")),
  Dropout: (a) => new nn.Dropout(a.optionalNumber("p")),
  Identity: () => new nn.Identity(),
};

type Loss = nn.Module & { forward(input: Tensor, target: Tensor): Tensor };

/** Class weights come among the tensors; `weight: null` among the arguments means none. */
const losses: Readonly<Record<string, (args: Args, tensors: LossTensors) => Loss>> = {
  CrossEntropyLoss: (a, { weight }) =>
    new nn.CrossEntropyLoss({ ...classes(a, weight), labelSmoothing: a.optionalNumber("label_smoothing") }),
  NLLLoss: (a, { weight }) => new nn.NLLLoss(classes(a, weight)),
  MSELoss: (a) => new nn.MSELoss({ reduction: a.text("reduction") }),
  BCEWithLogitsLoss: (a, { weight, pos_weight }) => {
    for (const name of ["weight", "pos_weight"]) if (a.get(name) === null) continue;
    return new nn.BCEWithLogitsLoss({ weight, posWeight: pos_weight, reduction: a.text("reduction") });
  },
};

function classes(args: Args, weight: Tensor | undefined) {
  args.get("weight");
  return {
    weight,
    ignoreIndex: args.optionalNumber("ignore_index"),
    reduction: args.text<"mean" | "sum" | "none">("reduction"),
  };
}

/** The layer `name` of torch.nn; throws NotBuilt when there is none or an argument is unknown. */
export function makeLayer(name: string, given: Arguments): Layer {
  const make = layers[name] ?? moreLayers[name];
  if (!make) throw new NotBuilt(`nn.${name} is not built`);
  const args = new Args(given);
  const layer = make(args);
  args.finish(`nn.${name}`);
  return layer;
}

/** The loss `name` of torch.nn. */
export function makeLoss(name: string, given: Arguments, tensors: LossTensors): Loss {
  const make = losses[name] ?? moreLosses[name];
  if (!make) throw new NotBuilt(`nn.${name} is not built`);
  const args = new Args(given);
  const loss = make(args, tensors);
  args.finish(`nn.${name}`);
  return loss;
}

/** One line of a network's description: name, class, arguments. */
export type LayerSpec = readonly [name: string, type: string, args: Arguments];

/** relu(body(x) + shortcut(x)); an empty shortcut is x itself. */
class Residual extends nn.Module {
  readonly body: nn.Sequential;
  readonly shortcut: nn.Sequential;

  constructor(body: nn.Sequential, shortcut: nn.Sequential) {
    super();
    this.body = body;
    this.shortcut = shortcut;
  }

  forward(input: Tensor): Tensor {
    return nn.functional.relu(this.body.forward(input).add(this.shortcut.forward(input)));
  }
}

/** The branches' outputs joined along the channels. */
class Concat extends nn.Module {
  /** Only holds the branches, under the names 0, 1, …; it is never called. */
  readonly branches: nn.Sequential;

  constructor(branches: nn.Sequential[]) {
    super();
    this.branches = new nn.Sequential(...branches);
  }

  forward(input: Tensor): Tensor {
    return nn.functional.cat(
      [...this.branches].map((branch) => branch.forward(input)),
      1,
    );
  }
}

/** A network from its description, its layers initialised in order as torch would. */
export function makeNetwork(spec: readonly LayerSpec[]): nn.Sequential {
  const network = new nn.Sequential();
  for (const [name, type, args] of spec) network.append(makeEntry(type, args), name);
  return network;
}

function makeEntry(type: string, args: Arguments): Layer {
  if (type === "Residual") {
    const { body, shortcut } = args as { body: LayerSpec[]; shortcut: LayerSpec[] };
    return new Residual(makeNetwork(body), makeNetwork(shortcut));
  }
  if (type === "Concat") return new Concat((args as { branches: LayerSpec[][] }).branches.map(makeNetwork));
  return makeLayer(type, args);
}

/**
 * Parameters without influence on the loss: biases right in front of a batch norm, which subtracts them again. Their
 * gradients are rounding noise.
 */
export function idleBiases(spec: readonly LayerSpec[], prefix = ""): string[] {
  return spec.flatMap(([name, type, args], i) => {
    const path = `${prefix}${name}`;
    if (type === "Residual") {
      const { body, shortcut } = args as { body: LayerSpec[]; shortcut: LayerSpec[] };
      return [...idleBiases(body, `${path}.body.`), ...idleBiases(shortcut, `${path}.shortcut.`)];
    }
    if (type === "Concat") {
      const { branches } = args as { branches: LayerSpec[][] };
      return branches.flatMap((branch, b) => idleBiases(branch, `${path}.branches.${b}.`));
    }
    return spec[i + 1]?.[1].startsWith("BatchNorm") ? [`${path}.bias`] : [];
  });
}
