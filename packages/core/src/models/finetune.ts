/** @file Going on from weights that somebody trained: load them, give the network a new last layer, hold some of it fast. */

import { type Device, defaultDevice, setDefaultDevice } from "../autograd/device.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { BatchNorm1d, BatchNorm2d, Conv2d, Linear, type Module, type Parameter, type StateValue } from "../nn/index.ts";

/** Names by `*` (any characters) and `|` (or): `features.*`, `conv1|layer1.*`. */
function matcher(pattern: string): RegExp {
  const parts = pattern.split("|").map((part) =>
    part
      .trim()
      .split("*")
      .map((text) => text.replace(/[.+?^${}()[\]\\]/g, "\\$&"))
      .join(".*"),
  );
  return new RegExp(`^(?:${parts.join("|")})$`);
}

function isBatchNorm(module: Module): module is BatchNorm1d | BatchNorm2d {
  return module instanceof BatchNorm1d || module instanceof BatchNorm2d;
}

/**
 * Holds the parameters of these names fast: no gradient is computed for them, no optimiser moves them. A batch norm
 * whose parameters are all held keeps to its running statistics, in training, too: otherwise the batches would move
 * what was frozen.
 *
 * patterns  Paths of parameters with `*` for any characters and `|` for "or": "features.*", "conv1.*|layer1.*"; a
 *           module's path alone means all below it.
 * Returns   the names that are held now by these patterns.
 * Throws    ArgumentError "no-match" for a pattern that fits nothing: it would be a spelling mistake unseen.
 *
 * @example
 * const model = createModel("simplecnn");
 * freeze(model, "conv_layers.*").length; // 4
 */
export function freeze(model: Module, ...patterns: readonly string[]): string[] {
  return hold(model, patterns, false);
}

/**
 * Lets parameters learn again that freeze() held; their batch norms learn from the batches again, too.
 *
 * patterns  As for freeze(); none: all parameters.
 * Returns   the names of the parameters that these patterns fit.
 * Throws    ArgumentError "no-match" for a pattern that fits nothing.
 *
 * @example
 * const model = createModel("simplecnn");
 * freeze(model, "*");
 * unfreeze(model, "fc_layers.3"); // ["fc_layers.3.weight", "fc_layers.3.bias"]
 */
export function unfreeze(model: Module, ...patterns: readonly string[]): string[] {
  return hold(model, patterns.length > 0 ? patterns : ["*"], true);
}

function hold(model: Module, patterns: readonly string[], learns: boolean): string[] {
  const names = new Set<string>();
  for (const pattern of patterns) {
    const tests = [
      matcher(pattern),
      matcher(
        pattern
          .split("|")
          .map((part) => `${part.trim()}.*`)
          .join("|"),
      ),
    ];
    let found = false;
    for (const [name, parameter] of model.namedParameters()) {
      if (!tests.some((test) => test.test(name))) continue;
      found = true;
      parameter.requiresGrad = learns;
      names.add(name);
    }
    if (!found)
      throw new ArgumentError(
        "freeze",
        "no-match",
        `no parameter fits "${pattern}". ${topNames(model)}. Write for instance "${firstChild(model)}".`,
      );
  }
  for (const module of model.modules())
    if (isBatchNorm(module) && module.weight) module.frozen = !module.weight.requiresGrad && !module.bias!.requiresGrad;
  return [...names];
}

/** What there is to name: modules, or the parameters of a model without, such as a graph. */
function topNames(model: Module): string {
  const modules = [...model.namedModules()].map(([name]) => name).filter((name) => name && name.split(".").length <= 2);
  if (modules.length > 0) return `The model's modules: ${modules.join(", ")}`;
  const keys = [...model.namedParameters()].map(([name]) => name);
  return `The model's parameters: ${keys.slice(0, 12).join(", ")}${keys.length > 12 ? ", …" : ""}`;
}

function firstChild(model: Module): string {
  const [child] = model.namedChildren();
  return child ? `${child[0]}.*` : (model.namedParameters().next().value?.[0] ?? "*");
}

/**
 * Path and layer that tell the classes apart: the last Linear, or the last Conv2d where there is none (SqueezeNet).
 *
 * Throws   ArgumentError "no-head" for a model with neither.
 *
 * @example
 * headOf(createModel("simplecnn")).name; // "fc_layers.3"
 */
export function headOf(model: Module): { readonly name: string; readonly layer: Linear | Conv2d } {
  const layers = [...model.namedModules()];
  const last =
    layers.findLast(([, module]) => module instanceof Linear) ??
    layers.findLast(([, module]) => module instanceof Conv2d);
  if (!last)
    throw new ArgumentError(
      "headOf",
      "no-head",
      `${model.constructor.name} has no Linear and no Conv2d to be its head.`,
    );
  return { name: last[0], layer: last[1] as Linear | Conv2d };
}

/**
 * Puts a fresh last layer of `numClasses` outputs, on the same device, in the place of the old one.
 *
 * Init     a new Linear's or Conv2d's own, as `model.fc = nn.Linear(…)` has in PyTorch.
 * Returns  the new layer and its path. The optimiser must be made afterwards.
 * Throws   ArgumentError "no-head", "num-classes" unless a whole number from 1.
 *
 * @example
 * const model = createModel("simplecnn");
 * replaceHead(model, 5).name; // "fc_layers.3"
 * model.forward(zeros([2, 3, 32, 32])).shape; // [2, 5]
 */
export function replaceHead(model: Module, numClasses: number): { name: string; layer: Linear | Conv2d } {
  if (!(Number.isInteger(numClasses) && numClasses >= 1))
    throw new ArgumentError(
      "replaceHead",
      "num-classes",
      `numClasses must be a whole number from 1, got ${numClasses}.`,
    );
  const { name, layer } = headOf(model);
  const fresh = onDevice(layer.weight.backend, () => {
    const bias = layer.bias !== null;
    return layer instanceof Linear
      ? new Linear(layer.inFeatures, numClasses, { bias })
      : new Conv2d(layer.inChannels, numClasses, layer.kernelSize, { ...layer.options, bias });
  });
  const path = name.split(".");
  const key = path.pop()!;
  const owner = path.length === 0 ? model : model.getSubmodule(path.join("."));
  (owner as unknown as Record<string, Module>)[key] = fresh;
  fresh.train(layer.training);
  return { name, layer: fresh };
}

/** What `make` makes, on a device that need not be the default. */
function onDevice<T>(device: Device, make: () => T): T {
  const before = defaultDevice();
  setDefaultDevice(device);
  try {
    return make();
  } finally {
    setDefaultDevice(before);
  }
}

/** How `loadWeights` treats weights made for other classes. */
export interface LoadWeightsOptions {
  /** What to do when the file tells another number of classes apart: "refuse" (default), or "skip": the head stays as it is. */
  head?: "refuse" | "skip";
}

/**
 * Copies somebody's weights into a model. As loadStateDict(), but it takes what people's files have: names that all
 * start with `module.` (saved from DataParallel), and files without `num_batches_tracked` (written before PyTorch
 * 0.4.1).
 *
 * Options  head "refuse": every key must meet; "skip": a head of another size stays as the model has it.
 * Returns  what was skipped: the head's keys, or nothing.
 * Throws   ArgumentError "state-dict" that lists missing, unexpected and misshapen keys; "no-head" with head "skip".
 *
 * @example
 * const trained = createModel("simplecnn", { numClasses: 10 }).stateDict();
 * const model = createModel("simplecnn", { numClasses: 5 });
 * loadWeights(model, trained, { head: "skip" }).skipped; // ["fc_layers.3.weight", "fc_layers.3.bias"]
 */
export function loadWeights(
  model: Module,
  state: ReadonlyMap<string, StateValue>,
  options: LoadWeightsOptions = {},
): { skipped: string[] } {
  checkKnown("loadWeights", options, { head: 0 });
  const prefixed = state.size > 0 && [...state.keys()].every((key) => key.startsWith("module."));
  const given = new Map([...state].map(([key, value]) => [prefixed ? key.slice("module.".length) : key, value]));
  const own = model.stateDict();
  for (const [key, tensor] of own) if (!given.has(key) && key.endsWith("num_batches_tracked")) given.set(key, tensor);
  const skipped: string[] = [];
  if (options.head === "skip") {
    const { name } = headOf(model);
    for (const [key, tensor] of own) {
      if (!key.startsWith(`${name}.`)) continue;
      const value = given.get(key);
      if (value && value.shape.join() === tensor.shape.join()) continue;
      given.set(key, tensor);
      skipped.push(key);
    }
  }
  model.loadStateDict(given);
  return { skipped };
}

/** Some parameters with a learning rate of their own. */
export interface RateRule {
  /** As for freeze(). */
  readonly match: string;
  /** Learning rate of these parameters. */
  readonly lr: number;
}

/**
 * Parameter groups for an optimiser: those that a rule fits with its rate, all others with the optimiser's; parameters
 * held by freeze() are left out. The first rule that fits a name wins.
 *
 * Throws   ArgumentError "no-match" for a rule that fits no parameter that learns.
 *
 * @example
 * const model = createModel("simplecnn");
 * const groups = paramGroups(model, [{ match: "conv_layers.*", lr: 1e-4 }]);
 * groups.map(({ params }) => params.length); // [4, 4]
 * new optim.SGD(groups, { lr: 1e-2 });
 */
export function paramGroups(
  model: Module,
  rules: readonly RateRule[],
): ({ params: Parameter[]; lr: number } | { params: Parameter[] })[] {
  const tests = rules.map(({ match }) => [matcher(match), matcher(`${match}.*`)] as const);
  const groups = rules.map(({ lr }) => ({ params: [] as Parameter[], lr }));
  const rest: { params: Parameter[] } = { params: [] };
  for (const [name, parameter] of model.namedParameters()) {
    if (!parameter.requiresGrad) continue;
    const index = tests.findIndex((pair) => pair.some((test) => test.test(name)));
    (groups[index] ?? rest).params.push(parameter);
  }
  const empty = groups.findIndex(({ params }) => params.length === 0);
  if (empty >= 0)
    throw new ArgumentError(
      "paramGroups",
      "no-match",
      `no parameter that learns fits "${rules[empty]!.match}". ${topNames(model)}.`,
    );
  return [...groups, rest].filter(({ params }) => params.length > 0);
}
