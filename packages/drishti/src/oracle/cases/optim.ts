/** @file Optimisers over given gradients, and gradient clipping. */
import { nn, optim, type Tensor, tensor, zeros } from "@drishti/core";
import type { SafetensorsEntry } from "@drishti/core/io";
import { Args, type Arguments, camelCase } from "../args.ts";
import { difference, numberDifference, type Rule } from "../compare.ts";
import { NotBuilt } from "../not-built.ts";
import type { Case, Store, Tolerance } from "../store.ts";

export interface OptimCase extends Case {
  readonly steps: number;
  readonly trajectory: Readonly<Record<string, string>>;
  readonly state_after: Readonly<Record<string, string | number>>;
  readonly group1?: Arguments;
  readonly no_grad_at?: readonly (readonly [parameter: number, step: number])[];
  readonly lr_factor_at?: Readonly<Record<string, number>>;
}

type Optimizer = optim.Optimizer<optim.GroupOptions>;
type Params = ConstructorParameters<typeof optim.Adam>[0];
type Make = (params: Params, options: Record<string, unknown>) => Optimizer;

/** The optimisers by torch's names, with the options that each has. */
const optimizers: Readonly<Record<string, { options: readonly string[]; make: Make }>> = {
  SGD: {
    options: ["lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"],
    make: (params, options) => new optim.SGD(params, options as unknown as optim.SGDOptions) as unknown as Optimizer,
  },
  Adam: {
    options: ["lr", "betas", "eps", "weight_decay", "amsgrad", "maximize"],
    make: (params, options) => new optim.Adam(params, options),
  },
  AdamW: {
    options: ["lr", "betas", "eps", "weight_decay", "amsgrad", "maximize"],
    make: (params, options) => new optim.AdamW(params, options),
  },
  RMSprop: {
    options: ["lr", "alpha", "eps", "weight_decay", "momentum", "centered", "maximize"],
    make: (params, options) => new optim.RMSprop(params, options),
  },
  Adagrad: {
    options: ["lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "maximize"],
    make: (params, options) => new optim.Adagrad(params, options),
  },
  Adadelta: {
    options: ["lr", "rho", "eps", "weight_decay", "maximize"],
    make: (params, options) => new optim.Adadelta(params, options),
  },
  NAdam: {
    options: ["lr", "betas", "eps", "weight_decay", "momentum_decay"],
    make: (params, options) => new optim.NAdam(params, options),
  },
  Adamax: {
    options: ["lr", "betas", "eps", "weight_decay", "maximize"],
    make: (params, options) => new optim.Adamax(params, options),
  },
  RAdam: {
    options: ["lr", "betas", "eps", "weight_decay"],
    make: (params, options) => new optim.RAdam(params, options),
  },
  LARS: {
    options: ["lr", "momentum", "weight_decay", "trust_coefficient", "eps"],
    make: (params, options) => new optim.LARS(params, options as unknown as optim.LARSOptions) as unknown as Optimizer,
  },
  Muon: {
    options: ["lr", "weight_decay", "momentum", "nesterov", "ns_coefficients", "eps", "ns_steps"],
    make: (params, options) => new optim.Muon(params, options),
  },
};

function optionsOf(name: string, given: Arguments): Record<string, unknown> {
  const args = new Args(given);
  const options = args.options(optimizers[name]!.options);
  args.finish(`optim.${name}`);
  return options;
}

/** An optimiser from torch's name and arguments; `groups` hold further arguments. */
export function makeOptimizer(
  name: string,
  given: Arguments,
  groups: readonly { params: nn.Parameter[]; args?: Arguments }[],
): Optimizer {
  const found = optimizers[name];
  if (!found) throw new NotBuilt(`optim.${name} is not built`);
  const params = groups.map(({ params, args }) => ({ params, ...(args ? optionsOf(name, args) : {}) }));
  return found.make(params, optionsOf(name, given));
}

/**
 * The room that the manifest gives is far too wide wherever parameters matter: torch's float32 run, from which it was
 * taken, had begun at other parameters than the float64 run. Eight units in the last place for every step are enough
 * for any float32 optimiser.
 */
function room(stored: Tolerance, expected: SafetensorsEntry, steps: number): Rule {
  const scale = (expected.data as Float32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { atol: Math.min(stored.atol, steps * 8 * 2 ** -23 * scale) };
}

export async function runOptim(item: OptimCase, store: Store): Promise<string[]> {
  const parameters = [0, 1].map((i) => new nn.Parameter(store.tensor(item.tensors[`param${i}`]!)));
  const [first, second] = parameters as [nn.Parameter, nn.Parameter];
  const groups = item.group1
    ? [{ params: [first] }, { params: [second], args: item.group1 }]
    : [{ params: parameters }];
  const optimizer = makeOptimizer(item.op.slice("optim.".length), item.args, groups);
  const found: (string | null)[] = [];
  for (let step = 0; step < item.steps; step++) {
    const factor = item.lr_factor_at?.[step];
    if (factor !== undefined) for (const group of optimizer.paramGroups) group.lr *= factor;
    parameters.forEach((parameter, i) => {
      const left = item.no_grad_at?.some(([p, s]) => p === i && s === step);
      parameter.grad = left ? null : row(store, item.tensors[`grads${i}`]!, step);
    });
    optimizer.step();
    for (const [i, parameter] of parameters.entries()) {
      const key = `param${i}`;
      const whole = item.trajectory[key]!;
      const rule = room(item.tol![key]!, store.raw(whole), item.steps);
      found.push(await difference(`${key} after step ${step}`, parameter, slice(store, whole, step), rule));
    }
  }
  for (const [key, expected] of Object.entries(item.state_after)) {
    const [index, ...name] = key.split(".");
    const value = optimizer.state.get(parameters[Number(index)]!)?.[camelCase(name.join("."))];
    if (typeof expected === "number") {
      found.push(value === expected ? null : `state ${key} is ${value}, torch has ${expected}`);
    } else {
      const rule = room(item.tol![key]!, store.raw(expected), item.steps);
      found.push(await difference(`state ${key}`, value as Tensor | undefined, store.raw(expected), rule));
    }
  }
  return found.filter((fault) => fault !== null);
}

/** Row `step` of a stored tensor. */
function slice(store: Store, name: string, step: number) {
  const { shape, data, dtype } = store.raw(name);
  const rest = shape.slice(1);
  const size = rest.reduce((a, b) => a * b, 1);
  return { dtype, shape: rest, data: (data as Float32Array).subarray(step * size, (step + 1) * size) };
}

function row(store: Store, name: string, step: number): Tensor {
  const { shape, data } = slice(store, name, step);
  return tensor(data.slice(), { shape });
}

export interface ClipCase extends Case {
  readonly total_norm: number | string;
  readonly total_norm_float32: number | string;
}

export async function runClip(item: ClipCase, store: Store): Promise<string[]> {
  const names = Object.keys(item.tensors);
  const parameters = names.map((name) => {
    const gradient = store.tensor(item.tensors[name]!);
    const parameter = new nn.Parameter(zeros(gradient.shape));
    parameter.grad = gradient;
    return parameter;
  });
  const args = new Args({ ...item.args, total: item.total_norm, total32: item.total_norm_float32 });
  const [norm, norm32] = [args.number("total"), args.number("total32")];
  const total = optim.clipGradNorm_(parameters, args.number("max_norm"), {
    normType: args.optionalNumber("norm_type"),
  });
  args.finish(item.op);
  // No room is given for the norm itself: the README's rule, from both of torch's results.
  const room = Math.max(8 * Math.abs(norm32 - norm), 8 * 2 ** -23 * Math.abs(norm));
  const found = [numberDifference("total norm", await total.item(), norm, room)];
  for (const [i, name] of names.entries())
    found.push(
      await difference(`${name} clipped`, parameters[i]!.grad, store.raw(item.outputs[name]!), item.tol![name]!),
    );
  return found.filter((fault) => fault !== null);
}
