import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readImage } from "./read-image.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "drishti-images-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function saved(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content, "latin1");
  return path;
}

/** CRC-32 as the PNG specification's appendix gives it. */
function crc(bytes: Uint8Array): number {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, check]);
}

interface PngParts {
  size: [width: number, height: number];
  depth: number;
  colour: number;
  /** Scan lines, each with its filter byte. */
  rows: number[][];
  palette?: number[];
  alpha?: number[];
  interlace?: number;
}

/** A PNG put together by hand from the specification. */
function png({ size, depth, colour, rows, palette, alpha, interlace = 0 }: PngParts): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size[0], 0);
  header.writeUInt32BE(size[1], 4);
  header.set([depth, colour, 0, 0, interlace], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    ...(palette ? [chunk("PLTE", Uint8Array.from(palette))] : []),
    ...(alpha ? [chunk("tRNS", Uint8Array.from(alpha))] : []),
    chunk("IDAT", deflateSync(Uint8Array.from(rows.flat()))),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

describe("PNG", () => {
  const cases: { name: string; parts: PngParts; channels: number; data: number[] }[] = [
    {
      name: "grey, 8 bits",
      parts: {
        size: [3, 2],
        depth: 8,
        colour: 0,
        rows: [
          [0, 1, 2, 3],
          [0, 4, 5, 255],
        ],
      },
      channels: 1,
      data: [1, 2, 3, 4, 5, 255],
    },
    // Filters: 1 adds the pixel to the left, 2 the one above, 3 half their sum, 4 (Paeth) the nearest of left, above, corner.
    {
      name: "filtered rows",
      parts: {
        size: [2, 5],
        depth: 8,
        colour: 0,
        rows: [
          [0, 10, 20],
          [1, 5, 5],
          [2, 1, 1],
          [3, 7, 4],
          [4, 1, 1],
        ],
      },
      channels: 1,
      data: [10, 20, 5, 10, 6, 11, 10, 14, 11, 15],
    },
    {
      name: "grey, 1 bit, rows start on a byte",
      parts: {
        size: [10, 2],
        depth: 1,
        colour: 0,
        rows: [
          [0, 0b10100000, 0b01000000],
          [0, 0b11111111, 0b10000000],
        ],
      },
      channels: 1,
      data: [255, 0, 255, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0],
    },
    {
      name: "grey, 2 bits",
      parts: { size: [5, 1], depth: 2, colour: 0, rows: [[0, 0b00011011, 0b01000000]] },
      channels: 1,
      data: [0, 85, 170, 255, 85],
    },
    {
      name: "grey, 4 bits",
      parts: { size: [3, 1], depth: 4, colour: 0, rows: [[0, 0x0f, 0x80]] },
      channels: 1,
      data: [0, 255, 136],
    },
    {
      name: "grey, 16 bits",
      parts: { size: [2, 1], depth: 16, colour: 0, rows: [[0, 0xff, 0xff, 0x80, 0x00]] },
      channels: 1,
      data: [255, 128],
    },
    {
      name: "grey and alpha",
      parts: { size: [2, 1], depth: 8, colour: 4, rows: [[0, 9, 0, 8, 255]] },
      channels: 1,
      data: [255, 8],
    },
    {
      name: "colour",
      parts: { size: [2, 1], depth: 8, colour: 2, rows: [[0, 1, 2, 3, 4, 5, 6]] },
      channels: 3,
      data: [1, 4, 2, 5, 3, 6],
    },
    {
      name: "colour with a suggested palette",
      parts: { size: [2, 1], depth: 8, colour: 2, rows: [[0, 1, 2, 3, 4, 5, 6]], palette: [9, 9, 9] },
      channels: 3,
      data: [1, 4, 2, 5, 3, 6],
    },
    {
      name: "colour and alpha",
      parts: { size: [2, 1], depth: 8, colour: 6, rows: [[0, 1, 2, 3, 0, 4, 5, 6, 51]] },
      channels: 3,
      data: [255, 205, 255, 205, 255, 205], // 4 · 0.2 + 255 · 0.8 = 204.8
    },
    {
      name: "palette, 8 bits",
      parts: { size: [2, 1], depth: 8, colour: 3, palette: [1, 2, 3, 4, 5, 6], rows: [[0, 1, 0]] },
      channels: 3,
      data: [4, 1, 5, 2, 6, 3],
    },
    {
      name: "palette, 2 bits, transparent",
      parts: { size: [3, 1], depth: 2, colour: 3, palette: [1, 2, 3, 4, 5, 6], alpha: [0], rows: [[0, 0b01000100]] },
      channels: 3,
      data: [4, 255, 4, 5, 255, 5, 6, 255, 6],
    },
    // Adam7 of 2×2: pixel (0,0) is pass 1, (1,0) pass 6, the second row pass 7.
    {
      name: "interlaced",
      parts: {
        size: [2, 2],
        depth: 8,
        colour: 0,
        interlace: 1,
        rows: [
          [0, 1],
          [0, 2],
          [0, 3, 4],
        ],
      },
      channels: 1,
      data: [1, 2, 3, 4],
    },
  ];
  test.each(cases)("$name", async ({ parts, channels, data }) => {
    const picture = await readImage(saved("a.png", png(parts)));
    expect(picture).toEqual({ data: Uint8Array.from(data), channels, width: parts.size[0], height: parts.size[1] });
  });

  const grey = png({ size: [2, 1], depth: 8, colour: 0, rows: [[0, 1, 2]] });
  const broken = Uint8Array.from(grey);
  broken[grey.length - 20]! ^= 1;
  test.each([
    {
      name: "cut off",
      bytes: grey.subarray(0, grey.length - 15),
      text: /cannot be decoded .* bytes\): cut off or damaged/,
    },
    { name: "cut off in the header", bytes: grey.subarray(0, 20), text: /33 bytes long, the file has 20/ },
    { name: "one bit flipped", bytes: broken, text: /cannot be decoded \(CRC/i },
    {
      name: "a size of billions",
      bytes: png({ size: [65_000, 65_000], depth: 8, colour: 0, rows: [[0]] }),
      text: /65000×65000 .* is outside what can be read/,
    },
    { name: "no pixels", bytes: png({ size: [0, 5], depth: 8, colour: 0, rows: [[0]] }), text: /0×5/ },
  ])("refuses one $name, by name", async ({ bytes, text }) => {
    const path = saved("b.png", bytes);
    await expect(readImage(path)).rejects.toThrow(text);
    await expect(readImage(path)).rejects.toMatchObject({ name: "DataError", file: path });
  });
});

describe("PGM and PPM", () => {
  test.each([
    {
      name: "P2, comments anywhere",
      text: "P2 # grey\n# made by hand\n2 2\n#\n15\n0 15\n3\t5 # end\n",
      channels: 1,
      data: [0, 255, 51, 85],
    },
    { name: "P5", text: "P5\n2 2\n255\n\x00\x0a\x20\xff", channels: 1, data: [0, 10, 32, 255] },
    {
      name: "P5, two bytes a value",
      text: "P5 2 2 65535\n\x00\x00\xff\xff\x80\x00\x01\x01",
      channels: 1,
      data: [0, 255, 128, 1],
    },
    {
      name: "P3",
      text: "P3 2 2 255 1 2 3 4 5 6 7 8 9 10 11 12",
      channels: 3,
      data: [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
    },
    {
      name: "P6",
      text: "P6 2 2 255\n\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c",
      channels: 3,
      data: [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12],
    },
  ])("$name", async ({ text, channels, data }) => {
    expect(await readImage(saved("a.pnm", text))).toEqual({
      data: Uint8Array.from(data),
      channels,
      height: 2,
      width: 2,
    });
  });
  test.each([
    { name: "bitmaps", text: "P4 8 1\n\xff", error: /"P4" is not P2, P3, P5 or P6/ },
    { name: "a cut-off P5", text: "P5 4 4 255\n123456789", error: /want 16 bytes, the file has 9/ },
    {
      name: "a cut-off P2",
      text: "P2 4 4 255\n1 2 3",
      error: /16 numbers want at least 32 characters, the file has 6/,
    },
    { name: "a cut-off header", text: "P5 4", error: /the height is missing at byte 4 of 4/ },
    { name: "letters", text: "P2 2 2 255\n1 2 three 4", error: /value 2 of 4 is missing at byte 15/ },
    { name: "a value above the maximum", text: "P2 2 1 15\n1 16", error: /value 1 is 16, above the largest value 15/ },
    { name: "a maximum of 0", text: "P5 2 1 0\n12", error: /1 to 65535, the header says 0/ },
    { name: "a size of billions", text: "P2 99999 99999 255\n1", error: /99999×99999/ },
    { name: "a width of 0", text: "P5 0 3 255\n", error: /0×3/ },
  ])("refuses $name", async ({ text, error }) => {
    await expect(readImage(saved("b.pnm", text))).rejects.toThrow(error);
  });
});

describe("one picture of many", () => {
  const idx = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6);
  const cifar = Uint8Array.from({ length: 2 * 3073 }, (_, i) => (i % 3073 === 0 ? 1 : i));
  test("idx, packed or not, by number from 0", async () => {
    const expected = { data: Uint8Array.of(4, 5, 6), channels: 1, height: 1, width: 3 };
    expect(await readImage(`${saved("x-idx3-ubyte", idx)}#1`)).toEqual(expected);
    expect(await readImage(`${saved("x-idx3-ubyte.gz", gzipSync(idx))}#1`)).toEqual(expected);
  });
  test("CIFAR-10 .bin", async () => {
    const picture = await readImage(`${saved("batch.bin", cifar)}#1`);
    expect(picture).toEqual({ data: cifar.subarray(3074), channels: 3, height: 32, width: 32 });
  });
  test("a # in a file's own name is no number", async () => {
    const path = saved("a#1", "P5 1 1 255\n\x07");
    expect((await readImage(path)).data).toEqual(Uint8Array.of(7));
  });
  test.each([
    {
      name: "beyond the end",
      path: () => `${saved("y", idx)}#2`,
      text: /has 2 pictures \(#0 to #1\), #2 is not one of them/,
    },
    { name: "no number", path: () => saved("y", idx), text: /holds 2 pictures: say which one, .*y#0 to #1/ },
    {
      name: "a number for a single picture",
      path: () => `${saved("z.pgm", "P5 1 1 255\n\x07")}#0`,
      text: /#0 is for idx files/,
    },
    {
      name: "a labels file",
      path: () => `${saved("l", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 5))}#0`,
      text: /pictures want 3 sizes/,
    },
    { name: "a missing file with a number", path: () => join(folder, "none#3"), text: /none: there is no such file/ },
  ])("refuses $name", async ({ path, text }) => {
    await expect(readImage(path())).rejects.toThrow(text);
  });
});

describe("other files", () => {
  test.each([
    {
      name: "a missing file",
      path: () => join(folder, "none.png"),
      code: "missing",
      text: /none.png: there is no such file or folder. Check the path/,
    },
    { name: "a folder", path: () => folder, code: "folder", text: /is a folder, a file is wanted/ },
    { name: "an empty file", path: () => saved("empty.png", ""), code: "empty", text: /an empty file is no picture/ },
    {
      name: "text",
      path: () => saved("text.png", "hello"),
      code: "format",
      text: /5 bytes that begins with "68 65 6c 6c"/,
    },
    {
      name: "a damaged gzip",
      path: () => `${saved("x.gz", gzipSync("abc").fill(7, 12))}#0`,
      code: "damaged",
      text: /gzip stream is damaged/,
    },
  ])("refuses $name", async ({ path, code, text }) => {
    await expect(readImage(path())).rejects.toThrow(text);
    await expect(readImage(path())).rejects.toMatchObject({ name: "DataError", code });
  });

  let hasSharp = true;
  try {
    import.meta.resolve("sharp");
  } catch {
    hasSharp = false;
  }
  test.skipIf(hasSharp)("JPEG asks for sharp by name (skipped where sharp is installed)", async () => {
    const path = saved("photo.png", "\xff\xd8\xff\xe0 a JPEG whatever its name");
    await expect(readImage(path)).rejects.toThrow(/photo.png is JPEG; .* npm install sharp/);
    await expect(readImage(path)).rejects.toMatchObject({ code: "needs-sharp" });
  });
});
