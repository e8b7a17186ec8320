/** @file Whether a file has its end, as its format marks it: decoders that need only the beginning do not look. */
import type { PictureFormat } from "./format.ts";

/**
 * What is missing at the end, in words; undefined when nothing is. JPEG is left to the decoder, which notices; TIFF and the
 * plain maps have no mark.
 */
export function missingEnd(bytes: Uint8Array, format: PictureFormat): string | undefined {
  if (format === "PNG") return pngEnd(bytes);
  if (format === "GIF") return gifEnd(bytes);
  if (format === "WebP") {
    const wanted = viewOf(bytes).getUint32(4, true) + 8;
    return bytes.length < wanted ? `its header says ${wanted} bytes, it has ${bytes.length}` : undefined;
  }
  if (format === "AVIF" || format === "HEIC") return boxesEnd(bytes);
  if (format === "JPEG") return jpegEnd(bytes);
  return undefined;
}

function pngEnd(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length; ) {
    if (view.getUint32(at + 4) === 0x49454e44) return undefined; // "IEND"
    at += 12 + view.getUint32(at);
  }
  return "the closing IEND chunk is missing";
}

/** Walks header, colour tables and blocks to the trailer; a GIF may be cut off behind its first frame. */
function gifEnd(bytes: Uint8Array): string | undefined {
  const table = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10] ?? 0);
  const skipBlocks = () => {
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at]! + 1;
    at++;
  };
  while (at < bytes.length) {
    const kind = bytes[at];
    if (kind === 0x3b) return undefined;
    if (kind === 0x21) at += 2;
    else if (kind === 0x2c) at += 10 + table(bytes[at + 9] ?? 0) + 1;
    else return undefined; // not a block: whatever it is, it is not a cut
    skipBlocks();
  }
  return "the closing byte of the GIF is missing";
}

function boxesEnd(bytes: Uint8Array): string | undefined {
  const view = viewOf(bytes);
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at);
    if (size === 0) return undefined; // up to the end
    const length = size === 1 && at + 16 <= bytes.length ? Number(view.getBigUint64(at + 8)) : size;
    if (length < 8) return undefined;
    at += length;
  }
  return at > bytes.length ? `its boxes want ${at} bytes, it has ${bytes.length}` : undefined;
}

function jpegEnd(bytes: Uint8Array): string | undefined {
  for (let at = bytes.length - 2; at >= 2; at--) if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) return undefined;
  return "the end-of-image mark is missing";
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
