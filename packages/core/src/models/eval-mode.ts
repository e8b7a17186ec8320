import type { Module } from "../nn/index.ts";

/**
 * Puts a model into eval mode: dropout passes everything, batch norm uses its running statistics. The function returned
 * puts every module back into the mode it was in, frozen ones among training ones, too.
 *
 * @example
 * const net = new nn.Sequential(new nn.Linear(4, 2), new nn.Dropout(0.5));
 * const restore = evalMode(net);
 * const during = net.training; // false
 * restore();
 * net.training; // true
 */
export function evalMode(model: Module): () => void {
  const modes = [...model.modules()].map((module) => [module, module.training] as const);
  model.eval();
  return () => {
    for (const [module, training] of modes) module.training = training;
  };
}
