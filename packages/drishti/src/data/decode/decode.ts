/** @file A picture of any format from its bytes. */
import { DataError } from "@drishti/core/errors";
import { parsePng } from "../png.ts";
import { type BytePicture, parsePnm } from "../pnm.ts";
import { readWithSharp, type Strictness } from "../sharp.ts";
import { parseBmp } from "./bmp.ts";
import { formatOf } from "./format.ts";

/**
 * Decodes a picture to planar bytes of 1 or 3 channels, by its content: PNG, BMP, PGM and PPM here, the rest with sharp.
 *
 * Upright  turned as EXIF says.        Colour  sRGB from CMYK, palettes and embedded profiles; grey may stay one channel.
 * Depth    16 bits become 8.           Alpha   over white.          Frames  the first.
 * Throws   DataError "format" for what is no picture, "empty", "needs-sharp", "size", "truncated", "damaged".
 */
export async function decodePicture(
  bytes: Uint8Array,
  file: string,
  strictness: Strictness = "truncated",
): Promise<BytePicture> {
  const format = formatOf(bytes);
  if (format === undefined) throw notPicture(bytes, file);
  if (format === "PNG")
    return needsSharp(bytes) ? readWithSharp(bytes, file, format, strictness) : parsePng(bytes, file);
  if (format === "PNM") return parsePnm(bytes, file);
  if (format === "BMP") return parseBmp(bytes, file);
  return readWithSharp(bytes, file, format, strictness);
}

/** fast-png takes every sample of an interlaced picture for a whole byte or two. */
function needsSharp(png: Uint8Array): boolean {
  return png.length > 28 && png[28] !== 0 && png[24]! < 8;
}

/** The error for bytes of no format we know. */
export function notPicture(bytes: Uint8Array, file: string): DataError {
  const start = [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const what = bytes.length === 0 ? "an empty file" : `a file of ${bytes.length} bytes that begins with "${start}"`;
  return new DataError(
    "image",
    bytes.length === 0 ? "empty" : "format",
    `${file}: ${what} is no picture that can be read. Give JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF, PGM or PPM.`,
    file,
  );
}
