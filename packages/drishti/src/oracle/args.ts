/** @file A case's arguments by torch's names, and which of them have been used. */
import { NotBuilt } from "./not-built.ts";

/** Numbers that JSON cannot hold are written as strings. */
const special: Readonly<Record<string, number>> = {
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
  NaN: Number.NaN,
};

export type Arguments = Readonly<Record<string, unknown>>;

/** `"Infinity"` → Infinity, in lists too. */
export function plainNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainNumbers);
  return typeof value === "string" && Object.hasOwn(special, value) ? special[value] : value;
}

/**
 * Reads arguments one by one and remembers which: what nobody asked for is an option that the runner would otherwise
 * ignore in silence, so `finish()` makes it a reason to skip.
 */
export class Args {
  readonly #values: Arguments;
  readonly #read = new Set<string>();

  constructor(values: Arguments) {
    this.#values = values;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#values, name);
  }

  /** The argument as it is; undefined when it was not given. */
  get(name: string): unknown {
    this.#read.add(name);
    return plainNumbers(this.#values[name]);
  }

  number(name: string): number {
    const value = this.get(name);
    if (typeof value !== "number")
      throw new TypeError(`argument ${name} should be a number, is ${JSON.stringify(value)}`);
    return value;
  }

  optionalNumber(name: string): number | undefined {
    return (this.get(name) ?? undefined) === undefined ? undefined : this.number(name);
  }

  flag(name: string): boolean | undefined {
    const value = this.get(name) ?? undefined;
    if (value !== undefined && typeof value !== "boolean")
      throw new TypeError(`argument ${name} should be a truth value`);
    return value;
  }

  text<T extends string>(name: string): T | undefined {
    const value = this.get(name) ?? undefined;
    if (value !== undefined && typeof value !== "string") throw new TypeError(`argument ${name} should be a text`);
    return value as T | undefined;
  }

  list(name: string): number[] | undefined {
    const value = this.get(name) ?? undefined;
    return value === undefined ? undefined : typeof value === "number" ? [value] : [...(value as number[])];
  }

  /** A size or a list of sizes; torch reads a list of one as that size on every axis, and an empty list as none. */
  sizes(name: string): number | number[] | undefined {
    const value = this.get(name) ?? undefined;
    if (value === undefined || typeof value === "number") return value;
    const list = value as number[];
    return list.length === 0 ? undefined : list.length === 1 ? list[0] : list;
  }

  /** sizes() that must be there. */
  wantedSizes(name: string): number | number[] {
    const value = this.sizes(name);
    if (value === undefined) throw new TypeError(`argument ${name} is missing`);
    return value;
  }

  /** The arguments given, under our names (camel case); only those listed count as known. */
  options(names: readonly string[]): Record<string, unknown> {
    const entries = names.filter((name) => this.has(name)).map((name) => [camelCase(name), this.get(name)] as const);
    return Object.fromEntries(entries);
  }

  /** Skips the case when an argument was given that nothing has asked for. */
  finish(op: string): void {
    const left = Object.keys(this.#values).filter((name) => !this.#read.has(name));
    if (left.length > 0) throw new NotBuilt(`${op} has no option ${left.join(", ")}`);
  }
}

/** `weight_decay` → `weightDecay`; `T_max` → `TMax`. */
export function camelCase(name: string): string {
  return name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
