/** @file CIFAR-10's binary version on disk: its folder, or the archive it comes in. */
import { join } from "node:path";
import {
  type ArrayImageSet,
  cifar10Classes,
  imageSetFromCifar10,
  type NamedBytes,
  parseCifar10Classes,
} from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { readTar } from "./archive.ts";
import { kindOf, listed, namesIn, readSideBySide } from "./files.ts";
import type { Split } from "./split.ts";

const FOLDER = "cifar-10-batches-bin";
const META = "batches.meta.txt";
const files: Record<Split, readonly string[]> = {
  train: [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`),
  val: ["test_batch.bin"],
};

/**
 * The wanted halves of CIFAR-10 from the folder `cifar-10-batches-bin`, the folder it lies in, a .tar or a .tar.gz.
 *
 * Class names come from batches.meta.txt where it is, else the usual ones.
 * Throws  DataError "missing", "python" (the other version of the data set), "count" when the training files are not
 *         equally long, and what reading, `readTar` and `imageSetFromCifar10` throw.
 */
export async function openCifar10(
  path: string,
  splits: readonly Split[],
): Promise<Partial<Record<Split, ArrayImageSet>>> {
  const wanted = splits.flatMap((split) => files[split]);
  const { readAll, names } =
    (await kindOf(path)) === "folder" ? fromFolder(path) : await fromArchive(path, new Set([...wanted, META]));
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const python = names.includes("data_batch_1") || names.includes("test_batch");
    throw new DataError(
      "cifar10",
      python ? "python" : "missing",
      python
        ? `${path} is the Python version of CIFAR-10 (pickled); the binary version is wanted: cifar-10-binary.tar.gz.`
        : `${path} has no ${listed(missing)}; it holds ${listed(names)}. Name the folder ${FOLDER}, or the archive it came in.`,
      path,
    );
  }
  const classes = names.includes(META) ? parseCifar10Classes((await readAll([META]))[0]!) : cifar10Classes;
  const sets: Partial<Record<Split, ArrayImageSet>> = {};
  for (const split of splits) {
    const parts = await readAll(files[split]);
    const odd = parts.find(({ bytes }) => bytes.length !== parts[0]!.bytes.length);
    const set = imageSetFromCifar10(parts, classes, commonMemory(parts)); // says so itself if a file is no whole number of records
    if (odd)
      throw new DataError(
        "cifar10",
        "count",
        `${odd.name} has ${odd.bytes.length / 3073} records, ${parts[0]!.name} has ${parts[0]!.bytes.length / 3073}: one of them is cut off. Get the data again.`,
        odd.name,
      );
    sets[split] = set;
  }
  return sets;
}

interface Source {
  readonly names: readonly string[];
  /** One behind the other in one piece of memory, if they can be. */
  readAll(names: readonly string[]): Promise<NamedBytes[]>;
}

function fromFolder(path: string): Source {
  const folder = namesIn(path).includes(FOLDER) ? join(path, FOLDER) : path;
  return { names: namesIn(folder), readAll: (names) => readSideBySide(names.map((name) => join(folder, name))) };
}

async function fromArchive(path: string, wanted: ReadonlySet<string>): Promise<Source> {
  const names: string[] = [];
  const members = await readTar(path, wanted, "cifar10:", names, sideBySide(files.train));
  return {
    names,
    readAll: async (all) => all.map((name) => ({ name: `${path}: ${name}`, bytes: members.get(name)! })),
  };
}

/** Puts files of these names, equally long as they should be, into one piece of memory; others stay where they are. */
function sideBySide(order: readonly string[]): (name: string, bytes: Uint8Array) => Uint8Array {
  let memory: Uint8Array | undefined;
  return (name, bytes) => {
    const place = order.indexOf(name);
    if (place < 0) return bytes;
    memory ??= new Uint8Array(order.length * bytes.length);
    if (memory.length !== order.length * bytes.length) return bytes;
    const target = memory.subarray(place * bytes.length, (place + 1) * bytes.length);
    target.set(bytes);
    return target;
  };
}

/** The piece of memory that the files fill, where they lie one behind the other in nothing else. */
function commonMemory(parts: readonly NamedBytes[]): Uint8Array | undefined {
  const { buffer, byteOffset } = parts[0]!.bytes;
  let length = 0;
  for (const { bytes } of parts) {
    if (bytes.buffer !== buffer || bytes.byteOffset !== byteOffset + length) return undefined;
    length += bytes.length;
  }
  return new Uint8Array(buffer, byteOffset, length);
}
