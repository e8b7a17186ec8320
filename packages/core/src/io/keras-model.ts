/**
 * @file A Keras network, Sequential or functional, from its topology as TensorFlow.js and Keras write it. Networks inside
 * networks are laid out flat.
 */
import type { Tensor } from "../autograd/tensor.ts";
import { init, Module, ModuleList, type StateValue } from "../nn/index.ts";
import { type Fail, failer } from "./fail.ts";
import { activation, type Config, type KerasLayer, kerasLayers } from "./keras-layers.ts";
import type { TfjsTensor } from "./tfjs-weights.ts";

/** One layer's turn: what it takes and where its output goes. */
interface Step {
  readonly name: string;
  readonly className: string;
  readonly config: Config;
  readonly inputs: readonly number[];
  readonly output: number;
}

interface Graph {
  readonly steps: Step[];
  readonly output: number;
}

/** A network laid out: shared by the module and by those who only ask for its input. */
class Layout {
  readonly steps: Step[] = [];
  /** (H, W, C) with null for sizes that are left open. */
  inputShape: (number | null)[] | undefined;
  readonly #fail: Fail;
  #values = 1; // 0 is the input

  constructor(fail: Fail) {
    this.#fail = fail;
  }

  /** Adds the layers of a network that takes these values; returns where its output is. */
  network(topology: unknown, inputs: readonly number[], depth = 0): number {
    const { class_name: name, config } = object(topology, this.#fail);
    if (depth > 8) this.#fail("topology", "networks stand in networks more than 8 deep.");
    const layers = Array.isArray(config) ? config : object(config, this.#fail).layers;
    if (!Array.isArray(layers)) return this.#fail("topology", "the network has no list of layers.");
    if (name === "Sequential") {
      let at = inputs[0]!;
      for (const layer of layers) at = this.#layer(object(layer, this.#fail), [at], depth);
      return at;
    }
    if (name === "Model" || name === "Functional")
      return this.#functional(object(config, this.#fail), layers, inputs, depth);
    return this.#fail(
      "topology",
      `a ${String(name)} is no network that can be read; Sequential and functional ones are.`,
    );
  }

  #functional(config: Config, layers: readonly unknown[], inputs: readonly number[], depth: number): number {
    const places = new Map<string, number>();
    const starts = ends(config.input_layers, this.#fail);
    if (starts.length !== inputs.length)
      this.#fail("topology", `the network has ${starts.length} inputs; one picture is given.`);
    for (const [i, start] of starts.entries()) places.set(start, inputs[i]!);
    for (const given of layers) {
      const layer = object(given, this.#fail);
      const name = String(layer.name ?? object(layer.config, this.#fail).name);
      if (layer.class_name === "InputLayer") {
        this.#layer(layer, inputs, depth);
        continue;
      }
      const nodes = Array.isArray(layer.inbound_nodes) ? layer.inbound_nodes : [];
      if (nodes.length !== 1)
        this.#fail("topology", `${name} is called ${nodes.length} times; layers that are shared cannot be read.`);
      const sources = histories(nodes[0]).map(
        (source) =>
          places.get(source) ?? this.#fail("topology", `${name} takes ${source}, which comes later or not at all.`),
      );
      if (sources.length === 0) this.#fail("topology", `${name} takes nothing.`);
      places.set(name, this.#layer(layer, sources, depth));
    }
    const outputs = ends(config.output_layers, this.#fail);
    if (outputs.length !== 1) this.#fail("topology", `the network has ${outputs.length} outputs; one is wanted.`);
    return places.get(outputs[0]!) ?? this.#fail("topology", `there is no output ${outputs[0]}.`);
  }

  #layer(layer: Config, inputs: readonly number[], depth: number): number {
    const className = String(layer.class_name);
    const config = object(layer.config, this.#fail);
    if (["Sequential", "Model", "Functional"].includes(className)) return this.network(layer, inputs, depth + 1);
    const shape = config.batch_input_shape ?? config.batch_shape;
    if (Array.isArray(shape))
      this.inputShape ??= shape.slice(1).map((size) => (Number.isInteger(size) ? (size as number) : null));
    if (!Object.hasOwn(kerasLayers, className))
      this.#fail(
        "layer",
        `the layer ${String(config.name)} is a ${className}, which is not known. Known are ${Object.keys(kerasLayers).join(", ")}.`,
      );
    if (config.data_format === "channels_first")
      this.#fail(
        "topology",
        `${String(config.name)} has its channels first; Keras models of TensorFlow.js have them last.`,
      );
    if (this.steps.length > 10_000) this.#fail("topology", "the network has more than 10,000 layers.");
    this.steps.push({ name: String(config.name), className, config, inputs, output: this.#values });
    return this.#values++;
  }
}

function object(value: unknown, fail: Fail): Config {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Config)
    : fail("topology", "the topology is damaged: an object is missing.");
}

/** [["name", 0, 0]], or the one entry without the list around it. */
function ends(value: unknown, fail: Fail): string[] {
  if (!Array.isArray(value)) return fail("topology", "the network names no inputs or outputs.");
  const list = typeof value[0] === "string" ? [value] : value;
  return list.map((entry) => String(Array.isArray(entry) ? entry[0] : entry));
}

/** The layers that a call takes: [["a", 0, 0, {}], …], or Keras 3's arguments with a keras_history each. */
function histories(node: unknown): string[] {
  if (Array.isArray(node)) return node.map((entry) => String(Array.isArray(entry) ? entry[0] : entry));
  const found: string[] = [];
  const open = [(node as Config | null)?.args];
  for (let value = open.shift(); value !== undefined; value = open.shift()) {
    const history = (value as { config?: { keras_history?: unknown } } | null)?.config?.keras_history;
    if (Array.isArray(history)) found.push(String(history[0]));
    else if (Array.isArray(value)) open.unshift(...value);
  }
  return found;
}

function graphOf(topology: unknown, fail: Fail): Graph & { input: Layout["inputShape"] } {
  const root = object(topology, fail);
  const layout = new Layout(fail);
  const output = layout.network("model_config" in root ? root.model_config : root, [0]);
  return { steps: layout.steps, output, input: layout.inputShape };
}

/**
 * (C, H, W) of what a topology says of its input; null for sizes that it leaves open, or does not name.
 *
 * topology  `modelTopology` of a model.json, or its `model_config`.
 * Throws    DataError "topology", "layer", naming `file`.
 *
 * @example
 * const first = { name: "conv", filters: 8, kernel_size: 3, batch_input_shape: [null, 28, 28, 1] };
 * kerasInput({ class_name: "Sequential", config: [{ class_name: "Conv2D", config: first }] }); // [1, 28, 28]
 */
export function kerasInput(topology: unknown, file?: string): [number | null, number | null, number | null] {
  const [height = null, width = null, channels = null] = graphOf(topology, failer("keras", file)).input ?? [];
  return [channels, height, width];
}

/**
 * A network of Keras as a module: pictures (N, C, H, W) in, (N, classes) logits out. A softmax at its very end is left
 * out, since everything here takes logits. Its weights can be trained on.
 *
 * tensors  by Keras' names, from `readTfjs`.
 * Keys     layers.<n>.weight …, n counting the layers that have parameters.
 * Throws   DataError, naming `options.file`: "topology", "layer" and "activation" (not known), "weights" (missing, or
 *          of another shape).
 *
 * @example
 * const topology = { class_name: "Sequential", config: { layers: [
 *   { class_name: "Dense", config: { name: "fc", units: 2, batch_input_shape: [null, 3] } },
 * ] } };
 * const kernel = { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
 * const bias = { shape: [2], data: Float32Array.of(0, 10) };
 * const net = kerasModel(topology, new Map([["fc/kernel", kernel], ["fc/bias", bias]]));
 * await net.forward(tensor([[1, 0, 0]])).tolist(); // [[1, 12]]
 */
export function kerasModel(
  topology: unknown,
  tensors: ReadonlyMap<string, TfjsTensor>,
  options: { file?: string } = {},
): KerasModel {
  const fail = failer("keras", options.file);
  const byLayer = new Map<string, Map<string, TfjsTensor>>();
  for (const [name, tensor] of tensors) {
    // "block/conv/kernel": the layer's own name is the last but one.
    const parts = name.split("/");
    const kind = parts.pop()!.replace(/:\d+$/, "");
    const layer = parts.at(-1) ?? "";
    if (byLayer.get(layer)?.has(kind)) fail("weights", `two tensors are called ${layer}/${kind}.`);
    byLayer.set(layer, (byLayer.get(layer) ?? new Map()).set(kind, tensor));
  }
  return new KerasModel(graphOf(topology, fail), byLayer, fail);
}

/**
 * A network of Keras as a module; `kerasModel` makes it.
 *
 * Shape    (N, C, H, W), or what the topology takes → (N, classes) logits.
 * Keys     layers.<n>.weight …, n counting the layers that have parameters.
 *
 * @example
 * const config = { name: "fc", units: 2, use_bias: false, batch_input_shape: [null, 3] };
 * const dense = { class_name: "Dense", config };
 * const kernel = { shape: [3, 2], data: new Float32Array(6) };
 * const net = kerasModel({ class_name: "Sequential", config: [dense] }, new Map([["fc/kernel", kernel]]));
 * [...net.stateDict().keys()]; // ["layers.0.weight"]
 */
export class KerasModel extends Module {
  readonly layers = new ModuleList();
  /** Keras' names of `layers`. */
  readonly layerNames: readonly string[];
  readonly #steps: readonly (Step & { readonly run: KerasLayer["run"] })[];
  readonly #output: number;

  constructor({ steps, output }: Graph, weights: ReadonlyMap<string, ReadonlyMap<string, TfjsTensor>>, fail: Fail) {
    super();
    const state = new Map<string, StateValue>();
    this.#output = output;
    const names: string[] = [];
    this.#steps = steps.map((step) => {
      const last = step.output === output && (step.className === "Softmax" || softmaxAtEnd(step, fail));
      const config = last ? { ...step.config, activation: "linear" } : step.config;
      const className = last && step.className === "Softmax" ? "Activation" : step.className;
      const own = weights.get(step.name) ?? new Map();
      const made = init.skipInit(() => kerasLayers[className]!(config, own, fail));
      if (made.module) {
        const place = this.layers.length;
        this.layers.append(made.module);
        names.push(step.name);
        for (const [key, value] of made.state) state.set(`layers.${place}.${key}`, value);
      }
      return { ...step, run: made.run };
    });
    this.layerNames = names;
    for (const [key, tensor] of this.stateDict()) {
      const given = state.get(key);
      if (given?.shape.join() !== tensor.shape.join())
        fail(
          "weights",
          `${key} should have the shape [${tensor.shape.join(", ")}], the file has ${given ? `[${given.shape.join(", ")}]` : "none"}.`,
        );
    }
    this.loadStateDict(state);
  }

  forward(input: Tensor): Tensor {
    const values: Tensor[] = [input];
    for (const { inputs, output, run } of this.#steps) values[output] = run(inputs.map((index) => values[index]!));
    return values[this.#output]!;
  }
}

function softmaxAtEnd({ className, config }: Step, fail: Fail): boolean {
  if (!["Dense", "Conv2D", "Activation"].includes(className)) return false;
  activation(config, fail);
  return typeof config.activation === "string" && config.activation.toLowerCase() === "softmax";
}
