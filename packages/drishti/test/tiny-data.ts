/** @file Small data sets on disk, in the formats of the real ones, that a network learns in a second. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Generator } from "@drishti/core";

export const SIDE = 10;
export const CLASSES = 4;

/** An idx file: magic number with element type and rank, sizes, bytes. */
export function idx(sizes: readonly number[], bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + 4 * sizes.length + bytes.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, 0x0800 + sizes.length);
  for (const [i, size] of sizes.entries()) view.setUint32(4 + 4 * i, size);
  out.set(bytes, 4 + 4 * sizes.length);
  return out;
}

/** Pictures with a bright bar whose row tells the class, and noise. */
export function bars(count: number, seed: number): { pixels: Uint8Array; labels: Uint8Array } {
  const random = new Generator(seed);
  const labels = Uint8Array.from({ length: count }, () => random.random() % CLASSES);
  const pixels = Uint8Array.from({ length: count * SIDE * SIDE }, (_, i) => {
    const row = Math.floor((i % (SIDE * SIDE)) / SIDE);
    const bright = Math.floor(row / 2.5) === labels[Math.floor(i / (SIDE * SIDE))];
    return (bright ? 140 : 0) + (random.random() % 100);
  });
  return { pixels, labels };
}

/** A folder of four idx files like MNIST's; returns it as a data argument. */
export function writeMnistLike(folder: string, trainCount = 96, testCount = 40): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, count, seed] of [
    ["train", trainCount, 1],
    ["t10k", testCount, 2],
  ] as const) {
    const { pixels, labels } = bars(count, seed);
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), idx([count, SIDE, SIDE], pixels));
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), idx([count], labels));
  }
  return `mnist:${folder}`;
}

/** A folder like CIFAR-10's binary version, a few pictures a file. */
export function writeCifarLike(folder: string, perFile = 4): string {
  mkdirSync(folder, { recursive: true });
  const random = new Generator(3);
  for (const name of ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]) {
    const bytes = Uint8Array.from({ length: perFile * 3073 }, (_, i) =>
      i % 3073 === 0 ? Math.floor(i / 3073) % 10 : random.random() % 256,
    );
    writeFileSync(join(folder, `${name}.bin`), bytes);
  }
  return `cifar10:${folder}`;
}

/** A grey picture as PGM. */
export function pgm(pixels: Uint8Array, side = SIDE): Uint8Array {
  return Buffer.concat([Buffer.from(`P5\n${side} ${side}\n255\n`), pixels]);
}
