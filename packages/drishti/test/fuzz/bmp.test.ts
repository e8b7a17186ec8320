/** The reader of BMP, plain and in runs. */
import { parseBmp } from "../../src/data/decode/bmp.ts";
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
