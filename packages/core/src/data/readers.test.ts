import { describe, expect, test } from "vitest";
import { DataError } from "../errors/errors.ts";
import { cifar10Classes, imageSetFromCifar10, parseCifar10Classes } from "./cifar10.ts";
import { imageSetFromIdx, parseIdx } from "./idx.ts";

function idx(dims: number[], data: ArrayLike<number>, type = 8): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * dims.length + data.length);
  bytes.set([0, 0, type, dims.length]);
  for (const [i, size] of dims.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
  bytes.set(data, 4 + 4 * dims.length);
  return bytes;
}
const named = (name: string, bytes: Uint8Array) => ({ name, bytes });
const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i);
const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("parseIdx", () => {
  test("reads sizes and bytes, also from the middle of a buffer", () => {
    const file = idx([2, 3], ramp(6));
    const inside = new Uint8Array(file.length + 3);
    inside.set(file, 3);
    expect(parseIdx(inside.subarray(3))).toEqual({ dims: [2, 3], data: ramp(6) });
  });
  test.each([
    { name: "an empty file", bytes: new Uint8Array(0), code: "magic", text: /0 bytes and starts with ""/ },
    {
      name: "a PNG file",
      bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47),
      code: "magic",
      text: /starts with "89 50 4e 47"/,
    },
    { name: "floats", bytes: idx([1], ramp(4), 0x0d), code: "type", text: /type 0x0d, only 0x08/ },
    { name: "no axes", bytes: idx([], []), code: "magic", text: /0 axes/ },
    {
      name: "half a header",
      bytes: idx([2, 3], ramp(6)).subarray(0, 9),
      code: "truncated",
      text: /2 axes wants 12 bytes, the file has 9/,
    },
    {
      name: "a byte too few",
      bytes: idx([2, 3], ramp(5)),
      code: "truncated",
      text: /2×3 = 6 bytes of data, the file has 5/,
    },
    {
      name: "a byte too many",
      bytes: idx([2, 3], ramp(7)),
      code: "trailing",
      text: /2×3 = 6 bytes of data, the file has 1 more/,
    },
    {
      name: "sizes of terabytes",
      bytes: idx([2 ** 32 - 1, 2 ** 32 - 1], ramp(9)),
      code: "truncated",
      text: /the file has 9/,
    },
  ])("refuses $name", ({ bytes, code, text }) => {
    const read = () => parseIdx(bytes, "x-ubyte");
    expect(read).toThrow(text);
    expect(read).toThrow(expect.objectContaining({ name: "DataError", code, file: "x-ubyte" }));
  });
});

describe("imageSetFromIdx", () => {
  const images = named("images", idx([2, 3, 2], ramp(12)));
  test("any height and width", () => {
    const set = imageSetFromIdx(images, named("labels", idx([2], [9, 0])));
    expect(set.get(1)).toEqual({ data: ramp(12).subarray(6), channels: 1, height: 3, width: 2, label: 0 });
    expect(set.classes).toEqual([..."0123456789"]);
  });
  test("labels above 9 make more classes; given classes must be enough", () => {
    const labels = named("labels", idx([2], [25, 3]));
    expect(imageSetFromIdx(images, labels).classes).toHaveLength(26);
    expect(() => imageSetFromIdx(images, labels, ["a", "b"])).toThrow(/labels: label 25 at 0, but there are 2 classes/);
  });
  test.each([
    { name: "labels of another count", labels: idx([3], ramp(3)), text: /labels has 3 labels, images has 2 pictures/ },
    {
      name: "images as labels",
      labels: idx([2, 3, 2], ramp(12)),
      text: /labels: labels want 1 size .* \[2, 3, 2\]. Is it an images file/,
    },
  ])("refuses $name", ({ labels, text }) => {
    expect(() => imageSetFromIdx(images, named("labels", labels))).toThrow(text);
  });
  test("refuses labels as images", () => {
    expect(() => imageSetFromIdx(named("x", idx([2], [0, 1])), named("y", idx([2], [0, 1])))).toThrow(
      /x: pictures want 3 sizes/,
    );
  });
});

describe("imageSetFromCifar10", () => {
  const record = (label: number, start: number) =>
    Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? label : start + i));
  const file = (...records: Uint8Array[]) => Uint8Array.from(records.flatMap((bytes) => [...bytes]));

  test("files in the order given; planes in place", () => {
    const set = imageSetFromCifar10([
      named("a.bin", file(record(3, 0), record(9, 1))),
      named("b.bin", file(record(0, 2))),
    ]);
    expect([set.length, set.channels, set.height, set.width]).toEqual([3, 3, 32, 32]);
    expect([0, 1, 2].map((i) => set.label(i))).toEqual([3, 9, 0]);
    expect(set.image(2)).toEqual(record(0, 2).subarray(1));
    expect(set.classes[3]).toBe("cat");
  });
  test("in the files' own memory the same, without another copy", () => {
    const memory = file(record(3, 0), record(9, 1), record(0, 2));
    const parts = () => [named("a.bin", memory.subarray(0, 2 * 3073)), named("b.bin", memory.subarray(2 * 3073))];
    const apart = imageSetFromCifar10(parts());
    const within = imageSetFromCifar10(parts(), cifar10Classes, memory);
    expect(within.pixels.buffer).toBe(memory.buffer);
    expect(within.pixels).toEqual(apart.pixels);
    expect(within.labels).toEqual(apart.labels);
    expect(() => imageSetFromCifar10(parts(), cifar10Classes, new Uint8Array(3 * 3072 - 1))).toThrow(
      expect.objectContaining({ code: "memory", facts: { pictures: 3, needed: 9216, given: 9215 } }),
    );
  });
  test.each([
    {
      name: "half a record",
      bytes: file(record(1, 0)).subarray(0, 3000),
      text: /3000 bytes are 0 records of 3073 and 3000 bytes more/,
    },
    { name: "an empty file", bytes: new Uint8Array(0), text: /data.bin is empty/ },
    {
      name: "a label above 9",
      bytes: file(record(1, 0), record(77, 0)),
      text: /record 1 has label 77, but there are 10 classes/,
    },
  ])("refuses $name", ({ bytes, text }) => {
    expect(() => imageSetFromCifar10([named("data.bin", bytes)])).toThrow(text);
  });
  test("class names: one a line, an empty line at the end, either line ending", () => {
    const names = parseCifar10Classes(named("batches.meta.txt", ascii(`${cifar10Classes.join("\r\n")}\r\n\r\n`)));
    expect(names).toEqual(cifar10Classes);
    expect(() => parseCifar10Classes(named("m", ascii("cat\ndog\n")))).toThrow(DataError);
    expect(() => parseCifar10Classes(named("m", ascii("cat\ndog\n")))).toThrow(/ten different class names .* has 2/);
  });
});
