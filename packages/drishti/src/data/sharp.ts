/** @file JPEG, WebP and the rest, through the `sharp` package where it is installed. */
import { DataError } from "@drishti/core/errors";
import { BACKGROUND, toPlanes } from "./decode/alpha.ts";
import { type BytePicture, MAX_PIXELS } from "./pnm.ts";

/** The little of sharp that is used here; it is an optional peer, so its types may not be there. */
interface Sharp {
  (bytes: Uint8Array, options?: object): Pipeline;
  cache(options: boolean): void;
  concurrency(threads: number): void;
}
interface Pipeline {
  rotate(): Pipeline;
  flatten(options: { background: string }): Pipeline;
  toColourspace(space: "srgb"): Pipeline;
  raw(): Pipeline;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    readonly data: Uint8Array;
    readonly info: { readonly width: number; readonly height: number; readonly channels: number };
  }>;
  metadata(): Promise<SharpFacts>;
}

/** What a header says. */
export interface SharpFacts {
  readonly width: number;
  readonly height: number;
  /** "b-w", "grey16", "srgb", "cmyk", … */
  readonly space: string;
  readonly channels: number;
  readonly hasAlpha: boolean;
  /** EXIF orientation, 1 (upright) to 8. */
  readonly orientation?: number;
}

/** "truncated" refuses files that stop early; "warning" whatever the decoder remarks on as well. */
export type Strictness = "truncated" | "warning";

/**
 * Reads a picture with sharp: the first frame, turned upright as its EXIF data say, sRGB, transparency over white.
 *
 * Throws  DataError "needs-sharp" when sharp is not installed, "size" for more than MAX_PIXELS, "truncated", "damaged".
 */
export async function readWithSharp(
  bytes: Uint8Array,
  file: string,
  format: string,
  failOn: Strictness = "truncated",
): Promise<BytePicture> {
  const sharp = await loadSharp(file, format);
  try {
    const pipeline = sharp(bytes, { failOn, limitInputPixels: MAX_PIXELS, sequentialRead: true })
      .rotate()
      .flatten({ background: `rgb(${BACKGROUND}, ${BACKGROUND}, ${BACKGROUND})` })
      .toColourspace("srgb")
      .raw();
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    return toPlanes(data, info.width, info.height);
  } catch (cause) {
    throw sharpError(cause, file, format);
  }
}

/** The header of a picture. Throws as `readWithSharp`. */
export async function sharpFacts(bytes: Uint8Array, file: string, format: string): Promise<SharpFacts> {
  const sharp = await loadSharp(file, format);
  try {
    return await sharp(bytes, { failOn: "none", limitInputPixels: false }).metadata();
  } catch (cause) {
    throw sharpError(cause, file, format);
  }
}

function sharpError(cause: unknown, file: string, format: string): DataError {
  const [why] = (cause instanceof Error ? cause.message : String(cause)).split("\n"); // libvips repeats itself line by line
  if (/pixel limit/i.test(why!))
    return new DataError("image", "size", `${file}: this ${format} has more than ${MAX_PIXELS} pixels.`, file, {
      cause,
    });
  const code = /premature end|unexpected end|bad seek|truncated|end of file/i.test(why!) ? "truncated" : "damaged";
  return new DataError(
    "image",
    code,
    `${file}: this ${format} cannot be decoded (${why})${code === "truncated" ? ": cut off?" : "."} Get it again.`,
    file,
    { cause },
  );
}

let loaded: Sharp | undefined;

/** sharp, when it is installed: to be asked for in the main thread before workers start, as its documentation wants. */
export async function loadSharp(file: string, format: string): Promise<Sharp> {
  if (loaded) return loaded;
  const name = "sharp"; // not a literal import: compilers and bundlers would look for it
  try {
    loaded = ((await import(name)) as { default: Sharp }).default;
  } catch (cause) {
    throw new DataError(
      "image",
      "needs-sharp",
      `${file} is ${format}; PNG, BMP, PGM and PPM are read without help, ${format} with the sharp package: npm install sharp.`,
      file,
      { cause },
    );
  }
  loaded.cache(false); // no picture is read twice in a row; what it would keep is not counted in Node's memory
  loaded.concurrency(1); // the pictures are decoded side by side, not the parts of one
  return loaded;
}

/** Whether sharp is installed; loads it. */
export async function hasSharp(): Promise<boolean> {
  return loadSharp("", "").then(
    () => true,
    () => false,
  );
}
