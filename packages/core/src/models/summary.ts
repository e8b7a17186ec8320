/** @file What a network does to a picture, layer by layer: shapes, parameters, multiply-adds. */
import { zeros } from "../autograd/create.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { Tensor } from "../autograd/tensor.ts";
import { numel } from "../base/shape.ts";
import { Conv1d, Conv2d, ConvTranspose2d, type Layer, Linear, type Module } from "../nn/index.ts";
import { evalMode } from "./eval-mode.ts";

/** One layer of a `ModelSummary`: what it gives out and what that costs. */
export interface LayerSummary {
  /** Dotted path in the model: `net.3`. */
  readonly name: string;
  /** Class: `Conv2d`. */
  readonly type: string;
  /** With a batch of one picture: [1, C, H, W] or [1, features]. */
  readonly outputShape: readonly number[];
  /** Weights and biases of its own, counted at their first use. */
  readonly parameters: number;
  /** Multiply-adds for one picture. Only convolutions and dense layers count; the rest are few. */
  readonly macs: number;
}

/** What `summarize` finds: each layer, and their sums. */
export interface ModelSummary {
  /** In the order they run. */
  readonly layers: readonly LayerSummary[];
  /** All of them, those that are frozen, too. */
  readonly parameters: number;
  /** Parameters that learn. */
  readonly trainable: number;
  /** Multiply-adds for one picture. */
  readonly macs: number;
}

/**
 * Sends one picture of zeros through the model in eval mode and writes down what each layer (a module without modules
 * inside) gives out, in the order they run; a layer used twice appears twice, its parameters counted once.
 *
 * input    (C, H, W) of one picture.
 * Throws   the ShapeError of the layer the picture does not fit.
 *
 * @example
 * summarize(new SimpleCNN(), [3, 32, 32]).parameters; // 268650
 */
export function summarize(model: Layer, input: readonly number[]): ModelSummary {
  const layers: LayerSummary[] = [];
  const counted = new Set<Tensor>();
  const size = (module: Module) => {
    let total = 0;
    for (const parameter of module.parameters()) {
      if (!counted.has(parameter)) total += parameter.numel;
      counted.add(parameter);
    }
    return total;
  };
  const removers: (() => void)[] = [];
  for (const [name, module] of model.namedModules()) {
    if (!module.namedChildren().next().done) continue;
    removers.push(
      module.registerForwardHook((_, inputs, output) => {
        if (!(output instanceof Tensor)) return;
        layers.push({
          name: name || "(root)",
          type: module.constructor.name,
          outputShape: [...output.shape],
          parameters: size(module),
          macs: multiplyAdds(module, inputs[0] as Tensor, output),
        });
      }),
    );
  }
  const restore = evalMode(model);
  try {
    const device = model.parameters().next().value?.backend;
    noGrad(() => model.forward(zeros([1, ...input], { device })));
  } finally {
    restore();
    for (const remove of removers) remove();
  }
  const parameters = [...model.parameters()];
  const count = (list: Tensor[]) => list.reduce((sum, parameter) => sum + parameter.numel, 0);
  return {
    layers,
    parameters: count(parameters),
    trainable: count(parameters.filter((parameter) => parameter.requiresGrad)),
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

/** A weight is multiplied once for every place it is applied at. */
function multiplyAdds(module: Module, input: Tensor, output: Tensor): number {
  if (module instanceof Linear) return output.numel * module.weight.shape[1]!;
  if (module instanceof Conv2d || module instanceof Conv1d) return output.numel * numel(module.weight.shape.slice(1));
  if (module instanceof ConvTranspose2d) return input.numel * numel(module.weight.shape.slice(1));
  return 0;
}
