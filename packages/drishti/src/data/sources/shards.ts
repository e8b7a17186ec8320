/** @file WebDataset: tar archives in which the files of a sample stand side by side and share the name before the first dot. */
import { createReadStream, createWriteStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DataError } from "@drishti/core/errors";
import { writeError } from "../../run/write-file.ts";
import { formatOfName } from "../decode/format.ts";
import { gzipError, listed, readBytes } from "../files.ts";
import { glob, isGlob } from "../glob.ts";
import type { Place } from "../work/place.ts";
import { expandBraces } from "./brace.ts";
import { type OnDemand, readOnDemand } from "./on-demand.ts";
import { hashOf, type PictureSource } from "./source.ts";
import { type Member, tarMembers } from "./tar-index.ts";

/** Files that say what a sample is are a few bytes long. */
const MOST_LABEL_BYTES = 1 << 16;

/**
 * The samples of all shards that a pattern names; every one can be read alone, in any order. A .tar.gz is unpacked once, to
 * the system's temporary folder, for as long as the program runs.
 *
 * Label    of `key.cls` (a number or a name), of `label`, `cls` or `class` in `key.json`, or the folder in the key.
 * Classes  the lines of `classes.txt` beside the first shard; else the names in order, or the numbers up to the largest.
 * Throws   DataError "missing", "label" for a sample without one, "classes", "empty", those of `tarMembers`.
 * Source   A. Aizman et al., "High Performance I/O For Large Scale Deep Learning", 2019; webdataset's documentation.
 */
export async function openShards(pattern: string, say: (line: string) => void = () => {}): Promise<PictureSource> {
  const paths: string[] = [];
  for (const name of expandBraces(pattern)) {
    const found = isGlob(name) && !existsSync(name) ? await glob(name) : [];
    paths.push(...(found.length > 0 ? found : [name]));
  }
  const missing = paths.filter((path) => !existsSync(path));
  if (missing.length > 0)
    throw new DataError(
      "data",
      "missing",
      `${listed(missing)}: there ${missing.length === 1 ? "is no such file" : "are no such files"}. Check the pattern ${pattern}.`,
      missing[0],
    );
  const found = new Samples();
  for (const path of paths) {
    const tar = await plainTar(path, say);
    await readOnDemand(tar, (size) => readShard(found, tar, path, size));
  }
  if (found.labels.length === 0) throw new DataError("data", "empty", `${pattern} holds no pictures.`, paths[0]);
  return new ShardSource(found, await classesOf(found, dirname(paths[0]!)));
}

/** What is known of each sample; numbers only, as there may be millions. */
export class Samples {
  readonly tars: string[] = [];
  readonly shards: number[] = [];
  readonly starts: number[] = [];
  readonly lengths: number[] = [];
  readonly hashes: number[] = [];
  /** Numbers of `names`. */
  readonly labels: number[] = [];
  /** Labels as they were written, by their number. */
  readonly names = new Map<string, number>();

  add(picture: Member, label: string, key: string): void {
    this.shards.push(this.tars.length - 1);
    this.starts.push(picture.start);
    this.lengths.push(picture.length);
    this.hashes.push(hashOf(key));
    let number = this.names.get(label);
    if (number === undefined) {
      number = this.names.size;
      this.names.set(label, number);
    }
    this.labels.push(number);
  }
}

/**
 * Adds the samples of one archive: `tar` is where its bytes are, `path` what errors call it.
 *
 * Throws  DataError "label" for a sample without one, those of `tarMembers`.
 */
export function* readShard(found: Samples, tar: string, path: string, size: number): OnDemand<void> {
  found.tars.push(tar);
  let key = "";
  let picture: Member | undefined;
  let label: string | undefined;
  const end = () => {
    if (!picture) return;
    const folder = basename(dirname(key));
    const name = label ?? (folder === "." || folder === "" ? undefined : folder);
    if (name === undefined)
      throw new DataError(
        "data",
        "label",
        `${path}: ${picture.name} has no label: no ${key}.cls, no label in ${key}.json, and no folder.`,
        path,
      );
    found.add(picture, name, key);
  };
  yield* tarMembers(path, size, function* (member) {
    const { name } = member;
    const slash = name.lastIndexOf("/");
    const dot = name.indexOf(".", slash + 1);
    if (dot <= slash + 1) return; // no extension, or hidden
    const own = name.slice(0, dot);
    if (own !== key) {
      end();
      [key, picture, label] = [own, undefined, undefined];
    }
    const extension = name.slice(dot + 1).toLowerCase();
    if (formatOfName(name) !== undefined) picture ??= member;
    else if (extension === "cls") label = (yield* content(member)).trim();
    else if (extension === "json") label ??= labelInJson(yield* content(member));
  });
  end();
}

function* content({ start, length }: Member): OnDemand<string> {
  return length > MOST_LABEL_BYTES ? "" : (yield { start, length }).toString("utf8");
}

function labelInJson(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const name of ["class", "cls", "label"]) {
    const label = (value as Record<string, unknown>)[name];
    if (typeof label === "string" || typeof label === "number") return String(label);
  }
  return undefined;
}

/** Class names, and for each label as written its number among them. */
async function classesOf({ names }: Samples, folder: string): Promise<{ classes: string[]; numbers: Int32Array }> {
  const written = [...names.keys()];
  const numeric = written.every((name) => /^\d+$/.test(name));
  const file = join(folder, "classes.txt");
  let classes: string[];
  if (existsSync(file))
    classes = Buffer.from(await readBytes(file))
      .toString("utf8")
      .split(/\r?\n/)
      .filter((line) => line !== "");
  else if (numeric)
    classes = Array.from({ length: written.reduce((most, name) => Math.max(most, Number(name)), 0) + 1 }, (_, i) =>
      String(i),
    );
  else classes = [...written].sort();
  const numberOf = new Map(classes.map((name, i) => [name, i]));
  const numbers = Int32Array.from(written, (name) => numberOf.get(name) ?? (numeric ? Number(name) : -1));
  const unknown = written.filter((_, i) => !(numbers[i]! >= 0 && numbers[i]! < classes.length));
  if (unknown.length > 0)
    throw new DataError(
      "data",
      "classes",
      `${existsSync(file) ? file : folder} knows no class ${listed(unknown)}; it has ${classes.length}: ${listed(classes)}.`,
      file,
    );
  return { classes, numbers };
}

class ShardSource implements PictureSource {
  readonly length: number;
  readonly classes: readonly string[];
  readonly #tars: readonly string[];
  readonly #shards: Int32Array;
  readonly #starts: Float64Array;
  readonly #lengths: Float64Array;
  readonly #labels: Int32Array;
  readonly #hashes: Uint32Array;

  constructor(samples: Samples, { classes, numbers }: { classes: readonly string[]; numbers: Int32Array }) {
    this.length = samples.labels.length;
    this.classes = classes;
    this.#tars = samples.tars;
    this.#shards = Int32Array.from(samples.shards);
    this.#starts = Float64Array.from(samples.starts);
    this.#lengths = Float64Array.from(samples.lengths);
    this.#labels = Int32Array.from(samples.labels, (label) => numbers[label]!);
    this.#hashes = Uint32Array.from(samples.hashes);
  }

  label(index: number): number {
    return this.#labels[index]!;
  }

  place(index: number): Place {
    const start = this.#starts[index]!;
    return { path: this.#tars[this.#shards[index]!]!, start, length: this.#lengths[index]! };
  }

  hash(index: number): number {
    return this.#hashes[index]!;
  }
}

let unpackedFolder: string | undefined;

/** The path of the archive itself, unpacked first if it is packed. */
async function plainTar(path: string, say: (line: string) => void): Promise<string> {
  const file = await open(path);
  const start = Buffer.alloc(2);
  await file.read(start, 0, 2, 0);
  const { size } = await file.stat();
  await file.close();
  if (start[0] !== 0x1f || start[1] !== 0x8b) return path;
  if (!unpackedFolder) {
    const folder = mkdtempSync(join(tmpdir(), "drishti-shards-"));
    process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
    unpackedFolder = folder;
  }
  const out = join(mkdtempSync(join(unpackedFolder, "x")), basename(path).replace(/\.gz$/i, ""));
  say(`unpacking ${path} to ${out} (until the program ends; shards without .gz need no copy)`);
  try {
    await pipeline(createReadStream(path), createGunzip(), createWriteStream(out));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Not the archive's fault: the temporary folder is full, say.
    if (code && /^E[A-Z]+$/.test(code)) throw writeError(out, cause);
    throw gzipError(path, size, cause);
  }
  return out;
}
