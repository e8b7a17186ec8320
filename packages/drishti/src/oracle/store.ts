/** @file The files of one group: its cases and its tensors. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type nn, type Tensor, tensor } from "@drishti/core";
import { readSafetensors, type SafetensorsEntry } from "@drishti/core/io";
import type { Arguments } from "./args.ts";
import { NotBuilt } from "./not-built.ts";

/** How far a value may be off; see "Tolerances" in the oracle's README. */
export interface Tolerance {
  readonly atol: number;
}

/** A case as the manifest has it; what each kind of case adds stands with its runner. */
export interface Case {
  readonly id: string;
  readonly op: string;
  readonly kind?: string;
  readonly args: Arguments;
  /** Role → name in the tensors' file, here and below. */
  readonly tensors: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly tol?: Readonly<Record<string, Tolerance>>;
}

export interface Manifest {
  readonly group: string;
  /** The tensors' file, when there is one. */
  readonly tensors?: string;
  readonly cases: readonly Case[];
}

/** The stored tensors of a group, made on the default device when asked for. */
export class Store {
  readonly #tensors: ReadonlyMap<string, SafetensorsEntry>;

  constructor(tensors: ReadonlyMap<string, SafetensorsEntry>) {
    this.#tensors = tensors;
  }

  raw(name: string): SafetensorsEntry {
    const found = this.#tensors.get(name);
    if (!found) throw new Error(`the fixtures have no tensor "${name}"`);
    return found;
  }

  /** Values for loadStateDict. */
  state(names: Readonly<Record<string, string>>): Map<string, nn.StateValue> {
    const value = (name: string) => {
      const { shape, data } = this.raw(name);
      if (data instanceof BigUint64Array) throw new NotBuilt("tensors of uint64");
      return { shape, data };
    };
    return new Map(Object.entries(names).map(([key, name]) => [key, value(name)]));
  }

  /** A fresh tensor; int64 becomes int32, the integers that Drishti has. */
  tensor(name: string, options: { requiresGrad?: boolean } = {}): Tensor {
    const { shape, data } = this.raw(name);
    if (data instanceof Float32Array || data instanceof Float64Array) return tensor(data, { shape, ...options });
    if (data instanceof BigInt64Array) return tensor(narrow(data), { shape });
    throw new NotBuilt(`tensors of ${data.constructor.name.replace("Array", "").toLowerCase()}`);
  }
}

function narrow(values: BigInt64Array): Int32Array {
  const least = -(2n ** 31n);
  if (values.some((v) => v < least || v >= -least)) throw new NotBuilt("int64 values beyond int32");
  return Int32Array.from(values, Number);
}

/** The groups of fixtures in a folder, by name. */
export function fixtureGroups(folder: string): string[] {
  const fixtures = join(folder, "fixtures");
  if (!existsSync(fixtures)) return [];
  const files = readdirSync(fixtures).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).sort();
}

export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

export function readGroup(folder: string, group: string): { cases: readonly Case[]; store: Store } {
  const { cases, tensors } = readJson<Manifest>(join(folder, "fixtures", `${group}.json`));
  const stored = tensors ? readSafetensors(readFileSync(join(folder, "fixtures", tensors))).tensors : new Map();
  return { cases, store: new Store(stored) };
}
