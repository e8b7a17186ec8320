import type { Module } from "../nn/index.ts";

/** Puts a model into eval mode; the function returned puts every module back into the mode it was in. */
export function evalMode(model: Module): () => void {
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  model.eval();
  return () => {
    for (const [module, training] of modes) module.training = training;
  };
}
