/** The reader of PyTorch files, in both formats; the old one has no checksums, so damage reaches the pickles. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type PyTorchFile,
  PyTorchTensor,
  type PyTorchValue,
  readPyTorch,
  stateDictOf,
  writePyTorch,
} from "@drishti/core/io";
import { expect, test } from "vitest";
import { fuzzReader } from "./harness.ts";

const shared = process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../../shared");
const folder = join(shared, "oracle/interop/files");

/** Tensors of every shape and a nested value, by our own writer. */
const ours = writePyTorch(
  new Map<string, Parameters<typeof writePyTorch>[0]>([
    ["epoch", 3],
    ["lr", 0.1],
    ["names", ["cat", "dog", null, true]],
    [
      "state_dict",
      new Map([
        ["conv.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ["conv.half", { shape: [2], data: Float32Array.of(1, 2), dtype: "float16" as const }],
        ["bn.num_batches_tracked", { shape: [], data: BigInt64Array.of(7n) }],
      ]),
    ],
  ]),
);

/** {"w": a tensor of (2, 3), "n": [1, -1, 1.0, None]} in the format before PyTorch 1.6. */
function legacy(): Uint8Array {
  const head = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.";
  const storage = "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x06Nt";
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}QK\0K\x02K\x03\x86K\x03K\x01\x86\x89ccollections\nOrderedDict\n)RtR`;
  const list = "]q\0(K\x01J\xff\xff\xff\xffG\x3f\xf0\0\0\0\0\0\0Ne";
  const keys = "\x80\x02]X\x01\0\0\x000a.";
  const size = "\x06\0\0\0\0\0\0\0";
  const text = `${head}\x80\x02}(X\x01\0\0\0w${tensor}X\x01\0\0\0n${list}u.${keys}${size}`;
  return Buffer.concat([Buffer.from(text, "latin1"), Buffer.alloc(24, 0x3f)]);
}

const files: Record<string, Uint8Array> = { ours, legacy: legacy() };
// torch's own files are better seeds still, where they lie beside the repository.
if (existsSync(folder))
  for (const name of readdirSync(folder).filter((name) =>
    /^(checkpoint|tensors|list|single|same_twice|protocol4|compressed)\.(legacy\.)?pt$/.test(name),
  ))
    files[name] = readFileSync(join(folder, name));

/** Looks at every value of the file, tensors' data too; a value that contains itself is looked at once. */
function exhaust(file: PyTorchFile): void {
  const seen = new Set<PyTorchValue>();
  const open: PyTorchValue[] = [file.value];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PyTorchTensor) value.data.length;
    else if (value instanceof Map) for (const pair of value) open.push(...pair);
    else if (!(value instanceof Uint8Array)) for (const entry of value) open.push(entry);
  }
}

test("the samples themselves are read", () => {
  for (const [name, bytes] of Object.entries(files)) expect(() => exhaust(readPyTorch(bytes)), name).not.toThrow();
});

fuzzReader("PyTorch files", {
  samples: files,
  read: (bytes) => {
    const file = readPyTorch(bytes, { file: "x.pt" });
    exhaust(file);
    stateDictOf(file.value);
  },
  samplesAreValid: false, // some of them hold no state dict
});
