/** The readers of BMP, plain and in runs, and of PNG; and what looks for the end of a picture of any format. */
import { DataError } from "@drishti/core/errors";
import { encode } from "fast-png";
import { parseBmp } from "../../src/data/decode/bmp.ts";
import { formatOf } from "../../src/data/decode/format.ts";
import { missingEnd } from "../../src/data/decode/structure.ts";
import { parsePng } from "../../src/data/png.ts";
import { fuzzReader } from "./harness.ts";

/** A header of 40 bytes, a palette of four colours where there is one, pixels. */
function bmp(depth: number, compression: number, pixels: readonly number[]): Uint8Array {
  const palette = depth <= 8 ? [0, 0, 0, 0, 9, 8, 7, 0, 6, 5, 4, 0, 255, 255, 255, 0] : [];
  const out = new Uint8Array(54 + palette.length + pixels.length);
  const view = new DataView(out.buffer);
  out.set([0x42, 0x4d]);
  view.setUint32(10, 54 + palette.length, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 4, true);
  view.setInt32(22, 4, true);
  view.setUint16(28, depth, true);
  view.setUint32(30, compression, true);
  view.setUint32(46, palette.length / 4, true);
  out.set(palette, 54);
  out.set(pixels, 54 + palette.length);
  return out;
}
const noise = (length: number, most: number) => Array.from({ length }, (_, i) => (i * 7) % most);

fuzzReader("BMP", {
  samples: {
    "24": bmp(24, 0, noise(48, 251)),
    "16": bmp(16, 0, noise(32, 251)),
    "32": bmp(32, 0, noise(64, 251)),
    "8": bmp(8, 0, noise(16, 4)),
    "1": bmp(1, 0, noise(16, 251)),
    rle8: bmp(8, 1, [4, 1, 0, 0, 0, 3, 1, 2, 3, 0, 0, 0, 2, 2, 0, 1]),
    rle4: bmp(4, 2, [4, 0x12, 0, 0, 0, 4, 0x12, 0x30, 0, 0, 0, 1]),
  },
  read: (bytes) => parseBmp(bytes, "x.bmp"),
});

const png = (channels: 1 | 2 | 3 | 4, depth: 8 | 16 = 8) => {
  const values = noise(12 * channels, 251);
  return encode({
    width: 4,
    height: 3,
    channels,
    depth,
    data: depth === 8 ? Uint8Array.from(values) : Uint16Array.from(values),
  });
};
const pngs = { grey: png(1), "grey and alpha": png(2), colour: png(3), "with alpha": png(4), deep: png(3, 16) };
fuzzReader("PNG", { samples: pngs, read: (bytes) => parsePng(bytes, "x.png") });

const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
/** Beginnings that say what they are, and as much of the rest as their ends are found by. */
const ends = {
  png: pngs.colour,
  gif: latin(
    "GIF89a\x02\0\x02\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\0\0\0\0\0,\0\0\0\0\x02\0\x02\0\0\x02\x03D\x02\x05\0;",
  ),
  webp: latin("RIFF\x0c\0\0\0WEBPVP8 \0\0\0\0"),
  avif: latin("\0\0\0\x10ftypavif\0\0\0\0\0\0\0\x01mdat\0\0\0\0\0\0\0\x14pict"),
  jpeg: latin("\xff\xd8\xff\xe0\0\x04JF\xff\xda\0\x02picture\xff\xd9"),
};
fuzzReader("ends of pictures", {
  samples: ends,
  read: (bytes) => {
    const format = formatOf(bytes);
    if (format === undefined || missingEnd(bytes, format) !== undefined)
      throw new DataError("x", "cut", "cut off, or no picture.");
  },
});
