/** @file JPEG, WebP and the rest, through the `sharp` package where it is installed. */
import { DataError } from "@drishti/core/errors";
import type { BytePicture } from "./pnm.ts";

/** The little of sharp that is used here; it is no dependency of ours, so neither are its types. */
type Sharp = (bytes: Uint8Array) => Pipeline;
interface Pipeline {
  rotate(): Pipeline;
  removeAlpha(): Pipeline;
  toColourspace(space: "srgb"): Pipeline;
  raw(): Pipeline;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    readonly data: Uint8Array;
    readonly info: { readonly width: number; readonly height: number; readonly channels: number };
  }>;
}

/**
 * Reads a picture with sharp: turned upright as its EXIF data say, sRGB, without alpha.
 *
 * Throws  DataError "needs-sharp" when sharp is not installed, "damaged" when it cannot read the picture.
 */
export async function readWithSharp(bytes: Uint8Array, file: string, format: string): Promise<BytePicture> {
  const sharp = await loadSharp(file, format);
  try {
    const pipeline = sharp(bytes).rotate().removeAlpha().toColourspace("srgb").raw();
    const { data, info } = await pipeline.toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const plane = width * height;
    const out = new Uint8Array(channels * plane);
    for (let c = 0; c < channels; c++) for (let i = 0; i < plane; i++) out[c * plane + i] = data[i * channels + c]!;
    return { data: out, channels, height, width };
  } catch (cause) {
    const [why] = (cause instanceof Error ? cause.message : String(cause)).split("\n"); // libvips repeats itself line by line
    throw new DataError("image", "damaged", `${file}: this ${format} cannot be decoded (${why}). Get it again.`, file, {
      cause,
    });
  }
}

async function loadSharp(file: string, format: string): Promise<Sharp> {
  const name = "sharp"; // not a literal import: compilers and bundlers would look for it
  try {
    return ((await import(name)) as { default: Sharp }).default;
  } catch (cause) {
    throw new DataError(
      "image",
      "needs-sharp",
      `${file} is ${format}; PNG, PGM and PPM are read without help, ${format} with the sharp package: npm install sharp.`,
      file,
      { cause },
    );
  }
}
