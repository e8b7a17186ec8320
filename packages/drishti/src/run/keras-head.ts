/** @file A new last layer for a network that a card describes in Keras' words. */
import type { KerasModel } from "@drishti/core/io";
import { headOf, replaceHead } from "@drishti/core/models";
import type { Layer, StateValue } from "@drishti/core/nn";
import type { KerasTopology } from "./formats/tfjs.ts";
import { modelOfTopology } from "./topology.ts";

/** The network with its weights and a fresh head, and the topology that makes it again. */
export function withKerasHead(
  before: KerasTopology,
  weights: ReadonlyMap<string, StateValue>,
  classes: number,
  file: string,
): { model: Layer; topology: KerasTopology } {
  const old = modelOfTopology(before, file) as KerasModel;
  old.loadStateDict(weights);
  const { name, layer } = headOf(old);
  const outputs = layer.weight.shape[0]!;
  const place = Number(name.split(".")[1]);
  const shapes = Object.entries(before.shapes).map(([key, shape]) => {
    const parts = key.split("/");
    const own = parts.at(-2) === old.layerNames[place];
    return [key, own ? [...shape.slice(0, -1), classes] : shape] as const;
  });
  const topology = {
    ...before,
    network: resized(before.network, outputs, classes),
    shapes: Object.fromEntries(shapes),
  };
  replaceHead(old, classes);
  const model = modelOfTopology(topology, file);
  model.loadStateDict(old.stateDict());
  return { model, topology };
}

/** Reshapes of the answers, to [1000] or [1, 1, 1000], to as many as there are now. */
function resized(value: unknown, from: number, to: number): unknown {
  if (Array.isArray(value)) return value.map((item) => resized(item, from, to));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const answers =
        key === "target_shape" && Array.isArray(item) && item.every((size) => size === 1 || size === from);
      return [key, answers ? item.map((size) => (size === from ? to : size)) : resized(item, from, to)];
    }),
  );
}
