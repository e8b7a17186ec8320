import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Dims } from "../base/typed/dims.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { Module } from "./module.ts";
import { given, inRow } from "./row.ts";
import type { Appended, Fit, Fitted, Given, Unshaped } from "./typed-layer.ts";

/** A module from one tensor to one tensor: what a Sequential chains. */
export type Layer = Module & { forward(input: Tensor): Tensor };

/** A layer, or a layer with its name. */
export type Entry = Layer | readonly [name: string, layer: Layer];

/**
 * Layers one after another: y = layerₙ(… layer₁(x)). They are named "0", "1", …, or as they say: ["conv1", layer], or
 * by the keys of an object.
 *
 * Types    layers that do not fit are a compile error where that can be told without the input; sequential() knows the
 *          input, too. The keys of an object have no order there, so its layers are not checked: write pairs.
 * Keys     each layer's behind its name: "0.weight", "conv1.weight".
 * Throws   ArgumentError "layer" for what is no module, "name" when empty, taken or with a dot, "index" in at().
 * Source   torch.nn.Sequential; pairs are its OrderedDict.
 *
 * @example
 * const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(4, 2));
 * [...net.stateDict().keys()]; // ["1.weight", "1.bias"]
 * const named = new nn.Sequential(["flat", new nn.Flatten()], ["fc", new nn.Linear(4, 2)]);
 * [...named.stateDict().keys()]; // ["fc.weight", "fc.bias"]
 */
export class Sequential<const L extends readonly Entry[] = readonly Layer[]> extends Module implements Iterable<Layer> {
  declare readonly shapeRule: ["sequence", L, ...Dims[]];
  /** @internal */
  static readonly keepsNothing: boolean = true;
  readonly #names: string[] = [];

  constructor(layers: Record<string, Layer>);
  constructor(...layers: Fitted<L, Dims>);
  constructor(...given: (Entry | Record<string, Layer>)[]) {
    super();
    const [first] = given;
    const object =
      given.length === 1 && typeof first === "object" && !(first instanceof Module) && !Array.isArray(first);
    if (object) for (const [name, layer] of Object.entries(first as Record<string, Layer>)) this.#add(name, layer);
    else for (const entry of given as Entry[]) this.take(entry);
  }

  /** @internal */
  protected take(entry: Entry): void {
    if (Array.isArray(entry)) this.#add(...(entry as readonly unknown[] as [string, Layer]));
    else this.#add(String(this.#names.length), entry as Layer);
  }

  #add(name: string, layer: Layer): void {
    if (!(layer instanceof Module))
      throw new ArgumentError("Sequential", "layer", `entry ${name} is no module: ${String(layer)}.`);
    if (typeof name !== "string" || name === "" || name.includes("."))
      throw new ArgumentError(
        "Sequential",
        "name",
        `"${name}" cannot be a name: it is empty, has a dot or is no text.`,
      );
    if (name in this) throw new ArgumentError("Sequential", "name", `the name "${name}" is taken.`);
    this.#names.push(name);
    Object.defineProperty(this, name, { value: layer, enumerable: true, writable: true, configurable: true });
  }

  /** Adds a layer at the end, under the next number unless named. The type of what is returned knows it. */
  append<const M extends Layer>(
    layer: M & Appended<L, M, Dims>,
    name = String(this.#names.length),
  ): Sequential<readonly [...L, M]> {
    this.#add(name, layer);
    return this as unknown as Sequential<readonly [...L, M]>;
  }

  /** How many layers there are. */
  get length(): number {
    return this.#names.length;
  }

  /** A layer by position, counted from the end when negative. */
  at(index: number): Layer {
    const name = this.#names.at(index);
    if (name === undefined)
      throw new ArgumentError(
        "Sequential",
        "index",
        say`there is no layer ${{ index }}, the sequence has ${{ layers: this.length }}: use ${-this.length} to ${this.length - 1}.`,
      );
    return (this as unknown as Record<string, Layer>)[name]!;
  }

  *[Symbol.iterator](): Iterator<Layer> {
    for (let i = 0; i < this.length; i++) yield this.at(i);
  }

  override *namedChildren(): Generator<[string, Module]> {
    for (const name of this.#names) yield [name, (this as unknown as Record<string, Module>)[name]!];
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["sequence", L], S>): Tensor<Given<["sequence", L], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return inRow(given(input), ...this).tensor;
  }
}
