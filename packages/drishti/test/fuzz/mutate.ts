/** @file Damage to a valid file: what disks, downloads and attackers do, drawn from a seeded generator. */
import type { Generator } from "@drishti/core";

/** Whole numbers that programs trip over, as they stand in sizes, counts and offsets. */
const awkward = [0, 1, -1, 7, 255, 256, 65_535, 2 ** 31 - 1, -(2 ** 31), 2 ** 32 - 1, 2 ** 53, -(2 ** 63), 1e9];

/** Digits for formats whose numbers are text. */
const awkwardText = ["-1", "0", "1e9", "99999999999", "18446744073709551615", "0.5", "null", '"', "[[[[", "}"];

type Edit = (bytes: Uint8Array, random: Generator, other: Uint8Array) => Uint8Array;

const edits: readonly Edit[] = [
  // one bit
  (bytes, random) => changed(bytes, random, (at, out) => out.set([out[at]! ^ (1 << below(random, 8))], at)),
  // one byte
  (bytes, random) => changed(bytes, random, (at, out) => out.set([below(random, 256)], at)),
  // a number of 1, 2, 4 or 8 bytes, in either order
  (bytes, random) =>
    changed(bytes, random, (at, out) => {
      const size = 2 ** below(random, 4);
      const number = random.random() % 3 === 0 ? bytes.length + below(random, 9) - 4 : pick(random, awkward);
      const little = random.random() % 2 === 0;
      for (let i = 0; i < size && at + i < out.length; i++)
        out[at + (little ? i : size - 1 - i)] = Number((BigInt(number) >> BigInt(8 * i)) & 255n);
    }),
  // a number of text
  (bytes, random) => {
    const digits = digitRuns(bytes);
    if (digits.length === 0) return bytes;
    const [start, end] = pick(random, digits);
    const text = Uint8Array.from(pick(random, awkwardText), (letter) => letter.charCodeAt(0));
    return joined(bytes.subarray(0, start), text, bytes.subarray(end));
  },
  // cut off
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  // a piece missing
  (bytes, random) => {
    const [start, end] = range(random, bytes.length);
    return joined(bytes.subarray(0, start), bytes.subarray(end));
  },
  // a piece twice
  (bytes, random) => {
    const [start, end] = range(random, bytes.length);
    return joined(bytes.subarray(0, end), bytes.subarray(start));
  },
  // noise in between
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    const noise = Uint8Array.from({ length: 1 + below(random, 16) }, () => random.random());
    return joined(bytes.subarray(0, at), noise, bytes.subarray(at));
  },
  // a piece of another file, or of this one, in place of its own
  (bytes, random, other) =>
    changed(bytes, random, (at, out) => {
      const [start, end] = range(random, other.length);
      out.set(other.subarray(start, Math.min(end, start + out.length - at)), at);
    }),
];

/** `bytes` with one to six things wrong; the same draws give the same damage. Never changes its inputs. */
export function mutate(bytes: Uint8Array, random: Generator, other: Uint8Array = bytes): Uint8Array {
  let out = bytes;
  for (let i = 1 + below(random, random.random() % 4 === 0 ? 6 : 2); i > 0; i--)
    out = pick(random, edits)(out, random, other);
  return out;
}

function below(random: Generator, n: number): number {
  return n > 0 ? random.random() % n : 0;
}

function pick<T>(random: Generator, list: readonly T[]): T {
  return list[below(random, list.length)]!;
}

/** Headers stand at the beginning and at the end: half of the places are drawn there. */
function place(random: Generator, length: number): number {
  const near = Math.min(length, 64);
  const how = below(random, 4);
  return how === 0 ? below(random, near) : how === 1 ? length - 1 - below(random, near) : below(random, length);
}

function range(random: Generator, length: number): [start: number, end: number] {
  const start = below(random, length + 1);
  const longest = Math.min(length - start, 2 ** below(random, 12));
  return [start, start + below(random, longest + 1)];
}

function changed(bytes: Uint8Array, random: Generator, edit: (at: number, out: Uint8Array) => void): Uint8Array {
  if (bytes.length === 0) return bytes;
  const out = bytes.slice();
  edit(place(random, out.length), out);
  return out;
}

/** Where decimal numbers stand among the first bytes, as far as formats write them as text. */
function digitRuns(bytes: Uint8Array): [start: number, end: number][] {
  const text = String.fromCharCode(...bytes.subarray(0, 4096));
  return [...text.matchAll(/\d+/g)].map((found) => [found.index, found.index + found[0].length]);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
