/** @file MNIST and its relatives on disk: four idx files in a folder, packed with gzip or not. */
import { join } from "node:path";
import { type ArrayImageSet, imageSetFromIdx, type NamedBytes } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { kindOf, listed, namesIn, readBytes, unpacked } from "./files.ts";
import type { Split } from "./split.ts";

const splitNames: Record<Split, string> = { train: "train", val: "(?:t10k|test|val)" };
const usual: Record<Split, string> = { train: "train", val: "t10k" };

/**
 * The wanted halves of a folder with `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same of `t10k-…` (or
 * `test-…`); dots instead of dashes, .gz, and any height and width will do. Also looks in `raw/` and `MNIST/raw/`, where
 * torchvision keeps them.
 *
 * Throws  DataError "missing", "ambiguous", "shape", and what reading and `imageSetFromIdx` throw.
 */
export async function openMnistFolder(
  path: string,
  splits: readonly Split[],
): Promise<Partial<Record<Split, ArrayImageSet>>> {
  if ((await kindOf(path)) === "file")
    throw new DataError("mnist", "file", `${path} is a file; name the folder that holds the four idx files.`, path);
  const folder = withIdxFiles(path);
  const sets: Partial<Record<Split, ArrayImageSet>> = {};
  let classes: readonly string[] | undefined;
  for (const split of splits) {
    const [images, labels] = await Promise.all([read(folder, split, "images"), read(folder, split, "labels")]);
    const set = imageSetFromIdx(images, labels, classes);
    const other = sets.train;
    if (other && (other.height !== set.height || other.width !== set.width))
      throw new DataError(
        "mnist",
        "shape",
        `${images.name} has pictures of ${set.height}×${set.width}, the training set of ${other.height}×${other.width}: they must be of one data set.`,
        images.name,
      );
    sets[split] = set;
    classes = set.classes;
  }
  return sets;
}

type Part = "images" | "labels";

function matching(folder: string, split: Split, part: Part): string[] {
  const axes = part === "images" ? 3 : 1;
  const pattern = new RegExp(`(?:^|[-._])${splitNames[split]}[-._]${part}[-._]idx${axes}[-._]ubyte(?:\\.gz)?$`);
  const names = namesIn(folder).filter((name) => pattern.test(name));
  return names.filter((name) => !(name.endsWith(".gz") && names.includes(name.slice(0, -3)))); // unpacked beside packed: once
}

function withIdxFiles(path: string): string {
  const places = [path, join(path, "raw"), join(path, "MNIST", "raw")];
  const full = places.find((place) => {
    try {
      return matching(place, "train", "images").length + matching(place, "val", "images").length > 0;
    } catch (error) {
      if (place === path) throw error;
      return false; // no such sub-folder
    }
  });
  return full ?? path;
}

async function read(folder: string, split: Split, part: Part): Promise<NamedBytes> {
  const names = matching(folder, split, part);
  const example = `${usual[split]}-${part}-idx${part === "images" ? 3 : 1}-ubyte`;
  if (names.length === 0)
    throw new DataError(
      "mnist",
      "missing",
      `${folder}: no ${part} of the ${split === "train" ? "training" : "test"} set: a file like ${example} (or .gz) is wanted; the folder holds ${listed(namesIn(folder))}.`,
      folder,
    );
  if (names.length > 1)
    throw new DataError(
      "mnist",
      "ambiguous",
      `${folder}: ${listed(names)} could each be ${example}. Leave one in the folder.`,
      folder,
    );
  const name = join(folder, names[0]!);
  return { name, bytes: await unpacked(await readBytes(name), name) };
}
