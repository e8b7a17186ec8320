/** @file Conditions on the host's side: what the objects that took part looked like when they were recorded. */
import type { GraphNode } from "../autograd/graph.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Guard } from "./recording.ts";

type Fields = Record<string, unknown>;

/** Layers, parameters, sizes, probabilities, the mode: every field of a module that runs holds what it holds now. */
export function moduleGuards(module: object): Guard[] {
  const fields = module as Fields;
  return Object.keys(fields).map((key) => {
    const value = fields[key];
    return { what: `${module.constructor.name}.${key}`, holds: () => Object.is(fields[key], value) };
  });
}

/** No hook was added or taken away: replays do not run them. */
export function hookGuards(modules: Iterable<object>): Guard[] {
  return [...modules].map((module) => ({
    what: `${module.constructor.name}'s hooks`,
    holds: () => !(module as { readonly hasHooks?: boolean }).hasHooks,
  }));
}

export function gradGuards(grads: ReadonlyMap<Tensor, Tensor | null>): Guard[] {
  return [...grads].map(([leaf, value]) => ({
    what: `the gradient of a parameter of [${leaf.shape.join(", ")}], ${value ? "there" : "absent"} when recorded`,
    holds: () => leaf.grad === value,
  }));
}

export function requiresGradGuards(values: ReadonlyMap<Tensor, boolean>): Guard[] {
  return [...values].map(([t, value]) => ({
    what: `requiresGrad of a tensor of [${t.shape.join(", ")}]`,
    holds: () => t.requiresGrad === value,
  }));
}

export function leafHookGuards(leaves: Iterable<Tensor>): Guard[] {
  const nodes = [...leaves].flatMap((leaf): GraphNode[] => (leaf.accumulator ? [leaf.accumulator] : []));
  return nodes.map((node) => ({ what: "a gradient hook", holds: () => node.hooks.length === 0 }));
}
