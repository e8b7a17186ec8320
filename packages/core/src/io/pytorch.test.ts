import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { oracleSources, readOracle } from "../../test/oracle.ts";
import { type PyTorchValue, readPyTorch } from "./pytorch.ts";
import type { PyTorchTensor } from "./pytorch-tensor.ts";
import { writePyTorch } from "./pytorch-write.ts";
import { stateDictOf } from "./state-dict.ts";

type Map2 = Map<PyTorchValue, PyTorchValue>;
const at = (value: PyTorchValue, ...path: (string | number)[]): PyTorchValue =>
  path.reduce((inner, key) => (Array.isArray(inner) ? inner[key as number]! : (inner as Map2).get(key)!), value);
const tensorAt = (value: PyTorchValue, ...path: (string | number)[]) => at(value, ...path) as PyTorchTensor;

/** How the manifest writes values: infinities and int64 as texts, booleans as such. */
function listed({ dtype, data }: PyTorchTensor): unknown[] {
  return Array.from(data as ArrayLike<number | bigint>, (value) => {
    if (dtype === "bool") return value === 1;
    if (typeof value === "bigint") return String(value);
    return Number.isFinite(value) ? value : String(value);
  });
}

const hash = (data: ArrayBufferView) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

interface Described {
  shape: number[];
  dtype: string;
  sha256: string;
}

interface Checkpoint {
  epoch: number;
  name: string;
  huge: string;
  model_state_dict: Record<string, Described>;
  optimizer: { param_groups: Record<string, unknown>[]; state: Record<string, Record<string, Described>> };
  [key: string]: unknown;
}

interface Manifest {
  files: { file: string; what: string; expect?: unknown; refuse?: string }[];
  models: { name: string; keys: Record<string, number[]>; sha256: Record<string, string> }[];
}

for (const source of oracleSources("interop/manifest.json").slice(1)) {
  describe.skipIf(source.missing)(`files torch made, and broken ones, ${source.name}`, () => {
    const { files, models } = source.missing
      ? { files: [], models: [] }
      : readOracle<Manifest>(source, "interop/manifest.json");
    const read = (name: string) => {
      const path = join(source.folder, "interop", name);
      return readPyTorch(readFileSync(path), { file: name });
    };
    const expected = (name: string) => files.find(({ file }) => file === name)!.expect;

    // What each refusal must at least say, from the manifest's reasons.
    const reasons: Record<string, [code: string, text: RegExp]> = {
      "whole_module.pt": ["global", /torch\.nn\.modules\.container\.Sequential.*state_dict/],
      "calls_a_function.pt": ["global", /posix\.getcwd/],
      "truncated.pt": ["zip", /end-of-central-directory/],
      "truncated.legacy.pt": ["short", /unexpected end of file/],
      "missing_storage.pt": ["zip", /single\/data\/0/],
      "not_a_model.pt": ["format", /neither a zip archive nor a pickle/],
      "empty.pt": ["empty", /empty file/],
    };
    const broken = files.filter(({ file, refuse }) => refuse && file.endsWith(".pt"));

    test("every refusal of the list has its reason here", () => {
      expect(broken.map(({ file }) => file).sort()).toEqual(Object.keys(reasons).sort());
    });

    test.each(broken)("$file is refused: $what", ({ file }) => {
      const [code, text] = reasons[file]!;
      const named = expect.objectContaining({ name: "DataError", code, file, message: expect.stringMatching(text) });
      expect(() => readPyTorch(readFileSync(join(source.folder, "interop/files", file)), { file })).toThrow(named);
    });

    for (const format of ["pt", "legacy.pt"]) {
      test(`checkpoint.${format}: every value, and the optimiser's state`, () => {
        const wanted = expected(`checkpoint.${format}`) as Checkpoint;
        const { value, format: found } = read(`files/checkpoint.${format}`);
        expect(found).toBe(format === "pt" ? "zip" : "legacy");
        for (const key of ["epoch", "best", "name", "flags", "big", "negative", "classes", "shape", "dtype"])
          expect(at(value, key), key).toEqual(wanted[key]);
        expect(at(value, "huge")).toBe(BigInt(wanted.huge));
        expect(at(value, "nested", "a")).toEqual([1, 2, [3.5, "x"]]);
        expect(at(value, "nested", "b")).toEqual(new Map());
        const check = (tensor: PyTorchTensor, { shape, dtype, sha256 }: Described) => {
          expect([tensor.shape, tensor.dtype, hash(tensor.data)]).toEqual([shape, dtype, sha256]);
        };
        for (const [key, entry] of Object.entries(wanted.model_state_dict))
          check(tensorAt(value, "model_state_dict", key), entry);
        for (const [index, slots] of Object.entries(wanted.optimizer.state))
          for (const [slot, entry] of Object.entries(slots))
            check(tensorAt(value, "optimizer_state_dict", "state", Number(index), slot), entry);
        const group = at(value, "optimizer_state_dict", "param_groups", 0) as Map2;
        expect(Object.fromEntries(group)).toEqual(wanted.optimizer.param_groups[0]);
        const { weights, path } = stateDictOf(value);
        expect(path).toEqual(["model_state_dict"]);
        expect([...weights.keys()]).toEqual(Object.keys(wanted.model_state_dict));
      });

      test(`tensors.${format}: every dtype, views, shared storage`, () => {
        const wanted = expected(`tensors.${format}`) as Record<
          string,
          { dtype: string; shape: number[]; stride: number[]; values: unknown[] }
        >;
        const { value } = read(`files/tensors.${format}`);
        for (const [key, entry] of Object.entries(wanted)) {
          const tensor = tensorAt(value, key);
          const { dtype, shape, stride } = tensor;
          expect({ dtype, shape, stride, values: listed(tensor) }, key).toEqual({
            ...entry,
            values: entry.values.map((v) => v),
          });
        }
        expect(tensorAt(value, "view").storageKey).toBe(tensorAt(value, "shared").storageKey);
        expect(tensorAt(value, "parameter").requiresGrad).toBe(true);
        expect(tensorAt(value, "shared").requiresGrad).toBe(false);
      });

      test(`list.${format}, single.${format} and same_twice.${format}`, () => {
        const list = read(`files/list.${format}`).value;
        expect([...tensorAt(list, 0).data]).toEqual([1, 1]);
        expect([...tensorAt(list, 1, 0).data]).toEqual([0]);
        expect([...tensorAt(list, 1, 1, "k").data]).toEqual([2, 2, 2, 2]);
        const single = read(`files/single.${format}`).value as PyTorchTensor;
        expect([single.shape, [...single.data]]).toEqual([
          [2, 3],
          [0, 1, 2, 3, 4, 5],
        ]);
        const twice = read(`files/same_twice.${format}`).value;
        expect(listed(tensorAt(twice, "a"))).toEqual(
          Array.from(Float32Array.from(expected(`same_twice.${format}`) as number[])),
        );
        expect(at(twice, "a")).toBe(at(twice, "b"));
        expect(at(twice, "a")).toBe(at(twice, "c", 0));
      });
    }

    test("pickle protocol 4, and deflated entries", () => {
      expect([...tensorAt(read("files/protocol4.pt").value, "w").data]).toEqual([0, 1, 2]);
      expect([...(read("files/compressed.pt").value as PyTorchTensor).data]).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test.each(models)("weights of $name: names, shapes and bits, in both formats", ({ name, keys, sha256 }) => {
      for (const file of [`models/${name}.pt`, `models/${name}.legacy.pt`]) {
        const { weights } = stateDictOf(read(file).value);
        expect(Object.fromEntries([...weights].map(([key, { shape }]) => [key, shape]))).toEqual(keys);
        expect(Object.fromEntries([...weights].map(([key, { data }]) => [key, hash(data)]))).toEqual(sha256);
      }
    });

    test("every cut of a file is refused, of both formats", () => {
      for (const name of ["single.pt", "single.legacy.pt"]) {
        const whole = readFileSync(join(source.folder, "interop/files", name));
        for (let length = 0; length < whole.length; length++)
          expect(() => readPyTorch(whole.subarray(0, length)), `${name}, ${length} bytes`).toThrow(
            expect.objectContaining({ name: "DataError" }),
          );
      }
    });
  });
}

describe("writePyTorch", () => {
  const tensors = new Map(
    Object.entries({
      float32: { shape: [2, 2], data: Float32Array.of(1.5, -0, Number.NaN, Number.POSITIVE_INFINITY) },
      float64: { shape: [1], data: Float64Array.of(Math.PI) },
      float16: { shape: [2], data: Float32Array.of(1.5, -65504), dtype: "float16" as const },
      bfloat16: { shape: [1], data: Float32Array.of(-3), dtype: "bfloat16" as const },
      int64: { shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
      int32: { shape: [], data: Int32Array.of(-7) },
      int16: { shape: [1], data: Int16Array.of(-32768) },
      int8: { shape: [1], data: Int8Array.of(-128) },
      uint8: { shape: [0, 3], data: new Uint8Array(0) },
      bool: { shape: [2], data: Uint8Array.of(1, 0), dtype: "bool" as const },
      complex64: { shape: [1], data: Float32Array.of(1, -2), dtype: "complex64" as const },
    }),
  );
  const same = { shape: [3], data: Float32Array.of(1, 2, 3) };
  const value = new Map<string, PyTorchInputOf>([
    ["tensors", tensors],
    ["same", [same, same]],
    ["text", "naïve – 模型"],
    ["numbers", [0, 255, 256, -1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 2n ** 70n, -(2n ** 63n), 0.1, -0, 1e300]],
    ["others", [true, false, null, [], new Map()]],
  ]);

  test("comes back whole, the same bytes each time, tensors on 64 bytes", () => {
    const bytes = writePyTorch(value, { extra: new Map([["note.json", Uint8Array.of(123, 125)]]) });
    expect(writePyTorch(value, { extra: new Map([["note.json", Uint8Array.of(123, 125)]]) })).toEqual(bytes);
    const file = readPyTorch(bytes);
    expect([...file.extra]).toEqual([["note.json", Uint8Array.of(123, 125)]]);
    for (const [name, input] of tensors) {
      const tensor = tensorAt(file.value, "tensors", name);
      expect([tensor.dtype, tensor.shape, tensor.data], name).toEqual([name, input.shape, input.data]);
    }
    expect(at(file.value, "same", 0)).not.toBe(at(file.value, "same", 1));
    expect(tensorAt(file.value, "same", 0).storageKey).toBe(tensorAt(file.value, "same", 1).storageKey);
    for (const key of ["text", "numbers", "others"]) expect(at(file.value, key), key).toEqual(value.get(key));
    expect(bytes.length).toBeLessThan(6000);
  });

  test("refuses what does not fit", () => {
    const refused = (input: never, code: string) =>
      expect(() => writePyTorch(input)).toThrow(expect.objectContaining({ name: "ArgumentError", code }));
    refused({ shape: [3], data: Float32Array.of(1) } as never, "shape");
    refused({ shape: [1], data: Float32Array.of(1), dtype: "int32" } as never, "dtype");
    refused({ shape: [1], data: Uint32Array.of(1) } as never, "dtype"); // no class in torch's zip format
    refused(new Date() as never, "value");
    const loop: unknown[] = [];
    loop.push(loop);
    refused(loop as never, "value");
  });

  // Debian's own; other machines have PyTorch elsewhere or not at all.
  const python = ["/usr/bin/python3", "python3"].find(
    (path) => (path === "python3" || existsSync(path)) && spawnSync(path, ["-c", "import torch"]).status === 0,
  );
  const folder = mkdtempSync(join(tmpdir(), "drishti-pytorch-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.skipIf(!python)(
    `torch.load(weights_only=True) reads it${python ? "" : " (skipped: no Python with torch)"}`,
    () => {
      const path = join(folder, "ours.pt");
      writeFileSync(path, writePyTorch(value, { extra: new Map([["note.json", Uint8Array.of(123, 125)]]) }));
      const weights = join(folder, "weights.pt");
      writeFileSync(weights, writePyTorch(tensors));
      // 1.13's careful reader knows no floats among the values, so only the tensors go through it.
      const script = `
import json, sys, torch
v = torch.load(sys.argv[1])
t = torch.load(sys.argv[2], weights_only=True)
assert v["same"][0].data_ptr() == v["same"][1].data_ptr()
assert v["numbers"] == [0, 255, 256, -1, 2**31, -2**31, 2**53-1, 2**70, -2**63, 0.1, -0.0, 1e300], v["numbers"]
assert v["text"] == "naïve – 模型" and v["others"] == [True, False, None, [], {}]
print(json.dumps({k: [str(x.dtype), list(x.shape), str(torch.view_as_real(x).tolist() if x.is_complex() else x.tolist())] for k, x in t.items()}))
`;
      const run = spawnSync(python!, ["-c", script, path, weights], { encoding: "utf8" });
      expect(run.stderr).toBe("");
      const found = JSON.parse(run.stdout) as Record<string, [string, number[], string]>;
      expect(Object.keys(found)).toEqual([...tensors.keys()]);
      for (const [name, [dtype, shape]] of Object.entries(found))
        expect([dtype, shape]).toEqual([`torch.${name}`, tensors.get(name)!.shape]);
      expect(found.float32![2]).toBe("[[1.5, -0.0], [nan, inf]]");
      expect(found.float16![2]).toBe("[1.5, -65504.0]");
      expect(found.int64![2]).toBe("[-9223372036854775808, 9007199254740993]");
      expect(found.complex64![2]).toBe("[[1.0, -2.0]]");
    },
    120_000,
  );
});

type PyTorchInputOf = Parameters<typeof writePyTorch>[0];

describe("a small file that claims much", () => {
  const refusal = (code: string) => expect.objectContaining({ name: "DataError", code });

  test("a tensor of one number, expanded by stride 0 to 16 GB", () => {
    const honest = writePyTorch({ shape: [4], data: Float32Array.of(1, 2, 3, 4) });
    expect(() => readPyTorch(honest)).not.toThrow();
    expect(() => readPyTorch(honest, { maxBytes: 8 })).toThrow(refusal("too-large"));
    // The legacy format has no checksums, so its pickle can be written by hand: shape (2^32,), stride (0,).
    const pickle = (body: string) => `\x80\x02${body}.`;
    const head = pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickle("M\xe9\x03") + pickle("}");
    const storage = "((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x01Nt";
    const body = `ctorch._utils\n_rebuild_tensor\n${storage}QK\0(\x8a\x05\0\0\0\0\x01t(K\0ttR`;
    const tail = `${pickle("]X\x01\0\0\x000a")}\x01\0\0\0\0\0\0\0\0\0\x80\x3f`;
    const file = head + pickle(body) + tail;
    expect(() => readPyTorch(Buffer.from(file, "latin1"))).toThrow(refusal("too-large"));
    const honestBody = body.replace("\x8a\x05\0\0\0\0\x01", "K\x03");
    const good = head + pickle(honestBody) + tail;
    expect([...(readPyTorch(Buffer.from(good, "latin1")).value as PyTorchTensor).data]).toEqual([1, 1, 1]);
  });

  // Found by fuzzing: torch.Size instead of a call of it.
  test("a type where a value is wanted is refused by its name", () => {
    const pickle = (body: string) => `\x80\x02${body}.`;
    const head = pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + pickle("M\xe9\x03") + pickle("}");
    for (const body of ["ctorch\nSize\n", "]ctorch\nSize\na", "}X\x01\0\0\0actorch\nSize\ns"])
      expect(() => readPyTorch(Buffer.from(head + pickle(body) + pickle("]"), "latin1")), body).toThrow(
        expect.objectContaining({ code: "global", message: expect.stringContaining("torch.Size itself") }),
      );
  });

  test("64 MB of zeros, deflated", () => {
    const packed = deflateRawSync(Buffer.alloc(64 << 20));
    const name = Buffer.from("a/data.pkl");
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(64 << 20, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(8, 10);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(64 << 20, 24);
    central.writeUInt16LE(name.length, 28);
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(1, 8);
    end.writeUInt16LE(1, 10);
    end.writeUInt32LE(46 + name.length, 12);
    end.writeUInt32LE(30 + name.length + packed.length, 16);
    expect(() => readPyTorch(Buffer.concat([local, name, packed, central, name, end]))).toThrow(refusal("too-large"));
  });
});
