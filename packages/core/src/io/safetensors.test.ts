import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { oracleSources, readOracle } from "../../test/oracle.ts";
import { readSafetensors, type SafetensorsInput, safetensorsPieces, writeSafetensors } from "./safetensors.ts";

/** A file from a header as text and the bytes of its data. */
function file(header: string, data: number | Uint8Array = 0, claimed = BigInt(header.length)): Uint8Array {
  const body = typeof data === "number" ? new Uint8Array(data) : data;
  const out = Buffer.alloc(8 + header.length + body.length);
  out.writeBigUInt64LE(claimed);
  out.write(header, 8, "latin1");
  out.set(body, 8 + header.length);
  return out;
}

const entry = (dtype: string, shape: number[], start: number, end: number) =>
  JSON.stringify({ dtype, shape, data_offsets: [start, end] });

describe("readSafetensors refuses", () => {
  const four = entry("F32", [1], 0, 4);
  test.each<[string, string, Uint8Array]>([
    ["an empty file", "short", new Uint8Array(0)],
    ["seven bytes", "short", new Uint8Array(7)],
    ["a header longer than the file", "header-length", file("{}", 0, 3n)],
    ["a header of 2^64 - 1 bytes", "header-length", file("{}", 0, 2n ** 64n - 1n)],
    ["a header of length 0", "header", file("")],
    ["broken JSON", "header", file('{"a":')],
    ["broken UTF-8", "header", file('{"a\xff":1}')],
    ["a list", "header", file("[]")],
    ["null", "header", file("null")],
    ["white space before the header", "header", file(" {}")],
    ["a name given twice", "header", file(`{"a":${four},"a":${four}}`, 4)],
    ["a name given twice, once with an escape", "header", file(`{"a":${four},"\\u0061":${four}}`, 4)],
    ["a field given twice", "header", file('{"a":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}}', 4)],
    ["a tensor that is a number", "header", file('{"a":1}')],
    ["metadata that is a list", "metadata", file('{"__metadata__":[]}')],
    ["metadata with a number", "metadata", file('{"__metadata__":{"epoch":1}}')],
    ["an unknown dtype", "dtype", file(`{"a":${entry("F31", [1], 0, 4)}}`, 4)],
    ["a dtype named like a method", "dtype", file(`{"a":${entry("constructor", [1], 0, 4)}}`, 4)],
    ["no dtype", "dtype", file('{"a":{"shape":[1],"data_offsets":[0,4]}}', 4)],
    ["a negative size", "shape", file(`{"a":${entry("F32", [-1], 0, 4)}}`, 4)],
    ["a fractional size", "shape", file(`{"a":${entry("F32", [0.5], 0, 2)}}`, 2)],
    [
      "a shape nested 100,000 deep",
      "shape",
      file(`{"a":{"dtype":"F32","shape":${"[".repeat(1e5)}${"]".repeat(1e5)}}}`),
    ],
    ["one offset", "offsets", file('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}', 4)],
    ["offsets past the end", "offsets", file(`{"a":${entry("F32", [2], 0, 8)}}`, 4)],
    ["offsets backwards", "offsets", file(`{"a":${entry("F32", [0], 4, 0)}}`, 4)],
    ["a shape of 2^53 elements and more", "size", file(`{"a":${entry("F32", [2 ** 40, 2 ** 40], 0, 4)}}`, 4)],
    ["a shape that needs more bytes", "size", file(`{"a":${entry("F32", [2], 0, 4)}}`, 4)],
    ["an overlap", "overlap", file(`{"a":${four},"b":${entry("F32", [1], 2, 6)}}`, 6)],
    ["the same bytes twice", "overlap", file(`{"a":${four},"b":${four}}`, 4)],
    ["a gap in front", "gap", file(`{"a":${entry("F32", [1], 4, 8)}}`, 8)],
    ["a gap between two", "gap", file(`{"a":${four},"b":${entry("F32", [1], 8, 12)}}`, 12)],
    ["bytes after the last", "gap", file(`{"a":${four}}`, 5)],
  ])("%s", (_what, code, bytes) => {
    expect(() => readSafetensors(bytes, { file: "x.safetensors" })).toThrow(
      expect.objectContaining({ name: "DataError", code, file: "x.safetensors" }),
    );
  });

  test("and names the tensor and both sizes", () => {
    expect(() => readSafetensors(file(`{"conv.weight":${entry("F32", [3], 0, 8)}}`, 8))).toThrow(
      'safetensors: "conv.weight" needs 12 bytes for F32 [3], its data_offsets give 8.',
    );
  });

  test("every cut of a good file", () => {
    const good = writeSafetensors([["w", { shape: [2], data: Float32Array.of(1, 2) }]]);
    for (let length = 0; length < good.length; length++)
      expect(() => readSafetensors(good.subarray(0, length)), `${length} bytes`).toThrow(
        expect.objectContaining({ name: "DataError" }),
      );
  });
});

describe("readSafetensors accepts", () => {
  test("names that mean something to JavaScript, as names", () => {
    const four = entry("I8", [2, 2], 0, 4);
    const { tensors, metadata } = readSafetensors(
      file(`{"__metadata__":{"__proto__":"x"},"__proto__":${four}}`, Uint8Array.of(1, 2, 3, 255)),
    );
    expect([...tensors.keys()]).toEqual(["__proto__"]);
    expect([...(tensors.get("__proto__")?.data ?? [])]).toEqual([1, 2, 3, -1]);
    expect(Object.keys(metadata)).toEqual(["__proto__"]);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  test("no tensors, empty tensors, scalars, and data that are not aligned", () => {
    expect(readSafetensors(file("{}")).tensors.size).toBe(0);
    const header = `{"e":${entry("F32", [0, 7], 1, 1)},"b":${entry("BOOL", [1], 0, 1)},"s":${entry("F64", [], 1, 9)}}`;
    const { tensors } = readSafetensors(file(header, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f)));
    expect([...tensors].map(([name, { shape, data }]) => [name, shape, [...data]])).toEqual([
      ["b", [1], [1]],
      ["e", [0, 7], []],
      ["s", [], [1.5]],
    ]);
  });

  // Values of the formats' own tables (OCP OFP8 and MX 1.0; ml_dtypes for the "fnuz" ones).
  test.each<[string, number[], number[]]>([
    ["F8_E4M3", [0x38, 0x7e, 0x01, 0x80, 0xff, 0xc8], [1, 448, 2 ** -9, -0, Number.NaN, -4]],
    [
      "F8_E5M2",
      [0x3c, 0x7b, 0x01, 0x7c, 0xfc, 0x7e],
      [1, 57344, 2 ** -16, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
    ],
    ["F8_E4M3FNUZ", [0x40, 0x7f, 0x01, 0x80], [1, 240, 2 ** -10, Number.NaN]],
    ["F8_E5M2FNUZ", [0x40, 0x7f, 0x01, 0x80], [1, 57344, 2 ** -17, Number.NaN]],
    ["F8_E8M0", [127, 0, 254, 255], [1, 2 ** -127, 2 ** 127, Number.NaN]],
    ["F4", [0x10, 0x32, 0x54, 0x76, 0x98, 0xff], [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -6, -6]],
    ["F6_E2M3", [0x48, 0xf0, 0x81], [1, 0.125, 7.5, -0]],
    ["F6_E3M2", [0x4c, 0xf0, 0x81], [1, 0.0625, 28, -0]],
    ["C64", [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0], [1, -2]],
  ])("%s", (dtype, bytes, values) => {
    const bits = { F4: 4, F6_E2M3: 6, F6_E3M2: 6, C64: 64 }[dtype] ?? 8;
    const shape = [(8 * bytes.length) / bits];
    const { tensors } = readSafetensors(file(`{"a":${entry(dtype, shape, 0, bytes.length)}}`, Uint8Array.from(bytes)));
    expect([...tensors.get("a")!.data]).toEqual(values);
    expect(tensors.get("a")!.shape).toEqual(shape);
  });

  test("U64, and packed elements that do not fill their bytes are refused", () => {
    const { tensors } = readSafetensors(file(`{"a":${entry("U64", [1], 0, 8)}}`, new Uint8Array(8).fill(255)));
    expect(tensors.get("a")!.data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
    expect(() => readSafetensors(file(`{"a":${entry("F4", [3], 0, 2)}}`, 2))).toThrow(
      expect.objectContaining({ code: "size" }),
    );
  });

  test("bytes from the middle of a larger buffer; and copies them", () => {
    const good = writeSafetensors([["w", { shape: [2], data: Float32Array.of(1, 2) }]]);
    const larger = new Uint8Array(good.length + 3);
    larger.set(good, 3);
    const { tensors } = readSafetensors(larger.subarray(3));
    larger.fill(0);
    expect([...tensors.get("w")!.data]).toEqual([1, 2]);
  });
});

describe("safetensorsPieces", () => {
  test("a file whose tensors are the arrays themselves, where nothing is narrowed", () => {
    const data = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
    const [, own, narrow] = safetensorsPieces([
      ["own", { shape: [2], data }],
      ["narrow", { shape: [2], data, dtype: "F16" }],
    ]);
    expect([own!.buffer === data.buffer, own!.byteOffset, own!.length]).toEqual([true, 4, 8]);
    expect(narrow!.length).toBe(4);
  });
});

describe("writeSafetensors", () => {
  const tensors: [string, SafetensorsInput][] = [
    ["u8", { shape: [3], data: Uint8Array.of(1, 2, 255) }],
    ["bool", { shape: [2], data: Uint8Array.of(1, 0), dtype: "BOOL" }],
    ["f32", { shape: [1, 2], data: Float32Array.of(0.1, Number.NEGATIVE_INFINITY) }],
    ["f64", { shape: [], data: Float64Array.of(Math.PI) }],
    ["f16", { shape: [2], data: Float32Array.of(1.5, -65504), dtype: "F16" }],
    ["bf16", { shape: [2], data: Float32Array.of(1.5, -3), dtype: "BF16" }],
    ["i64", { shape: [2], data: BigInt64Array.of(-(2n ** 63n), 5n) }],
    ["i32", { shape: [1], data: Int32Array.of(-7) }],
    ["u32", { shape: [1], data: Uint32Array.of(2 ** 32 - 1) }],
    ["i16", { shape: [1], data: Int16Array.of(-32768) }],
    ["u16", { shape: [1], data: Uint16Array.of(65535) }],
    ["i8", { shape: [0], data: new Int8Array(0) }],
    ['लेयर"1\\', { shape: [1], data: Float32Array.of(7) }],
  ];

  test("comes back whole, aligned, and the same whatever the order", () => {
    const bytes = writeSafetensors(tensors, { format: "pt", note: "दृष्टि" });
    const headerLength = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerLength % 8).toBe(0);
    const back = readSafetensors(bytes);
    expect({ ...back.metadata }).toEqual({ format: "pt", note: "दृष्टि" });
    expect(back.tensors.size).toBe(tensors.length);
    let at = 0;
    for (const [, { dtype, data }] of back.tensors) {
      const width = dtype === "F16" || dtype === "BF16" ? 2 : data.BYTES_PER_ELEMENT;
      expect(at % width).toBe(0);
      at += data.length * width;
    }
    for (const [name, { shape, data, dtype }] of tensors) {
      expect(back.tensors.get(name)).toEqual({
        dtype: dtype ?? name.toUpperCase().replace(/^ल.*/, "F32"),
        shape,
        data,
      });
    }
    expect(writeSafetensors([...tensors].reverse(), { note: "दृष्टि", format: "pt" })).toEqual(bytes);
  });

  test.each<[string, string, [string, SafetensorsInput][]]>([
    ["the reserved name", "name", [["__metadata__", { shape: [1], data: Int8Array.of(1) }]]],
    ["a name twice", "name", [tensors[0]!, tensors[0]!]],
    ["a shape that does not fit", "shape", [["w", { shape: [3], data: Float32Array.of(1, 2) }]]],
    ["a float as integer", "dtype", [["w", { shape: [1], data: Float32Array.of(1), dtype: "I32" }]]],
    ["an integer as half", "dtype", [["w", { shape: [1], data: Int32Array.of(1), dtype: "F16" }]]],
  ])("refuses %s", (_what, code, wrong) => {
    expect(() => writeSafetensors(wrong)).toThrow(expect.objectContaining({ name: "ArgumentError", code }));
  });
});

interface Manifest {
  files: { file: string; what: string; expect?: Record<string, number[]>; refuse?: string }[];
  models: { name: string; keys: Record<string, number[]>; sha256: Record<string, string> }[];
}

// Only the whole oracle has these files.
for (const source of oracleSources("interop/manifest.json").slice(1)) {
  describe.skipIf(source.missing)(`files torch made, and broken ones, ${source.name}`, () => {
    const { files, models } = source.missing
      ? { files: [], models: [] }
      : readOracle<Manifest>(source, "interop/manifest.json");
    const own = files.filter(({ file }) => file.endsWith(".safetensors"));
    const read = (path: string) => readSafetensors(readFileSync(join(source.folder, path)), { file: path });

    test("the list has files to read and to refuse", () => {
      expect(own.filter((item) => item.expect).length).toBeGreaterThan(2);
      expect(own.filter((item) => item.refuse).length).toBeGreaterThan(5);
      expect(models.length).toBeGreaterThan(8);
    });

    test.each(own)("$file: $what", ({ file: name, expect: values, refuse }) => {
      const path = join("interop/files", name);
      if (refuse) expect(() => read(path)).toThrow(expect.objectContaining({ name: "DataError", file: path }));
      else {
        const found = [...read(path).tensors].map(([key, { data }]) => [key, [...data]]);
        expect(Object.fromEntries(found)).toEqual(values);
      }
    });

    test.each(models)("weights of $name: names, shapes and bits", ({ name, keys, sha256 }) => {
      const { tensors } = read(`interop/models/${name}.safetensors`);
      expect(Object.fromEntries([...tensors].map(([key, { shape }]) => [key, shape]))).toEqual(keys);
      const hash = (data: ArrayBufferView) =>
        createHash("sha256")
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
          .digest("hex");
      expect(Object.fromEntries([...tensors].map(([key, { data }]) => [key, hash(data)]))).toEqual(sha256);
    });
  });
}

for (const source of oracleSources("fixtures")) {
  describe.skipIf(source.missing)(`written again, ${source.name}`, () => {
    const folder = join(source.folder, "fixtures");
    const names = source.missing ? [] : readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
    test.each(names)("%s reads the same", (name) => {
      const { tensors, metadata } = readSafetensors(readFileSync(join(folder, name)));
      expect(tensors.size).toBeGreaterThan(0);
      const again = readSafetensors(writeSafetensors(tensors, metadata)).tensors;
      expect(again.size).toBe(tensors.size);
      for (const [key, { dtype, shape, data }] of tensors) {
        const twin = again.get(key)!;
        expect([twin.dtype, twin.shape]).toEqual([dtype, shape]);
        expect(Buffer.from(twin.data.buffer).equals(Buffer.from(data.buffer))).toBe(true);
      }
    });
  });
}
