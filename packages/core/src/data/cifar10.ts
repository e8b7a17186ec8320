/** @file The binary version of CIFAR-10: records of one label byte and 3 × 32 × 32 bytes of colour planes. */
import { ArgumentError, DataError, say } from "../errors/errors.ts";
import { ArrayImageSet } from "./dataset.ts";
import type { NamedBytes } from "./idx.ts";

const PIXELS = 3 * 32 * 32;
const RECORD = 1 + PIXELS;

/** The classes in label order, as batches.meta.txt has them. */
export const cifar10Classes: readonly string[] = [
  "airplane",
  "automobile",
  "bird",
  "cat",
  "deer",
  "dog",
  "frog",
  "horse",
  "ship",
  "truck",
];

/**
 * The set that the given .bin files hold together, in the order given.
 *
 * memory   where the pictures go; default new memory. It may be where the files themselves lie, one behind the other and in this
 *          order, if nobody wants them afterwards: then nothing is held twice.
 * Throws  ArgumentError "memory" when the pictures do not fit into it; DataError "truncated" when a file is no whole number of records, "empty", "label" for a label above the classes.
 * Source  Alex Krizhevsky, "The CIFAR-10 dataset", binary version.
 *
 * @example
 * const bytes = new Uint8Array(2 * 3073); // two records
 * imageSetFromCifar10([{ name: "test_batch.bin", bytes }]).length; // 2
 */
export function imageSetFromCifar10(
  files: readonly NamedBytes[],
  classes = cifar10Classes,
  memory?: Uint8Array,
): ArrayImageSet {
  const counts = files.map(countRecords);
  const total = counts.reduce((a, b) => a + b, 0);
  if (memory && memory.length < total * PIXELS)
    throw new ArgumentError(
      "imageSetFromCifar10",
      "memory",
      say`${{ pictures: total }} pictures take ${{ needed: total * PIXELS }} bytes, memory has ${{ given: memory.length }}: give more, or none.`,
    );
  const pixels = memory?.subarray(0, total * PIXELS) ?? new Uint8Array(total * PIXELS);
  const labels = new Uint8Array(total);
  let at = 0;
  files.forEach(({ name, bytes }, file) => {
    for (let record = 0; record < counts[file]!; record++, at++) {
      const start = record * RECORD;
      const label = bytes[start]!;
      if (label >= classes.length)
        throw new DataError(
          "cifar10",
          "label",
          `${name}: record ${record} has label ${label}, but there are ${classes.length} classes (0 to ${classes.length - 1}). Is it CIFAR-100, or another format?`,
          name,
        );
      labels[at] = label;
      pixels.set(bytes.subarray(start + 1, start + RECORD), at * PIXELS);
    }
  });
  return new ArrayImageSet(pixels, labels, [3, 32, 32], classes);
}

function countRecords({ name, bytes }: NamedBytes): number {
  const records = Math.floor(bytes.length / RECORD);
  const rest = bytes.length - records * RECORD;
  if (bytes.length === 0) throw new DataError("cifar10", "empty", `${name} is empty. Get the file again.`, name);
  if (rest !== 0)
    throw new DataError(
      "cifar10",
      "truncated",
      `${name}: ${bytes.length} bytes are ${records} records of ${RECORD} and ${rest} bytes more: cut off? Get the file again.`,
      name,
    );
  return records;
}

/**
 * Class names from batches.meta.txt: one a line, blank lines ignored.
 *
 * Throws  DataError "classes" unless there are ten different ones.
 * Source  Alex Krizhevsky, "The CIFAR-10 dataset", binary version.
 *
 * @example
 * const bytes = new TextEncoder().encode(cifar10Classes.join("\n"));
 * parseCifar10Classes({ name: "batches.meta.txt", bytes })[3]; // "cat"
 */
export function parseCifar10Classes({ name, bytes }: NamedBytes): string[] {
  let text = "";
  for (const byte of bytes.subarray(0, 4096)) text += String.fromCharCode(byte);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const classes = lines.filter((line) => line !== "");
  if (new Set(classes).size !== 10 || classes.length !== 10)
    throw new DataError(
      "cifar10",
      "classes",
      `${name}: ten different class names are wanted, one a line; the file has ${classes.length}.`,
      name,
    );
  return classes;
}
