/** @file `--data`: what a data set is called, and how it is opened. */
import { existsSync } from "node:fs";
import { type ImageSet, type ImageShape, type MeanStd, meanStd, type PictureSet } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { openBuiltinMnist } from "./builtin-mnist.ts";
import { openCifar10 } from "./cifar10-files.ts";
import { expandHome, kindOf } from "./files.ts";
import { openMnistFolder } from "./mnist-files.ts";
import { PictureFiles, type PictureFilesOptions } from "./picture-files.ts";
import { openFolder } from "./sources/folder.ts";
import { isManifest, openManifest } from "./sources/manifest.ts";
import { openShards } from "./sources/shards.ts";
import { type PictureSource, type SourceParts, withClasses } from "./sources/source.ts";
import { HELD_OUT, stratified } from "./sources/stratify.ts";
import type { Split } from "./split.ts";
import { defaultWorkers, WorkerPool } from "./work/pool.ts";

/** Set: `ImageSet` where all pictures lie in memory. */
export interface OpenedData<Set extends PictureSet = PictureSet> {
  /** What was asked for: `mnist`, `cifar10:PATH`, … */
  readonly name: string;
  readonly train: Set;
  readonly val: Set;
  readonly classes: readonly string[];
  /** What a network is given of each picture: its own size, where all have one. */
  readonly shape: ImageShape;
  /** Of the training part, per channel. */
  readonly meanStd: MeanStd;
}

/** Names of data that are read into memory whole. */
export type InMemory = "mnist" | `mnist:${string}` | `cifar10:${string}`;

/** How pictures on disk are read; sets in memory have no use for it. */
export interface OpenOptions extends Omit<PictureFilesOptions, "pool"> {
  /** Height and width that a network is given of each photo. Default 224. */
  readonly imageSize?: number;
  /** The classes wanted, in this order: those of a model. Others in the data are refused. Default: the data's own. */
  readonly wantedClasses?: readonly string[];
  /** Of data without a part for validation, hold a fifth out; false leaves `val` empty there. Default true. */
  readonly holdOut?: boolean;
  /** Hears what takes long. Default: nobody. */
  readonly say?: (line: string) => void;
}

type Halves = Partial<Record<Split, ImageSet>>;

const kinds: Readonly<Record<string, (path: string, splits: readonly Split[]) => Promise<Halves>>> = {
  mnist: openMnistFolder,
  cifar10: openCifar10,
};

/** What `--data` takes, for help and errors. */
export const dataSpecs =
  "mnist (built in), mnist:PATH (folder of idx files), cifar10:PATH (folder, .tar or .tar.gz), PATH (folder of pictures, or a .csv or .jsonl list), shards:PATTERN (WebDataset)";

/**
 * Opens a data set by name: `mnist` (ten thousand digits that come with the install), `mnist:PATH`, `cifar10:PATH`: in
 * memory. `PATH`, a folder with one sub-folder of pictures a class or a `train/` and a `val/` of those, or a list of
 * pictures (.csv, .jsonl), and `shards:PATTERN` (WebDataset tar files, `shard-{000..012}.tar`): read when they are
 * needed. A leading `~/` of the path is the home folder. Without a part for validation a fifth of each class is held
 * out.
 *
 * Throws  DataError: "spec" for a name we do not know, and for every file that is missing, unreadable, cut off or not
 *         what it should be, one that names it.
 *
 * @example
 * const { train, val, shape } = await openData("mnist");
 * console.log(train.length, val.length, shape); // 9000 1000 [ 1, 28, 28 ]
 */
export async function openData(spec: InMemory, options?: OpenOptions): Promise<OpenedData<ImageSet>>;
export async function openData(spec: string, options?: OpenOptions): Promise<OpenedData>;
export async function openData(spec: string, options: OpenOptions = {}): Promise<OpenedData> {
  const parts = await openParts(spec, options);
  if (parts) return openedFiles(spec, parts, options);
  const { train, val } = await openHalves(spec, ["train", "val"]);
  let statistics: MeanStd | undefined;
  return {
    name: spec,
    train: train!,
    val: val!,
    classes: train!.classes,
    shape: [train!.channels, train!.height, train!.width],
    get meanStd() {
      statistics ??= meanStd(train!);
      return statistics;
    },
  };
}

async function openedFiles(spec: string, parts: SourceParts, options: OpenOptions): Promise<OpenedData> {
  const { imageSize = 224, channels = 3, holdOut = true } = options;
  const { train, val } = parts.val ? parts : stratified(parts.train, holdOut ? HELD_OUT : 0);
  const pool = new WorkerPool(options.workers ?? defaultWorkers());
  const set = new PictureFiles(train, { ...options, pool });
  const shape: ImageShape = [channels, imageSize, imageSize];
  return {
    name: spec,
    train: set,
    val: new PictureFiles(val!, { ...options, pool }),
    classes: set.classes,
    shape,
    meanStd: await set.meanStd(shape),
  };
}

/**
 * One part only, without reading the other: what `evaluate` needs. "own" is the part for validation that the data come
 * with; all of them where they come in one piece.
 *
 * Throws  as `openData`.
 *
 * @example
 * const val = await openSplit("mnist", "val");
 * val.length; // 1000
 */
export async function openSplit(spec: InMemory, split: Split | "own", options?: OpenOptions): Promise<ImageSet>;
export async function openSplit(spec: string, split: Split | "own", options?: OpenOptions): Promise<PictureSet>;
export async function openSplit(spec: string, split: Split | "own", options: OpenOptions = {}): Promise<PictureSet> {
  const parts = await openParts(spec, options);
  if (!parts) {
    const half = split === "own" ? "val" : split;
    return (await openHalves(spec, [half]))[half]!;
  }
  const pick = (): PictureSource => {
    if (split === "own") return parts.val ?? parts.train;
    return (parts.val ? parts : stratified(parts.train, options.holdOut === false ? 0 : HELD_OUT))[split]!;
  };
  return new PictureFiles(pick(), options);
}

/** The sources of pictures on disk; undefined for everything that is opened otherwise. */
async function openParts(spec: string, { wantedClasses, say }: OpenOptions): Promise<SourceParts | undefined> {
  const parts = await openSource(spec, say);
  if (!parts || !wantedClasses) return parts;
  const { train, val } = parts;
  return {
    train: withClasses(train, wantedClasses, spec),
    ...(val ? { val: withClasses(val, wantedClasses, spec) } : {}),
  };
}

/** Pictures on disk by the names of `openData`; undefined for other data. */
export async function openSource(spec: string, say?: (line: string) => void): Promise<SourceParts | undefined> {
  if (spec.startsWith("shards:")) {
    const pattern = expandHome(spec.slice("shards:".length));
    if (pattern === "")
      throw new DataError(
        "data",
        "spec",
        `"${spec}" names no files after the colon: give shards:shard-{000..012}.tar.`,
      );
    return { train: await openShards(pattern, say) };
  }
  const path = expandHome(spec);
  if (spec === "mnist" || isNamed(spec) || !existsSync(path)) return undefined;
  if ((await kindOf(path)) === "folder") return openFolder(path);
  return isManifest(path) ? openManifest(path) : undefined;
}

function isNamed(spec: string): boolean {
  const colon = spec.indexOf(":");
  return colon > 0 && Object.hasOwn(kinds, spec.slice(0, colon));
}

async function openHalves(spec: string, splits: readonly Split[]): Promise<Halves> {
  const colon = spec.indexOf(":");
  const kind = colon < 0 ? "" : spec.slice(0, colon);
  if (spec === "mnist") return openBuiltinMnist();
  if (Object.hasOwn(kinds, kind)) {
    const path = expandHome(spec.slice(colon + 1));
    if (path === "") throw new DataError("data", "spec", `"${spec}" names no path after the colon: give ${kind}:PATH.`);
    const halves = await kinds[kind]!(path, splits);
    for (const split of splits)
      if (halves[split]!.length === 0)
        throw new DataError(
          "data",
          "empty",
          `${spec}: the ${split === "train" ? "training" : "test"} part has 0 pictures. Get the data again.`,
          path,
        );
    return halves;
  }
  if (existsSync(expandHome(spec)))
    throw new DataError(
      "data",
      "unsupported",
      `${spec}: a file alone is no data set, unless it is a .csv or .jsonl list of pictures. For idx files or CIFAR-10 say so: mnist:FOLDER or cifar10:${spec}; for an archive of pictures, shards:${spec}.`,
      spec,
    );
  throw new DataError(
    "data",
    "spec",
    `"${spec}" is no data set we know and no path that exists. Use one of: ${dataSpecs}.`,
  );
}
