/** @file PNG files of every colour type and depth, as planar bytes of 1 or 3 channels. */
import { DataError } from "@drishti/core/errors";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";
import { toPlanes } from "./decode/alpha.ts";
import { type BytePicture, MAX_PIXELS } from "./pnm.ts";

/** Deflate makes no more of a byte: 258 bytes out of 2 bits (RFC 1951, section 3.2.5). */
const MOST_EXPANSION = 1032;
/** Samples a pixel, by colour type: grey, colour, palette, grey and alpha, colour and alpha. */
const channelsOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Reads a PNG: grey stays 1 channel, colour and palettes become 3; 16 bits become 8 (value / 257, rounded), 1, 2 and 4
 * bits are spread over 0..255; what can be looked through is laid over white.
 *
 * Throws  DataError "size" for more than 2^27 pixels, "interlaced" for interlaced pictures of fewer than 8 bits a sample,
 *         "damaged" for everything else that is wrong.
 */
export function parsePng(bytes: Uint8Array, file: string): BytePicture {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (code: string, text: string, cause?: unknown): never => {
    throw new DataError("png", code, `${file}: ${text}`, file, { cause });
  };
  if (bytes.length < 33)
    fail("damaged", `the header of a PNG is 33 bytes long, the file has ${bytes.length}: cut off? Get it again.`);
  const [width, height] = [header.getUint32(16), header.getUint32(20)];
  const [depth, colourType, interlaced] = [bytes[24]!, bytes[25]!, bytes[28] !== 0];
  // Looked at before decoding, which reserves memory for what the header says.
  if (width < 1 || height < 1 || width * height > MAX_PIXELS)
    fail("size", `${width}×${height} (width × height) is outside what can be read, 1×1 up to ${MAX_PIXELS} pixels.`);
  // fast-png 8.0.0 takes every sample of an interlaced picture for a whole byte or two.
  if (interlaced && depth < 8)
    fail(
      "interlaced",
      `interlaced with ${depth} bits a sample, which is not read here. Save it again without interlacing.`,
    );
  const rowBytes = Math.ceil((width * depth * (channelsOf[colourType] ?? 4)) / 8);
  if (height * rowBytes > MOST_EXPANSION * bytes.length)
    fail(
      "damaged",
      `its header says ${width}×${height} pixels, more than ${bytes.length} bytes can hold: cut off or damaged? Get it again.`,
    );
  try {
    const png = decode(bytes, { checkCrc: true });
    return toPlanes(colourType === 3 ? Uint8Array.from(convertIndexedToRgb(png)) : samples(png), width, height);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return fail(
      "damaged",
      `this PNG cannot be decoded (${why}; ${bytes.length} bytes): cut off or damaged? Get it again.`,
      cause,
    );
  }
}

/** One byte a sample, of whatever depth. */
function samples({ data, depth, width, height, channels }: DecodedPng): Uint8Array {
  if (depth === 16) return Uint8Array.from(data, (value) => Math.round(value / 257));
  if (depth === 8) return Uint8Array.from(data);
  // Only grey has fewer bits; rows are packed, most significant bits first, and start on a byte.
  const perByte = 8 / depth;
  const rowBytes = Math.ceil(width / perByte);
  const most = 2 ** depth - 1;
  const out = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const byte = data[y * rowBytes + Math.floor(x / perByte)]!;
      out[y * width + x] = (((byte >> (8 - depth * ((x % perByte) + 1))) & most) * 255) / most;
    }
  return out;
}
