/** @file Labelled pictures that are read one by one: what folders, lists and shards have in common. */
import { DataError } from "@drishti/core/errors";
import { listed } from "../files.ts";
import type { Place } from "../work/place.ts";

export interface PictureSource {
  readonly length: number;
  readonly classes: readonly string[];
  label(index: number): number;
  place(index: number): Place;
  /** Decides, with those of its class, which pictures are held out: the same for the same name. */
  hash(index: number): number;
}

/** A source in its parts: `val` where the data come with one. */
export interface SourceParts {
  readonly train: PictureSource;
  readonly val?: PictureSource;
}

/** Files by path, each with a label. */
export class FileSource implements PictureSource {
  readonly classes: readonly string[];
  readonly #paths: readonly string[];
  readonly #labels: Int32Array;
  readonly #hashOf: (path: string) => number;

  /** root: what paths begin with that does not belong to a picture's name. */
  constructor(paths: readonly string[], labels: Int32Array, classes: readonly string[], root: string) {
    this.#paths = paths;
    this.#labels = labels;
    this.classes = classes;
    this.#hashOf = (path) => hashOf(path.startsWith(root) ? path.slice(root.length) : path);
  }

  get length(): number {
    return this.#paths.length;
  }

  label(index: number): number {
    return this.#labels[index]!;
  }

  place(index: number): Place {
    return { path: this.#paths[index]! };
  }

  hash(index: number): number {
    return this.#hashOf(this.#paths[index]!);
  }
}

/** Chosen pictures of a source. */
export class SourceView implements PictureSource {
  readonly base: PictureSource;
  readonly indices: Int32Array;
  readonly classes: readonly string[];
  /** From the base's label to this one's, when classes were put in another order. */
  readonly #labels: Int32Array | undefined;

  constructor(base: PictureSource, indices: Int32Array, classes = base.classes, labels?: Int32Array) {
    this.base = base;
    this.indices = indices;
    this.classes = classes;
    this.#labels = labels;
  }

  get length(): number {
    return this.indices.length;
  }

  label(index: number): number {
    const label = this.base.label(this.indices[index]!);
    return this.#labels ? this.#labels[label]! : label;
  }

  place(index: number): Place {
    return this.base.place(this.indices[index]!);
  }

  hash(index: number): number {
    return this.base.hash(this.indices[index]!);
  }
}

/** The source with its classes in the order of `wanted`. Throws DataError "classes" for one that is not among those. */
export function withClasses(source: PictureSource, wanted: readonly string[], data: string): PictureSource {
  const unknown = source.classes.filter((name) => !wanted.includes(name));
  if (unknown.length > 0)
    throw new DataError(
      "data",
      "classes",
      `${data} has pictures of ${listed(unknown)}, which the model does not know: it tells ${listed(wanted)} apart. Use data like those it was trained on.`,
      data,
    );
  const all = Int32Array.from({ length: source.length }, (_, i) => i);
  return new SourceView(
    source,
    all,
    wanted,
    Int32Array.from(source.classes, (name) => wanted.indexOf(name)),
  );
}

/** FNV-1a of 32 bits over the UTF-16 units of a name. Paths are hashed with "/" on every system. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i) === 0x5c ? 0x2f : name.charCodeAt(i);
    hash = Math.imul(hash ^ unit, 0x01000193);
  }
  // FNV leaves the last letters' mark on the low bits only; names often differ in nothing else.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}
