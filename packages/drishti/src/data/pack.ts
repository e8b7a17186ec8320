/** @file A data set as WebDataset shards: a few large files instead of a million small ones. */
import { createWriteStream, existsSync, type WriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { finished } from "node:stream/promises";
import { Generator, randperm } from "@drishti/core/base/rng";
import { ArgumentError, DataError, DrishtiError } from "@drishti/core/errors";
import { type Pack, pack } from "tar-stream";
import { makeFolder, writeAtomic, writeError } from "../run/write-file.ts";
import { notPicture } from "./decode/decode.ts";
import { extensionsOf, formatOf } from "./decode/format.ts";
import { openSource } from "./open-data.ts";
import type { PictureSource } from "./sources/source.ts";
import { placeName, readPlace } from "./work/place.ts";
import type { BadFile } from "./work/task.ts";

export interface PackOptions {
  /** Bytes a shard at most, but for its last picture; default 2^28. */
  readonly shardBytes?: number;
  /** Of the order: pictures are mixed, so that a shard is like the whole. Default 0. */
  readonly seed?: number;
  readonly onBad?: (bad: BadFile) => void;
  readonly onCount?: (done: number, total: number) => void;
  readonly signal?: { readonly aborted: boolean };
}

export interface Packed {
  readonly shards: readonly string[];
  readonly pictures: number;
  readonly bad: number;
  readonly classes: readonly string[];
  /** For `--data`, and `--val` where the data come with a part for validation. */
  readonly patterns: { readonly train: string; readonly val?: string };
}

/**
 * Writes `train-00000.tar` … (and `val-00000.tar` … where the data have that part) and `classes.txt` to a folder. A sample
 * is three files: the picture as it is, `.cls` with the number of its class, `.json` with its name and its class's.
 * A file that is no picture is named and left out.
 *
 * Throws  DataError "unsupported" for other data, "exists" when there are shards already, "no-samples" when not one
 *         picture can be read, "write" and the like.
 */
export async function packShards(data: string, out: string, options: PackOptions = {}): Promise<Packed> {
  const { shardBytes = 2 ** 28 } = options;
  if (!(shardBytes > 0))
    throw new ArgumentError("pack", "shard-size", `shardBytes must be above 0, got ${shardBytes}.`);
  const parts = await openSource(data);
  if (!parts)
    throw new DataError(
      "data",
      "unsupported",
      `${data} is no folder of pictures, no .csv or .jsonl list and no shards:PATTERN. Only those can be packed.`,
      data,
    );
  await makeFolder(out);
  const taken = [join(out, "classes.txt"), shardPath(out, "train", 0), shardPath(out, "val", 0)].find((path) =>
    existsSync(path),
  );
  if (taken) throw new DataError("data", "exists", `${taken} is there already. Give another folder with --out.`, taken);
  const total = parts.train.length + (parts.val?.length ?? 0);
  const state = { done: 0, bad: 0, total };
  const [train, val]: [string[], string[]] = [[], []];
  try {
    await packPart(parts.train, "train", train, out, data, options, state);
    if (train.length === 0)
      throw new DataError("data", "no-samples", `none of ${parts.train.length} pictures could be read.`, data);
    if (parts.val) await packPart(parts.val, "val", val, out, data, options, state);
    await writeAtomic(join(out, "classes.txt"), parts.train.classes.map((name) => `${name}\n`).join(""));
  } catch (error) {
    // Shards without the others are of no use, and would be in the way of the next try.
    for (const path of [...train, ...val]) await rm(path, { force: true });
    throw error;
  }
  return {
    shards: [...train, ...val],
    pictures: state.done - state.bad,
    bad: state.bad,
    classes: parts.train.classes,
    patterns: { train: pattern(train), ...(val.length > 0 ? { val: pattern(val) } : {}) },
  };
}

function shardPath(out: string, part: string, number: number): string {
  return join(out, `${part}-${String(number).padStart(5, "0")}.tar`);
}

/** `shards:out/train-{00000..00012}.tar` */
function pattern(shards: readonly string[]): string {
  const number = (path: string) => /(\d+)\.tar$/.exec(path)![1]!;
  const [first, last] = [shards[0]!, shards.at(-1)!];
  return `shards:${shards.length === 1 ? first : first.replace(/\d+\.tar$/, `{${number(first)}..${number(last)}}.tar`)}`;
}

/** Adds to `shards` what it writes, each before it is begun. */
async function packPart(
  source: PictureSource,
  part: string,
  shards: string[],
  out: string,
  data: string,
  { shardBytes = 2 ** 28, seed = 0, onBad, onCount, signal }: PackOptions,
  state: { done: number; bad: number; readonly total: number },
): Promise<void> {
  let open: Shard | undefined;
  const order = randperm(new Generator(seed), source.length);
  for (const [k, i] of order.entries()) {
    if (signal?.aborted) break;
    const place = source.place(i);
    onCount?.(++state.done, state.total);
    let bytes: Uint8Array;
    let extension: string;
    try {
      bytes = await readPlace(place);
      const format = formatOf(bytes);
      if (!format) throw notPicture(bytes, placeName(place));
      extension = extensionsOf[format][0]!;
    } catch (error) {
      if (!(error instanceof DrishtiError)) throw error;
      state.bad++;
      onBad?.({ file: placeName(place), code: error.code, message: error.message });
      continue;
    }
    if (!open || open.bytes + bytes.length > shardBytes) {
      await open?.end();
      shards.push(shardPath(out, part, shards.length));
      open = new Shard(shards.at(-1)!);
    }
    const key = `${part}${String(k).padStart(9, "0")}`;
    const name = relative(data, placeName(place));
    await open.add(`${key}.${extension}`, bytes);
    await open.add(`${key}.cls`, Buffer.from(String(source.label(i))));
    await open.add(`${key}.json`, Buffer.from(JSON.stringify({ file: name, class: source.classes[source.label(i)] })));
  }
  await open?.end();
}

/** One archive in the making; the same pictures give the same bytes. */
class Shard {
  readonly path: string;
  bytes = 0;
  readonly #pack: Pack = pack();
  readonly #file: WriteStream;
  readonly #closed: Promise<void>;

  constructor(path: string) {
    this.path = path;
    this.#file = createWriteStream(path);
    this.#closed = finished(this.#file).catch((cause) => {
      throw writeError(path, cause);
    });
    this.#closed.catch(() => {}); // add() and end() report it,
    this.#pack.on("error", () => {}); // also where the archive ends because its file did
    this.#pack.pipe(this.#file as never);
  }

  async add(name: string, content: Uint8Array): Promise<void> {
    this.bytes += 512 + Math.ceil(content.length / 512) * 512;
    if (this.#file.errored) return this.#closed; // the archive takes nothing more
    const added = new Promise<void>((resolve) => {
      this.#pack.entry({ name, mtime: new Date(0), mode: 0o644 }, Buffer.from(content), (error) => error || resolve());
    });
    await Promise.race([added, this.#closed]);
    // Waits while the disk is behind, so that memory stays flat.
    if (this.#file.writableNeedDrain)
      await Promise.race([new Promise<void>((resolve) => this.#file.once("drain", () => resolve())), this.#closed]);
  }

  async end(): Promise<void> {
    this.#pack.finalize();
    await this.#closed;
  }
}
