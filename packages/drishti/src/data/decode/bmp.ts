/** @file BMP files, which sharp does not read: every depth, packed or not, as planar bytes of three channels. */
import { DataError } from "@drishti/core/errors";
import { type BytePicture, MAX_PIXELS } from "../pnm.ts";
import { over } from "./alpha.ts";
import { unpackRle } from "./bmp-rle.ts";

/** Kinds of the header's `compression`. */
const [PLAIN, RLE8, RLE4, MASKS, MASKS_ALPHA] = [0, 1, 2, 3, 6];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly depth: number;
  readonly compression: number;
  /** Where the pixels begin. */
  readonly start: number;
  /** Red, green, blue of each palette entry. */
  readonly palette: Uint8Array;
  /** Red, green, blue, alpha: the bits of a pixel that hold them. */
  readonly masks: readonly number[];
}

/**
 * Reads a BMP of 1, 2, 4, 8, 16, 24 or 32 bits a pixel: palettes, run lengths, bit fields, rows from below or from above.
 * Transparency of bit fields is laid over white; where a file says that all of it is invisible, its alpha is taken for unused.
 *
 * Throws  DataError "size", "truncated", "format", "damaged".
 * Source  Microsoft, "Bitmap Storage" (BITMAPFILEHEADER, BITMAPINFOHEADER, BITMAPV4HEADER, BITMAPV5HEADER).
 */
export function parseBmp(bytes: Uint8Array, file: string): BytePicture {
  const fail = (code: string, text: string): never => {
    throw new DataError("bmp", code, `${file}: ${text}`, file);
  };
  const header = readHeader(bytes, fail);
  const { width, height, depth, compression, start, palette } = header;
  const plane = width * height;
  const row = (y: number) => (header.topDown ? y : height - 1 - y) * width;
  if (depth <= 8) {
    const indices = compression === PLAIN ? unpackBits(bytes, header, fail) : unpackRuns(bytes, header, fail);
    const data = new Uint8Array(3 * plane);
    for (let y = 0, i = 0; y < height; y++)
      for (let to = row(y), end = to + width; to < end; to++, i++) {
        const entry = 3 * indices[i]!;
        if (entry >= palette.length)
          fail("damaged", `pixel ${i} has colour ${indices[i]} of a palette of ${palette.length / 3}. Get it again.`);
        for (let c = 0; c < 3; c++) data[c * plane + to] = palette[entry + c]!;
      }
    return { data, channels: 3, height, width };
  }
  const stride = 4 * Math.ceil((width * depth) / 32);
  checkLength(bytes, start + stride * height, fail);
  const data = new Uint8Array(3 * plane);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = depth / 8;
  const pixel = (at: number) =>
    size === 4
      ? view.getUint32(at, true)
      : size === 2
        ? view.getUint16(at, true)
        : bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
  const fields = header.masks.map(field);
  const alpha = fields[3]!;
  let seen = false;
  if (alpha.most > 0)
    for (let y = 0; y < height && !seen; y++)
      for (let x = 0; x < width && !seen; x++) seen = alpha.of(pixel(start + y * stride + x * size)) > 0;
  for (let y = 0; y < height; y++)
    for (let x = 0, at = start + y * stride, to = row(y); x < width; x++, at += size, to++) {
      const value = pixel(at);
      for (let c = 0; c < 3; c++) {
        const byte = fields[c]!.of(value);
        data[c * plane + to] = seen ? over(byte, alpha.of(value)) : byte;
      }
    }
  return { data, channels: 3, height, width };
}

function readHeader(bytes: Uint8Array, fail: (code: string, text: string) => never): Header {
  if (bytes.length < 26)
    fail("truncated", `the header of a BMP is at least 26 bytes long, the file has ${bytes.length}: cut off?`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(14, true);
  const core = length === 12;
  if (!core && (length < 40 || length > 4096)) fail("format", `a header of ${length} bytes is of no BMP we know.`);
  checkLength(bytes, 14 + length, fail);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const tall = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const depth = view.getUint16(core ? 24 : 28, true);
  const compression = core ? PLAIN : view.getUint32(30, true);
  const height = Math.abs(tall);
  if (width < 1 || height < 1 || width * height > MAX_PIXELS)
    fail("size", `${width}×${height} (width × height) is outside what can be read, 1×1 up to ${MAX_PIXELS} pixels.`);
  const packed = compression === RLE8 || compression === RLE4;
  const masked = compression === MASKS || compression === MASKS_ALPHA;
  const depths = packed ? [compression === RLE8 ? 8 : 4] : masked ? [16, 32] : [1, 2, 4, 8, 16, 24, 32];
  if (!(packed || masked || compression === PLAIN) || !depths.includes(depth))
    fail("format", `${depth} bits a pixel with compression ${compression} is not read here. Save it as PNG.`);

  let end = 14 + length;
  const masks = [0x7c00, 0x3e0, 0x1f, 0];
  if (depth > 16) masks.splice(0, 3, 0xff0000, 0xff00, 0xff);
  if (masked) {
    // Since version 2 the masks belong to the header; before, they follow it.
    const count = length >= 56 || compression === MASKS_ALPHA ? 4 : 3;
    if (length < 52) end += 4 * count;
    checkLength(bytes, 54 + 4 * count, fail);
    for (let i = 0; i < count; i++) masks[i] = view.getUint32(54 + 4 * i, true);
  }
  const start = view.getUint32(10, true);
  const entry = core ? 3 : 4;
  const used = core || length < 40 ? 0 : view.getUint32(46, true);
  const count = depth > 8 ? 0 : Math.min(used || 2 ** depth, 2 ** depth, Math.floor((bytes.length - end) / entry));
  const palette = new Uint8Array(3 * Math.max(0, count));
  for (let i = 0; i < count; i++) for (let c = 0; c < 3; c++) palette[3 * i + c] = bytes[end + entry * i + 2 - c]!;
  return { width, height, topDown: tall < 0, depth, compression, start, palette, masks };
}

/** Palette numbers of run lengths. Two bytes give at most 255 pixels: a header that wants many more is wrong, or an attack. */
function unpackRuns(bytes: Uint8Array, header: Header, fail: (code: string, text: string) => never): Uint8Array {
  const { width, height, start, compression } = header;
  if (width * height > 128 * bytes.length)
    fail("truncated", `${width}×${height} pixels cannot come from ${bytes.length} bytes: cut off? Get it again.`);
  return unpackRle(bytes.subarray(start), width, height, compression === RLE4);
}

/** Palette numbers of pixels that are packed eight, four, two or one to a byte, the first in the highest bits. */
function unpackBits(bytes: Uint8Array, header: Header, fail: (code: string, text: string) => never): Uint8Array {
  const { width, height, depth, start } = header;
  const stride = 4 * Math.ceil((width * depth) / 32);
  checkLength(bytes, start + stride * height, fail);
  const out = new Uint8Array(width * height);
  const perByte = 8 / depth;
  const most = 2 ** depth - 1;
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i++)
      out[i] = (bytes[start + y * stride + Math.floor(x / perByte)]! >> (8 - depth * ((x % perByte) + 1))) & most;
  return out;
}

/** A run of bits in a pixel, spread over 0..255. */
function field(mask: number): { readonly most: number; of(pixel: number): number } {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  return { most, of: most === 0 ? () => 0 : (pixel) => Math.round((((pixel & mask) >>> shift) * 255) / most) };
}

function checkLength(bytes: Uint8Array, wanted: number, fail: (code: string, text: string) => never): void {
  if (bytes.length < wanted)
    fail("truncated", `${wanted} bytes are wanted, the file has ${bytes.length}: cut off? Get it again.`);
}
