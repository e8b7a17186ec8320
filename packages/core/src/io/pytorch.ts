/**
 * @file Reading what `torch.save` wrote: zip archives (since PyTorch 1.6) and the format before.
 *
 * Zip: `<name>/data.pkl` is a pickle that names storages by persistent ids, `<name>/data/<key>` are their bytes. Before:
 * five pickles (magic number, protocol, system, object, storage keys), then each storage's length and bytes. Source:
 * torch/serialization.py.
 */
import { ByteReader } from "./byte-reader.ts";
import { type Fail, failer } from "./fail.ts";
import { type PickleHooks, readPickle } from "./pickle.ts";
import { torchDTypes } from "./pytorch-dtype.ts";
import { type StorageClass, type StorageHandle, torchGlobals } from "./pytorch-globals.ts";
import { type PyTorchStorage, PyTorchTensor } from "./pytorch-tensor.ts";
import { decodeUtf8 } from "./text.ts";
import { ZipArchive } from "./zip.ts";

/** What a file can hold: dicts are Maps, lists and tuples arrays, whole numbers beyond 2^53 bigints, dtypes their names. */
export type PyTorchValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PyTorchTensor
  | PyTorchValue[]
  | Set<PyTorchValue>
  | Map<PyTorchValue, PyTorchValue>;

/** What `readPyTorch` finds in a file. */
export interface PyTorchFile {
  /** What was given to `torch.save`. */
  readonly value: PyTorchValue;
  /** "zip", or "legacy" for the format before PyTorch 1.6. */
  readonly format: "zip" | "legacy";
  /** Records that torch.load does not look at, by their names without "extra/"; `writePyTorch` can add them. */
  readonly extra: ReadonlyMap<string, Uint8Array>;
}

/** Where a file comes from, and how much it may hold. */
export interface ReadPyTorchOptions {
  /** Its name, for errors. Default none. */
  readonly file?: string;
  /**
   * How many bytes all tensors together may have, and all that is unpacked. Default: 8 times the file, at least 1 MiB. A
   * small file can claim tensors of any size (by stride 0, or deflated zeros); this is where that ends.
   */
  readonly maxBytes?: number;
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;

/**
 * Reads a `.pt`, `.pth` or `.th` file: any nested value, tensors of every dtype, views and shared storage. Executes
 * nothing: what a file names is looked up in a fixed list, and everything else refused by its name. Values are copied
 * only when `tensor.data` is read, so `bytes` must not be changed before.
 *
 * Throws  DataError, naming `options.file`: "empty", "format" (neither zip nor pickle), "zip", "crc", "short" (cut off),
 *         "global" (asks for something else than tensors), "script" (a TorchScript archive), "pickle", "storage",
 *         "tensor", "dtype", "byte-order", "too-large".
 * Source  torch.load(path, map_location="cpu", weights_only=True).
 *
 * @example
 * const bytes = writePyTorch(new Map([["fc.bias", { shape: [2], data: Float32Array.of(1, 2) }]]));
 * stateDictOf(readPyTorch(bytes).value).weights.get("fc.bias")?.shape; // [2]
 */
export function readPyTorch(bytes: Uint8Array, options: ReadPyTorchOptions = {}): PyTorchFile {
  const fail = failer("pytorch", options.file);
  if (bytes.length === 0) return fail("empty", "it is an empty file.");
  const limit = options.maxBytes ?? Math.max(8 * bytes.length, 1 << 20);
  let left = limit;
  const account = (count: number) => {
    left -= count;
    if (left < 0)
      fail(
        "too-large",
        `its tensors have more than ${limit} bytes together, but the file only ${bytes.length}. If that is right, raise maxBytes.`,
      );
  };
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  if (start.startsWith("PK")) return readZip(bytes, limit, torchGlobals(account, fail), fail);
  if (bytes[0] === 0x80) return readLegacy(bytes, torchGlobals(account, fail), fail);
  const shown = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return fail(
    "format",
    `it is neither a zip archive nor a pickle (it begins with ${shown}), so torch.save did not write it. Was it downloaded whole?`,
  );
}

function readZip(bytes: Uint8Array, inflatedBytes: number, global: PickleHooks["global"], fail: Fail): PyTorchFile {
  const zip = new ZipArchive(bytes, { inflatedBytes }, fail);
  const names = [...zip.names];
  const main = names.find((name) => /^[^/]*\/data\.pkl$/.test(name));
  if (main === undefined)
    return fail("format", "it is a zip archive without data.pkl, so torch.save did not write it.");
  const root = main.slice(0, -"data.pkl".length);
  if (zip.has(`${root}constants.pkl`) || names.some((name) => name.startsWith(`${root}code/`)))
    return fail(
      "script",
      "it is a TorchScript archive, which holds code. In PyTorch, save the weights alone: torch.save(module.state_dict(), path).",
    );
  if (zip.has(`${root}byteorder`) && decode(zip.read(`${root}byteorder`)) !== "little")
    return fail("byte-order", "its numbers are big-endian. Save it again on a common machine.");
  const storages = new Map<string, StorageHandle>();
  const persistent = (id: unknown): StorageHandle => {
    const given = storageId(id, fail);
    const { key, dtype, length } = given;
    const known = storages.get(key);
    if (known)
      return known.handle.length === length && known.handle.dtype === dtype
        ? known
        : fail("storage", `storage "${key}" is named twice with different sizes.`);
    const record = zip.read(`${root}data/${key}`);
    const wanted = length * torchDTypes.get(dtype)!.bytes;
    if (record.length < wanted)
      fail(
        "storage",
        `storage "${key}" needs ${wanted} bytes for ${length} of ${dtype}, its record has ${record.length}.`,
      );
    const handle: PyTorchStorage = { key, dtype, length, start: 0, source: { bytes: record } };
    storages.set(key, { handle });
    return storages.get(key)!;
  };
  const { value } = readPickle(zip.read(main), 0, { global, persistent }, fail);
  checkValue(value, fail);
  const extra = names.filter((name) => name.startsWith(`${root}extra/`) && !name.endsWith("/"));
  return {
    value: value as PyTorchValue,
    format: "zip",
    extra: new Map(extra.map((name) => [name.slice(root.length + 6), zip.read(name)])),
  };
}

function readLegacy(bytes: Uint8Array, global: PickleHooks["global"], fail: Fail): PyTorchFile {
  const storages = new Map<string, PyTorchStorage>();
  const persistent = (id: unknown): StorageHandle => {
    const { key, dtype, length, view } = storageId(id, fail);
    const root = storages.get(key) ?? { key, dtype, length, start: 0, source: { bytes: undefined } };
    if (root.dtype !== dtype || root.length !== length)
      fail("storage", `storage "${key}" is named twice with different sizes.`);
    storages.set(key, root);
    if (!view) return { handle: root };
    if (view.start + view.length > length)
      fail("storage", `a view of storage "${key}" reaches past its ${length} elements.`);
    return { handle: { ...root, length: view.length, start: view.start * torchDTypes.get(dtype)!.bytes } };
  };
  const nothing: PickleHooks = { global, persistent: () => fail("pickle", "the file's head refers to storages.") };
  let at = 0;
  const next = (hooks: PickleHooks): unknown => {
    const { value, end } = readPickle(bytes, at, hooks, fail);
    at = end;
    return value;
  };
  if (next(nothing) !== LEGACY_MAGIC) return fail("format", "it is a pickle, but not one that torch.save wrote.");
  const protocol = next(nothing);
  if (protocol !== 1001) return fail("format", `torch.save's protocol is ${String(protocol)}; 1001 can be read.`);
  const system = next(nothing);
  if (system instanceof Map && system.get("little_endian") === false)
    return fail("byte-order", "its numbers are big-endian. Save it again on a common machine.");
  const value = next({ global, persistent }) as PyTorchValue;
  checkValue(value, fail);
  const keys = next(nothing);
  if (
    !Array.isArray(keys) ||
    keys.length !== storages.size ||
    new Set(keys).size !== keys.length ||
    !keys.every((key) => storages.has(key))
  )
    return fail("storage", "its list of storages does not fit the tensors.");
  const reader = new ByteReader(bytes, fail, at);
  for (const key of keys as string[]) {
    const { dtype, length, source } = storages.get(key)!;
    const given = reader.uint64();
    if (given !== length) fail("storage", `storage "${key}" has ${given} elements, its tensors expect ${length}.`);
    source.bytes = reader.bytes(length * torchDTypes.get(dtype)!.bytes);
  }
  return { value, format: "legacy", extra: new Map() };
}

/** Refuses what only serves to put values together, a type or a storage, where it stands as a value itself. */
function checkValue(root: unknown, fail: Fail): void {
  const seen = new Set<unknown>(); // a value may contain itself
  const open: unknown[] = [root];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== "object" || value === null || value instanceof PyTorchTensor || value instanceof Uint8Array)
      continue;
    if (seen.has(value)) continue;
    seen.add(value);
    if (value instanceof Map) for (const pair of value) open.push(pair[0], pair[1]);
    else if (Array.isArray(value) || value instanceof Set) for (const entry of value) open.push(entry);
    else {
      const { name = "a storage without a tensor" } = value as { name?: string };
      fail(
        "global",
        `the file holds ${name} itself where a value is wanted. In PyTorch, save tensors, numbers, texts, lists and dicts.`,
      );
    }
  }
}

interface StorageId {
  readonly key: string;
  readonly dtype: PyTorchStorage["dtype"];
  readonly length: number;
  readonly view: { readonly start: number; readonly length: number } | undefined;
}

/** ("storage", class, key, device, elements) and, before 1.6, None or (view key, offset, elements). */
function storageId(id: unknown, fail: Fail): StorageId {
  const [kind, type, key, , length, view] = Array.isArray(id) ? id : [];
  const dtype = (type as Partial<StorageClass> | null | undefined)?.storage;
  if (kind !== "storage" || !dtype || typeof key !== "string" || !isCount(length))
    return fail("storage", "a persistent id of the pickle is no storage.");
  if (view === undefined || view === null) return { key, dtype, length, view: undefined };
  const [, start, count] = Array.isArray(view) ? view : [];
  if (!isCount(start) || !isCount(count))
    return fail("storage", `the view of storage "${key}" has no offset and size.`);
  return { key, dtype, length, view: { start, length: count } };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= 2 ** 48;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes).trim();
  } catch {
    return undefined;
  }
}
