/** @file Where a network stopped giving finite numbers. */
import { Tensor } from "../autograd/tensor.ts";
import type { Batch } from "../data/index.ts";
import type { Layer, Module } from "../nn/index.ts";
import { batchTensors, deviceOf, type LossFunction } from "./evaluate.ts";
import type { DivergedEvent } from "./events.ts";
import { allFinite } from "./state.ts";

export type Finding = Pick<DivergedEvent, "layer" | "what"> & {
  /** Class of that layer, or "". */
  readonly type: string;
  /** Name of the parameter or buffer, when it is one. */
  readonly parameter?: string;
};

/**
 * Runs the batch again, looking at everything in the order it is computed: the input, each layer's parameters and
 * output, the loss, then the gradients from the loss backwards. Running statistics and gradients change on the way.
 */
export async function findNonFinite(model: Layer, batch: Batch, lossOf: LossFunction): Promise<Finding> {
  if (!allFinite(batch.images)) return { layer: "", type: "", what: "input" };
  const { images, labels } = batchTensors(batch, deviceOf(model));
  const outputs: { name: string; module: Module; output: Tensor }[] = [];
  const removers = [...model.namedModules()].map(([name, module]) =>
    module.registerForwardHook((_, __, output) => {
      if (output instanceof Tensor) outputs.push({ name, module, output });
    }),
  );
  let loss: Tensor;
  try {
    loss = lossOf(model.forward(images), labels);
  } finally {
    for (const remove of removers) remove();
  }
  for (const { name, module, output } of outputs) {
    const type = module.constructor.name;
    const parameter = await ownParameter(module, (value) => value);
    if (parameter !== undefined) return { layer: name, type, what: "parameter", parameter };
    if (!(await isAllFinite(output))) return { layer: name, type, what: "output" };
  }
  if (!(await isAllFinite(loss))) return { layer: "", type: "", what: "loss" };
  for (const parameter of model.parameters()) parameter.grad = null;
  loss.backward();
  for (const { name, module } of outputs.reverse()) {
    const parameter = await ownParameter(module, (value) => value.grad);
    if (parameter !== undefined) return { layer: name, type: module.constructor.name, what: "gradient", parameter };
  }
  return { layer: "", type: "", what: "loss" };
}

/** The first parameter or buffer of this module itself whose value (or gradient) is not finite. */
async function ownParameter(module: Module, of: (parameter: Tensor) => Tensor | null): Promise<string | undefined> {
  for (const [name, parameter] of [...module.namedParameters(), ...module.namedBuffers()]) {
    if (name.includes(".")) continue;
    const value = of(parameter);
    if (value && !(await isAllFinite(value))) return name;
  }
  return undefined;
}

async function isAllFinite(value: Tensor): Promise<boolean> {
  return allFinite(await value.readValues());
}

/** The finding in words, with what to try. */
export function divergenceMessage(
  finding: Finding,
  at: { epoch: number; step: number; loss: number; learningRate: number },
): string {
  const { layer, type, what, parameter } = finding;
  const name = layer === "" ? `the model (${type})` : `${layer} (${type})`;
  const where = {
    input: "the batch itself holds values that are not finite",
    parameter: `the first layer that is not finite is ${name}: its ${parameter} is not, after the update before`,
    output: `the first layer whose output is not finite is ${name}`,
    gradient: `the first layer whose gradient is not finite is ${name}: that of its ${parameter}`,
    loss: "every layer's output is finite, the loss of them is not",
  }[what];
  const lossText = Number.isFinite(at.loss)
    ? `the loss is still ${at.loss.toPrecision(4)}, but numbers in the model are not finite`
    : `the loss is ${at.loss}`;
  const advice =
    what === "input"
      ? "Look at the data and their normalisation."
      : `Lower the learning rate (it is ${at.learningRate}), or look at the initialisation.`;
  return `training stopped at step ${at.step} (epoch ${at.epoch}): ${lossText}; ${where}. ${advice}`;
}
