/** @file Modules that hold others, or parameters, without saying how they are called. */
import type { Tensor } from "../autograd/tensor.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { ItemAt } from "./typed-items.ts";

function define(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, enumerable: true, writable: true, configurable: true });
}

function held<T>(owner: object, name: string): T {
  return (owner as Record<string, T>)[name]!;
}

/** What stands at `index`, counted from the end when negative. */
function position(where: string, index: number, length: number): number {
  const at = index < 0 ? index + length : index;
  if (!Number.isInteger(at) || at < 0 || at >= length)
    throw new ArgumentError(
      where,
      "index",
      say`there is no entry ${{ index }}, the list has ${{ length }}: use ${-length} to ${length - 1}.`,
    );
  return at;
}

function notCallable(name: string): never {
  throw new ArgumentError(name, "forward", `a ${name} only holds modules; call its entries, or use Sequential.`);
}

/**
 * Modules in a list, found by parameters() and stateDict() under "0", "1", …; how they are called is the owner's
 * business.
 *
 * Types    a list written out knows each of its modules, so at(0) has that one's type and its forward() its shapes.
 * Keys     each module's behind its number: "0.weight".
 * Throws   ArgumentError "module" for what is no module, "index" in at(), "forward": a list cannot be called.
 * Source   torch.nn.ModuleList.
 *
 * @example
 * class Net extends nn.Module {
 *   layers = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(4, 2)]);
 *   forward(x: Tensor) { for (const layer of this.layers) x = layer.forward(x); return x; }
 * }
 * new Net().layers.at(-1).outFeatures; // 2
 * new Net().forward(zeros([3, 4])).shape; // [3, 2]
 * [...new Net().stateDict().keys()]; // ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]
 */
export class ModuleList<const L extends readonly Module[] = readonly Module[]>
  extends Module
  implements Iterable<L[number]>
{
  #length = 0;

  constructor(modules: L | Iterable<L[number]> = []) {
    super();
    this.extend(modules);
  }

  /** Adds a module at the end. The type of what is returned knows it. */
  append<const M extends Module>(module: M): ModuleList<readonly [...L, M]> {
    if (!(module instanceof Module))
      throw new ArgumentError(
        "ModuleList",
        "module",
        say`entry ${{ length: this.#length }} is no module: ${String(module)}.`,
      );
    define(this, String(this.#length++), module);
    return this as unknown as ModuleList<readonly [...L, M]>;
  }

  /** Adds each of them at the end. */
  extend(modules: Iterable<Module>): this {
    for (const module of modules) this.append(module);
    return this;
  }

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** An entry by position, counted from the end when negative. */
  at<const I extends number>(index: I): ItemAt<L, I> {
    return held(this, String(position("ModuleList", index, this.#length)));
  }

  *[Symbol.iterator](): Iterator<L[number]> {
    for (let i = 0; i < this.#length; i++) yield held(this, String(i));
  }

  forward(_input: Tensor): Tensor {
    return notCallable("ModuleList");
  }
}

/**
 * Modules by name, found by parameters() and stateDict() under it, in the order they were added.
 *
 * Keys     each module's behind its name: "colour.weight".
 * Throws   ArgumentError "module" for what is no module; "name" for one that is empty, has a dot or is a member of
 *          ModuleDict itself, and in get() for one that is not there; "forward": a dictionary cannot be called.
 * Source   torch.nn.ModuleDict.
 *
 * @example
 * const heads = new nn.ModuleDict<nn.Linear>({ species: new nn.Linear(8, 3), colour: new nn.Linear(8, 5) });
 * heads.get("colour").forward(zeros([1, 8])).shape; // [1, 5]
 * heads.set("age", new nn.Linear(8, 1)).delete("species"); // true
 * [...heads.keys()]; // ["colour", "age"]
 */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<[string, M]> {
  readonly #names = new Set<string>();

  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    const entries = Symbol.iterator in modules ? (modules as Iterable<readonly [string, M]>) : Object.entries(modules);
    for (const [name, module] of entries) this.set(name, module);
  }

  /** Adds a module, or replaces the one of this name. */
  set(name: string, module: M): this {
    if (!(module instanceof Module))
      throw new ArgumentError("ModuleDict", "module", `entry "${name}" is no module: ${String(module)}.`);
    if (name === "" || name.includes(".") || (name in this && !this.#names.has(name)))
      throw new ArgumentError("ModuleDict", "name", `"${name}" cannot be a name: it is empty, has a dot or is taken.`);
    this.#names.add(name);
    define(this, name, module);
    return this;
  }

  /** Whether there is a module of this name. */
  has(name: string): boolean {
    return this.#names.has(name);
  }

  /** The module of this name. */
  get(name: string): M {
    if (!this.#names.has(name))
      throw new ArgumentError(
        "ModuleDict",
        "name",
        `there is no "${name}"; there are: ${[...this.#names].join(", ") || "none"}.`,
      );
    return held(this, name);
  }

  /** Takes a module out; false when there was none. */
  delete(name: string): boolean {
    if (this.#names.has(name)) Reflect.deleteProperty(this, name);
    return this.#names.delete(name);
  }

  /** How many there are. */
  get size(): number {
    return this.#names.size;
  }

  /** The names in the order they were added. */
  keys(): IterableIterator<string> {
    return this.#names.keys();
  }

  *[Symbol.iterator](): Iterator<[string, M]> {
    for (const name of this.#names) yield [name, this.get(name)];
  }

  /** In the order they were added, names that are numbers included. */
  override *namedChildren(): Generator<[string, Module]> {
    yield* this;
  }

  forward(_input: Tensor): Tensor {
    return notCallable("ModuleDict");
  }
}

/**
 * Parameters in a list, found by parameters() and stateDict() under "0", "1", …
 *
 * Throws   ArgumentError "parameter" for what is no Parameter, "index" in at(), "forward": a list cannot be called.
 * Source   torch.nn.ParameterList.
 *
 * @example
 * const scales = new nn.ParameterList([new nn.Parameter(ones([2])), new nn.Parameter(zeros([3]))]);
 * scales.append(new nn.Parameter(ones([1]))).length; // 3
 * scales.at(-2).shape; // [3]
 * [...scales.stateDict().keys()]; // ["0", "1", "2"]
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  #length = 0;

  constructor(parameters: Iterable<Parameter> = []) {
    super();
    for (const parameter of parameters) this.append(parameter);
  }

  /** Adds a parameter at the end. */
  append(parameter: Parameter): this {
    if (!(parameter instanceof Parameter))
      throw new ArgumentError(
        "ParameterList",
        "parameter",
        say`entry ${{ length: this.#length }} is no Parameter: ${String(parameter)}.`,
      );
    define(this, String(this.#length++), parameter);
    return this;
  }

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** A parameter by position, counted from the end when negative. */
  at(index: number): Parameter {
    return held(this, String(position("ParameterList", index, this.#length)));
  }

  *[Symbol.iterator](): Iterator<Parameter> {
    for (let i = 0; i < this.#length; i++) yield this.at(i);
  }

  forward(_input: Tensor): Tensor {
    return notCallable("ParameterList");
  }
}
