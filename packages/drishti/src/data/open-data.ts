/** @file `--data`: what a data set is called, and how it is opened. */
import { existsSync } from "node:fs";
import { type ImageSet, type ImageShape, type MeanStd, meanStd, type PictureSet } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { openBuiltinMnist } from "./builtin-mnist.ts";
import { openCifar10 } from "./cifar10-files.ts";
import { expandHome, kindOf } from "./files.ts";
import { openMnistFolder } from "./mnist-files.ts";
import type { Split } from "./split.ts";

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

type Halves = Partial<Record<Split, ImageSet>>;

const kinds: Readonly<Record<string, (path: string, splits: readonly Split[]) => Promise<Halves>>> = {
  mnist: openMnistFolder,
  cifar10: openCifar10,
};

/** What `--data` takes, for help and errors. */
export const dataSpecs = "mnist (built in), mnist:PATH (folder of idx files), cifar10:PATH (folder, .tar or .tar.gz)";

/**
 * Opens a data set by name: `mnist` (ten thousand digits that come with the install), `mnist:PATH`, `cifar10:PATH`.
 * A leading `~/` of the path is the home folder.
 *
 * Throws  DataError: "spec" for a name we do not know, "unsupported" for image folders (not yet), and for every file that
 *         is missing, unreadable, cut off or not what it should be, one that names it.
 *
 * @example
 * const { train, val, classes, meanStd } = await openData("mnist");
 * train.length;  // 9000
 */
export async function openData(spec: InMemory): Promise<OpenedData<ImageSet>>;
export async function openData(spec: string): Promise<OpenedData>;
export async function openData(spec: string): Promise<OpenedData> {
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

/** One part only, without reading the other: what `evaluate` needs. */
export async function openSplit(spec: InMemory, split: Split): Promise<ImageSet>;
export async function openSplit(spec: string, split: Split): Promise<PictureSet>;
export async function openSplit(spec: string, split: Split): Promise<PictureSet> {
  return (await openHalves(spec, [split]))[split]!;
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
      `${spec}: ${(await kindOf(expandHome(spec))) === "folder" ? "image folders cannot be read yet" : "a file alone is no data set"}. ` +
        `For idx files or CIFAR-10 say so: mnist:${spec} or cifar10:${spec}.`,
      spec,
    );
  throw new DataError(
    "data",
    "spec",
    `"${spec}" is no data set we know and no path that exists. Use one of: ${dataSpecs}.`,
  );
}
