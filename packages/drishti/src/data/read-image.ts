/** @file One picture from a file: what `drishti predict FILE…` looks at. */
import { existsSync } from "node:fs";
import { imageSetFromCifar10, parseIdxImages } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { decodePicture, notPicture } from "./decode/decode.ts";
import { formatOf } from "./decode/format.ts";
import { expandHome, readBytes, unpacked } from "./files.ts";
import type { BytePicture } from "./pnm.ts";

/**
 * Reads a picture as planar bytes, 1 or 3 channels. The content decides how, not the name: PNG, BMP, PGM and PPM; JPEG,
 * WebP, GIF, TIFF and AVIF when `sharp` is installed; turned upright, transparency over white; and, with a number from
 * 0 after a #, one picture of an idx file (.gz or not) or of a CIFAR-10 .bin: `t10k-images-idx3-ubyte.gz#12`.
 *
 * Throws  DataError: "missing", "unreadable", "format", "index", "needs-sharp", and what the readers throw.
 *
 * @example
 * const { data, channels, height, width } = await readImage("digit.png");
 * console.log(data.length, channels, height, width); // 784 1 28 28
 */
export async function readImage(path: string): Promise<BytePicture> {
  const whole = expandHome(path);
  const hash = /^(.+)#(\d+)$/.exec(whole);
  if (hash && !existsSync(whole)) return readNumbered(hash[1]!, Number(hash[2]));
  const bytes = await readBytes(whole);
  if (formatOf(bytes) !== undefined) return decodePicture(bytes, whole);
  const set = await numbered(whole, bytes);
  if (set)
    throw new DataError(
      "image",
      "index",
      `${path} holds ${set.count} pictures: say which one, ${path}#0 to #${set.count - 1}.`,
      whole,
    );
  throw notPicture(bytes, whole);
}

async function readNumbered(path: string, index: number): Promise<BytePicture> {
  const set = await numbered(path, await readBytes(path));
  if (!set)
    throw new DataError(
      "image",
      "format",
      `${path}: #${index} is for idx files and CIFAR-10 .bin files, and this is neither.`,
      path,
    );
  if (index >= set.count)
    throw new DataError(
      "image",
      "index",
      `${path} has ${set.count} pictures (#0 to #${set.count - 1}), #${index} is not one of them.`,
      path,
    );
  return set.get(index);
}

interface Numbered {
  readonly count: number;
  get(index: number): BytePicture;
}

/** A file of many pictures, or undefined if it is none. */
async function numbered(path: string, packed: Uint8Array): Promise<Numbered | undefined> {
  const bytes = await unpacked(packed, path);
  if (bytes.length >= 4 && bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8) {
    const { dims, data } = parseIdxImages({ name: path, bytes });
    const [count, height, width] = dims;
    const size = height * width;
    return { count, get: (i) => ({ data: data.subarray(i * size, (i + 1) * size), channels: 1, height, width }) };
  }
  if (!path.endsWith(".bin")) return undefined;
  const set = imageSetFromCifar10([{ name: path, bytes }]);
  return { count: set.length, get: (i) => ({ data: set.image(i), channels: 3, height: 32, width: 32 }) };
}
