import { describe, expect, test } from "vitest";
import { parseBmp } from "./bmp.ts";

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly pixels: readonly number[];
  readonly compression?: number;
  /** Blue, green, red, 0 of each entry. */
  readonly palette?: readonly number[];
  /** As 32-bit numbers after the header of 40 bytes, or within one of 108. */
  readonly masks?: readonly number[];
  readonly headerBytes?: number;
}

/** A file laid out by hand, after Microsoft's "Bitmap Storage". */
function bmp({ width, height, depth, pixels, compression = 0, palette = [], masks = [], headerBytes = 40 }: Parts) {
  const inside = headerBytes >= 52;
  const start = 14 + headerBytes + (inside ? 0 : 4 * masks.length) + palette.length;
  const out = new Uint8Array(start + pixels.length);
  const view = new DataView(out.buffer);
  out.set([0x42, 0x4d]);
  view.setUint32(2, out.length, true);
  view.setUint32(10, start, true);
  view.setUint32(14, headerBytes, true);
  if (headerBytes === 12) {
    view.setUint16(18, width, true);
    view.setUint16(20, height, true);
    view.setUint16(24, depth, true);
  } else {
    view.setInt32(18, width, true);
    view.setInt32(22, height, true);
    view.setUint16(28, depth, true);
    view.setUint32(30, compression, true);
    if (palette.length > 0) view.setUint32(46, palette.length / 4, true);
    masks.forEach((mask, i) => {
      view.setUint32(54 + 4 * i, mask, true);
    });
  }
  out.set(palette, start - palette.length);
  out.set(pixels, start);
  return out;
}

const black = [0, 0, 0, 0];
const red = [0, 0, 255, 0]; // as it is stored: blue, green, red
const teal = [100, 90, 10, 0];
const palette = [...black, ...red, ...teal];
/** black, red and teal as planes. */
const planes = (indices: readonly number[]) =>
  [
    [0, 255, 10],
    [0, 0, 90],
    [0, 0, 100],
  ].flatMap((channel) => indices.map((i) => channel[i]!));

const cases: { name: string; parts: Parts; data: number[] }[] = [
  {
    name: "24 bits, rows from below, each filled up to 4 bytes",
    parts: { width: 1, height: 2, depth: 24, pixels: [3, 2, 1, 0, 6, 5, 4, 0] },
    data: [4, 1, 5, 2, 6, 3],
  },
  {
    name: "24 bits, rows from above",
    parts: { width: 1, height: -2, depth: 24, pixels: [3, 2, 1, 0, 6, 5, 4, 0] },
    data: [1, 4, 2, 5, 3, 6],
  },
  {
    name: "the header of OS/2",
    parts: { width: 1, height: 1, depth: 24, pixels: [3, 2, 1, 0], headerBytes: 12 },
    data: [1, 2, 3],
  },
  {
    name: "32 bits, the fourth byte unused",
    parts: { width: 2, height: 1, depth: 32, pixels: [3, 2, 1, 9, 6, 5, 4, 0] },
    data: [1, 4, 2, 5, 3, 6],
  },
  {
    name: "32 bits with alpha",
    parts: {
      width: 2,
      height: 1,
      depth: 32,
      compression: 3,
      headerBytes: 108,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      pixels: [6, 5, 4, 51, 6, 5, 4, 255],
    },
    data: [205, 4, 205, 5, 205, 6],
  },
  {
    name: "32 bits with an alpha that is 0 everywhere, so unused",
    parts: {
      width: 1,
      height: 1,
      depth: 32,
      compression: 3,
      headerBytes: 108,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      pixels: [6, 5, 4, 0],
    },
    data: [4, 5, 6],
  },
  {
    name: "16 bits: five each",
    parts: { width: 2, height: 1, depth: 16, pixels: [0x1f, 0x00, 0x00, 0x7c] },
    data: [0, 255, 0, 0, 255, 0],
  },
  {
    name: "16 bits with masks 5, 6, 5",
    parts: { width: 1, height: 1, depth: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f], pixels: [0xe0, 0x07, 0, 0] },
    data: [0, 255, 0],
  },
  {
    name: "8 bits",
    parts: { width: 3, height: 1, depth: 8, palette, pixels: [2, 0, 1, 0] },
    data: planes([2, 0, 1]),
  },
  {
    name: "4 bits",
    parts: { width: 3, height: 1, depth: 4, palette, pixels: [0x20, 0x10, 0, 0] },
    data: planes([2, 0, 1]),
  },
  {
    name: "1 bit",
    parts: { width: 3, height: 1, depth: 1, palette: [...black, ...red], pixels: [0b01100000, 0, 0, 0] },
    data: planes([0, 1, 1]),
  },
  {
    name: "RLE8: a run, a literal of odd length, end of line, a jump",
    parts: {
      width: 4,
      height: 2,
      depth: 8,
      compression: 1,
      palette,
      // lower row: 1 1 2 0; upper row: jump by 2 to the right, then 2 2
      pixels: [2, 1, 0, 3, 2, 0, 1, 0, 0, 0, 0, 2, 2, 0, 2, 2, 0, 1],
    },
    data: planes([0, 0, 2, 2, 1, 1, 2, 0]),
  },
  {
    name: "RLE4: a run of two colours in turn, a literal",
    parts: { width: 7, height: 1, depth: 4, compression: 2, palette, pixels: [3, 0x12, 0, 4, 0x01, 0x20, 0, 1] },
    data: planes([1, 2, 1, 0, 1, 2, 0]),
  },
];

describe("BMP", () => {
  test.each(cases)("$name", ({ parts, data }) => {
    const { width, height } = parts;
    expect(parseBmp(bmp(parts), "a.bmp")).toEqual({
      data: Uint8Array.from(data),
      channels: 3,
      width,
      height: Math.abs(height),
    });
  });
  const plain: Parts = { width: 2, height: 2, depth: 24, pixels: new Array<number>(16).fill(7) };
  test.each([
    { name: "a header cut off", bytes: bmp(plain).subarray(0, 20), code: "truncated" },
    { name: "pixels cut off", bytes: bmp(plain).subarray(0, -1), code: "truncated" },
    { name: "a size of billions", bytes: bmp({ ...plain, width: 60_000, height: 60_000 }), code: "size" },
    { name: "no width", bytes: bmp({ ...plain, width: 0 }), code: "size" },
    {
      name: "a bomb of run lengths",
      bytes: bmp({ ...plain, width: 9_000, height: 9_000, depth: 8, compression: 1 }),
      code: "truncated",
    },
    { name: "an embedded JPEG", bytes: bmp({ ...plain, compression: 4 }), code: "format" },
    { name: "7 bits", bytes: bmp({ ...plain, depth: 7 }), code: "format" },
    { name: "a colour that is not in the palette", bytes: bmp({ ...plain, depth: 8, palette }), code: "damaged" },
  ])("refuses $name", ({ bytes, code }) => {
    expect(() => parseBmp(bytes, "b.bmp")).toThrow(expect.objectContaining({ name: "DataError", code, file: "b.bmp" }));
  });
});
