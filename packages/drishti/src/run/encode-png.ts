/** @file Pictures as PNG files, packed by Node's own zlib: a packer in JavaScript takes half a megabyte a picture. */
import { deflateSync } from "node:zlib";

/** Of a CRC-32: ISO 3309, reflected. */
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

/**
 * A PNG file of 8-bit samples, not interlaced, without filters.
 *
 * data     row by row, the channels of a pixel side by side: 1 (grey) or 3 (red, green, blue).
 * Source   the PNG specification, third edition, sections 5 and 11.
 */
export function encodePng(data: Uint8Array, width: number, height: number, channels: 1 | 3): Uint8Array {
  const row = width * channels;
  const lines = new Uint8Array(height * (1 + row)); // each begins with its filter: 0, none
  for (let y = 0; y < height; y++) lines.set(data.subarray(y * row, (y + 1) * row), y * (1 + row) + 1);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, channels === 3 ? 2 : 0], 8); // bits, kind; then deflate, filters by line, no interlace: all 0
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(lines)), chunk("IEND", Buffer.of())]);
}

function chunk(name: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + content.length);
  out.writeUInt32BE(content.length, 0);
  out.write(name, 4, "latin1");
  out.set(content, 8);
  let c = 0xffffffff;
  for (let i = 4; i < 8 + content.length; i++) c = table[(c ^ out[i]!) & 255]! ^ (c >>> 8);
  out.writeUInt32BE((c ^ 0xffffffff) >>> 0, 8 + content.length);
  return out;
}
