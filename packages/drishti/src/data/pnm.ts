/** @file The portable grey and colour maps of netpbm: PGM (P2, P5) and PPM (P3, P6). */
import type { Picture } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";

export interface BytePicture extends Picture {
  readonly data: Uint8Array;
}

/** Pictures of more pixels than this are refused: it is a wrong header, or an attack, before it is a photo. */
export const MAX_PIXELS = 2 ** 27;

/**
 * Reads a PGM or PPM, numbers as text or as bytes, any maxval up to 65535 (scaled to 0..255, rounded); `#` starts a comment.
 *
 * Throws  DataError "format", "size", "truncated", "value".
 * Source  netpbm's pgm(5) and ppm(5).
 */
export function parsePnm(bytes: Uint8Array, file: string): BytePicture {
  const fail = (code: string, text: string): never => {
    throw new DataError("pnm", code, `${file}: ${text}`, file);
  };
  const kind = String.fromCharCode(bytes[0] ?? 0, bytes[1] ?? 0);
  if (!/^P[2356]$/.test(kind)) fail("format", `"${kind}" is not P2, P3, P5 or P6. Convert the picture to PNG.`);
  const channels = kind === "P3" || kind === "P6" ? 3 : 1;
  let at = 2;
  const number = (what: string): number => {
    for (;;) {
      while (isSpace(bytes[at])) at++;
      if (bytes[at] !== 0x23) break;
      while (at < bytes.length && bytes[at] !== 0x0a) at++;
    }
    const start = at;
    let value = 0;
    for (; isDigit(bytes[at]) && at - start < 10; at++) value = value * 10 + bytes[at]! - 0x30;
    if (at === start)
      fail(
        at >= bytes.length ? "truncated" : "format",
        `${what} is missing at byte ${at} of ${bytes.length}: cut off, or not a number. Get the file again.`,
      );
    return value;
  };
  const width = number("the width");
  const height = number("the height");
  const max = number("the largest value");
  if (width < 1 || height < 1 || width * height > MAX_PIXELS)
    fail(
      "size",
      `${width}×${height} (width × height) is no size of a picture; from 1×1 up to ${MAX_PIXELS} pixels can be read.`,
    );
  if (max < 1 || max > 65535) fail("value", `the largest value must be 1 to 65535, the header says ${max}.`);

  const count = width * height * channels;
  const isText = kind === "P2" || kind === "P3";
  const wide = max > 255;
  if (!isText) {
    at++; // exactly one white space ends the header
    const wanted = wide ? 2 * count : count;
    if (bytes.length - at < wanted)
      fail(
        "truncated",
        `${width}×${height}×${channels} values want ${wanted} bytes, the file has ${Math.max(0, bytes.length - at)}: cut off? Get it again.`,
      );
  } else if (bytes.length - at < 2 * count) {
    fail(
      "truncated",
      `${count} numbers want at least ${2 * count} characters, the file has ${bytes.length - at}: cut off? Get it again.`,
    );
  }
  const data = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    const value = isText
      ? number(`value ${i} of ${count}`)
      : wide
        ? bytes[at + 2 * i]! * 256 + bytes[at + 2 * i + 1]!
        : bytes[at + i]!;
    if (value > max) fail("value", `value ${i} is ${value}, above the largest value ${max} of the header.`);
    data[(i % channels) * width * height + Math.floor(i / channels)] = Math.round((value * 255) / max);
  }
  return { data, channels, height, width };
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
