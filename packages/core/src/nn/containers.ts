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
 * Modules in a list, found by parameters() and stateDict() under "0", "1", …
 *
 * Types    a list written out knows each of its modules, so at(0) has that one's type and its forward() its shapes.
 * Throws   ArgumentError "module" for what is none, "index" in at(), "forward" when called.
 * Source   torch.nn.ModuleList.
 *
 * @example
 * class Net extends nn.Module {
 *   layers = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(4, 2)]);
 *   forward(x: Tensor) { for (const layer of this.layers) x = layer.forward(x); return x; }
 * }
 * new Net().layers.at(-1).outFeatures; // 2
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
 * Modules by name. A name that is a member of Module cannot be used.
 *
 * Source   torch.nn.ModuleDict.
 */
export class ModuleDict<M extends Module = Module> extends Module implements Iterable<[string, M]> {
  readonly #names = new Set<string>();

  constructor(modules: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    const entries = Symbol.iterator in modules ? (modules as Iterable<readonly [string, M]>) : Object.entries(modules);
    for (const [name, module] of entries) this.set(name, module);
  }

  set(name: string, module: M): this {
    if (!(module instanceof Module))
      throw new ArgumentError("ModuleDict", "module", `entry "${name}" is no module: ${String(module)}.`);
    if (name === "" || name.includes(".") || (name in this && !this.#names.has(name)))
      throw new ArgumentError("ModuleDict", "name", `"${name}" cannot be a name: it is empty, has a dot or is taken.`);
    this.#names.add(name);
    define(this, name, module);
    return this;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  get(name: string): M {
    if (!this.#names.has(name))
      throw new ArgumentError(
        "ModuleDict",
        "name",
        `there is no "${name}"; there are: ${[...this.#names].join(", ") || "none"}.`,
      );
    return held(this, name);
  }

  delete(name: string): boolean {
    if (this.#names.has(name)) Reflect.deleteProperty(this, name);
    return this.#names.delete(name);
  }

  get size(): number {
    return this.#names.size;
  }

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
 * Parameters in a list, under "0", "1", …
 *
 * Source   torch.nn.ParameterList.
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  #length = 0;

  constructor(parameters: Iterable<Parameter> = []) {
    super();
    for (const parameter of parameters) this.append(parameter);
  }

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

  get length(): number {
    return this.#length;
  }

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
