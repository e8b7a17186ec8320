/** @file The idx format of MNIST and its relatives: a big-endian header, then bytes. */
import { DataError } from "../errors/errors.ts";
import { ArrayImageSet } from "./dataset.ts";

/** An idx file's content: `dims` sizes, row-major bytes. */
export interface IdxArray {
  readonly dims: readonly number[];
  /** Shares memory with the file's bytes. */
  readonly data: Uint8Array;
}

const UBYTE = 0x08;

/**
 * Reads an idx file of unsigned bytes: 0, 0, the type 0x08, the number of axes, that many big-endian 32-bit sizes, the
 * data.
 *
 * file    the name to use in errors.
 * Throws  DataError "magic", "type", "truncated" or "trailing": the file's length must be exactly what its header says.
 * Source  Yann LeCun, "The MNIST database of handwritten digits", file formats.
 *
 * @example
 * parseIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 7), "labels").data; // [5, 7]
 */
export function parseIdx(bytes: Uint8Array, file = "idx data"): IdxArray {
  const fail = (code: string, text: string): never => {
    throw new DataError("idx", code, `${file}: ${text}`, file);
  };
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0) {
    const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    fail(
      "magic",
      `an idx file starts with the bytes 00 00 08, this one has ${bytes.length} bytes and starts with "${start}". Is it another kind of file?`,
    );
  }
  const rank = bytes[3]!;
  if (bytes[2] !== UBYTE)
    fail(
      "type",
      `values have type 0x${bytes[2]!.toString(16).padStart(2, "0")}, only 0x08 (unsigned bytes) can be read: convert the file.`,
    );
  if (rank === 0) fail("magic", "the header says 0 axes; images have 3 and labels 1. Get the file again.");
  const header = 4 + 4 * rank;
  if (bytes.length < header)
    fail(
      "truncated",
      `the header of ${rank} axes wants ${header} bytes, the file has ${bytes.length}. Get the file again.`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dims = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = dims.reduce((product, size) => product * size, 1);
  const has = bytes.length - header;
  if (has < count)
    fail(
      "truncated",
      `the header says ${dims.join("×")} = ${count} bytes of data, the file has ${has}: cut off? Get the file again.`,
    );
  if (has > count)
    fail(
      "trailing",
      `the header says ${dims.join("×")} = ${count} bytes of data, the file has ${has - count} more. Get the file again.`,
    );
  return { dims, data: bytes.subarray(header) };
}

/** A file's content and the name it has in errors. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The pictures of an idx images file, [count, height, width].
 *
 * Throws  DataError: those of `parseIdx`, "rank" for another number of axes, or a height or width of 0.
 * Source  Yann LeCun, "The MNIST database of handwritten digits", file formats.
 *
 * @example
 * const bytes = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 255, 0); // one picture of 1×2
 * parseIdxImages({ name: "t10k-images", bytes }).dims; // [1, 1, 2]
 */
export function parseIdxImages({
  name,
  bytes,
}: NamedBytes): IdxArray & { readonly dims: readonly [number, number, number] } {
  const { dims, data } = parseIdx(bytes, name);
  const [count, height, width] = dims;
  if (dims.length !== 3 || height === 0 || width === 0)
    throw new DataError(
      "idx",
      "rank",
      `${name}: pictures want 3 sizes (count, height, width), the file has [${dims.join(", ")}]. Is it a labels file?`,
      name,
    );
  return { dims: [count!, height!, width!], data };
}

/**
 * A set of grey pictures from an idx images file and its labels file, any height and width.
 *
 * classes  names of the labels 0, 1, …; by default "0" to "9", or to the largest label if that is more.
 * Throws   DataError: those of `parseIdx`, "rank", "count" when the files count differently, "label" for a label without a class.
 *
 * @example
 * const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 255, 0); // one picture of 1×2
 * const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 7);
 * imageSetFromIdx({ name: "t10k-images", bytes: images }, { name: "t10k-labels", bytes: labels }).label(0); // 7
 */
export function imageSetFromIdx(images: NamedBytes, labels: NamedBytes, classes?: readonly string[]): ArrayImageSet {
  const { dims, data } = parseIdxImages(images);
  const [count, height, width] = dims;
  const label = parseIdx(labels.bytes, labels.name);
  if (label.dims.length !== 1)
    throw new DataError(
      "idx",
      "rank",
      `${labels.name}: labels want 1 size (count), the file has [${label.dims.join(", ")}]. Is it an images file?`,
      labels.name,
    );
  if (label.data.length !== count)
    throw new DataError(
      "idx",
      "count",
      `${labels.name} has ${label.data.length} labels, ${images.name} has ${count} pictures: they must belong together.`,
      labels.name,
    );
  const most = label.data.reduce((a, b) => Math.max(a, b), 0);
  const names = classes ?? Array.from({ length: Math.max(10, most + 1) }, (_, i) => String(i));
  if (most >= names.length)
    throw new DataError(
      "idx",
      "label",
      `${labels.name}: label ${most} at ${label.data.indexOf(most)}, but there are ${names.length} classes.`,
      labels.name,
    );
  return new ArrayImageSet(data, label.data, [1, height, width], names);
}
