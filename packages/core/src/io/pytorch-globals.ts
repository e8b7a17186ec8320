/**
 * @file What a PyTorch file may name: the functions by which torch puts tensors together again, its types, and a few
 * containers. Nothing is looked up anywhere else, so a file can make nothing run.
 */
import type { Fail } from "./fail.ts";
import type { PickleGlobal } from "./pickle.ts";
import { numpyGlobals } from "./pickle-numpy.ts";
import { type PyTorchDType, storageDTypes, torchDTypes } from "./pytorch-dtype.ts";
import { type PyTorchStorage, PyTorchTensor, tensorOf } from "./pytorch-tensor.ts";

/** The class of a storage, as persistent ids name it. */
export interface StorageClass extends PickleGlobal {
  readonly storage: PyTorchDType;
}

/** What a persistent id stands for. */
export interface StorageHandle {
  readonly handle: PyTorchStorage;
}

/** Counts the bytes of all tensors; refuses when they are more than the file can mean. */
export type Account = (bytes: number) => void;

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

function rebuildTensor(account: Account, fail: Fail, args: readonly unknown[], asDType?: PyTorchDType): PyTorchTensor {
  const [storage, offset, shape, stride] = args;
  const handle = (storage as Partial<StorageHandle> | null)?.handle;
  if (!handle || !isCount(offset) || !isCounts(shape) || !isCounts(stride))
    return fail("tensor", "a tensor is put together from what is no storage, offset, shape and strides.");
  const dtype = asDType ?? handle.dtype;
  const tensor = tensorOf({ storage: handle, dtype, offset, shape: [...shape], stride: [...stride] }, fail);
  account(tensor.numel * torchDTypes.get(dtype)!.bytes);
  return tensor;
}

function tensorArg(value: unknown, fail: Fail): PyTorchTensor {
  return value instanceof PyTorchTensor ? value : fail("tensor", "a parameter is made of what is no tensor.");
}

/** An OrderedDict carries what PyTorch writes on it (`_metadata`: versions of layers); it is left out. */
function newMap([entries]: readonly unknown[], fail: Fail): Map<unknown, unknown> {
  if (entries === undefined || entries === null) return new Map();
  if (entries instanceof Map) return new Map(entries);
  if (!Array.isArray(entries) || !entries.every((pair) => Array.isArray(pair) && pair.length === 2))
    return fail("pickle", "a dict is made of what are no pairs.");
  return new Map(entries as [unknown, unknown][]);
}

function listArg([values]: readonly unknown[], fail: Fail): unknown[] {
  if (values === undefined) return [];
  return Array.isArray(values) ? [...values] : fail("pickle", "a list is made of what is no list.");
}

/** `_codecs.encode("…", "latin1")`: how protocol 2 writes bytes. */
function encode([text, coding]: readonly unknown[], fail: Fail): Uint8Array {
  if (typeof text !== "string" || (coding !== "latin1" && coding !== "latin-1") || /[^\0-\xff]/.test(text))
    return fail("pickle", "bytes are written in a coding other than latin1.");
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const ignoreState = () => {};

function table(account: Account): Map<string, unknown> {
  const known = new Map<string, unknown>();
  const add = (name: string, call?: PickleGlobal["call"], setState?: PickleGlobal["setState"]) =>
    known.set(name, { name, call, setState } satisfies PickleGlobal);

  add("torch._utils._rebuild_tensor", (args, fail) => rebuildTensor(account, fail, args));
  add("torch._utils._rebuild_tensor_v2", (args, fail) => {
    const tensor = rebuildTensor(account, fail, args);
    tensor.requiresGrad = args[4] === true;
    return tensor;
  });
  // (storage, offset, shape, stride, requires_grad, hooks, dtype, metadata): the types that have no storage class
  add("torch._utils._rebuild_tensor_v3", (args, fail) => {
    const dtype = args[6];
    if (typeof dtype !== "string" || !torchDTypes.has(dtype)) return fail("dtype", "a tensor has no known dtype.");
    const tensor = rebuildTensor(account, fail, args, dtype as PyTorchDType);
    tensor.requiresGrad = args[4] === true;
    return tensor;
  });
  const parameter: PickleGlobal["call"] = ([data, requiresGrad], fail) => {
    const tensor = tensorArg(data, fail);
    tensor.requiresGrad = requiresGrad === true;
    return tensor;
  };
  add("torch._utils._rebuild_parameter", parameter);
  add("torch._utils._rebuild_parameter_with_state", parameter);
  // (function, type, arguments, state): a tensor that somebody wrote attributes on
  add("torch._tensor._rebuild_from_type_v2", ([make, type, args], fail) => {
    const { call } = (make ?? {}) as Partial<PickleGlobal>;
    const { name } = (type ?? {}) as Partial<PickleGlobal>;
    if (!call || !Array.isArray(args) || (name !== "torch.Tensor" && name !== "torch.nn.parameter.Parameter"))
      return fail("global", `a tensor of the type ${name ?? "?"} cannot be read; plain tensors and parameters can.`);
    return tensorArg(call(args, fail), fail);
  });
  add("torch.Tensor");
  add("torch.nn.parameter.Parameter");
  add("torch.Size", listArg);
  add("torch.device", ([type, index]) => (index === undefined ? type : `${type}:${index}`));
  for (const name of torchDTypes.keys()) known.set(`torch.${name}`, name);
  for (const [name, storage] of storageDTypes)
    for (const module of ["torch", "torch.storage", "torch.cuda"])
      known.set(`${module}.${name}`, { name: `${module}.${name}`, storage } satisfies StorageClass);

  add("collections.OrderedDict", newMap, ignoreState);
  add("collections.Counter", newMap);
  add("collections.defaultdict", ([, entries], fail) => newMap([entries], fail));
  add("collections.deque", listArg);
  add("_codecs.encode", encode);
  for (const module of ["builtins", "__builtin__"]) {
    add(`${module}.set`, (args, fail) => new Set(listArg(args, fail)));
    add(`${module}.frozenset`, (args, fail) => new Set(listArg(args, fail)));
    add(`${module}.complex`, ([real, imaginary]) => [real, imaginary]);
    add(`${module}.bytearray`, (args, fail) => (args.length === 0 ? new Uint8Array() : encode(args, fail)));
    // What a defaultdict makes; only ever named.
    for (const type of ["list", "dict", "int", "float", "str", "bool", "tuple"]) add(`${module}.${type}`);
  }
  for (const entry of numpyGlobals) known.set(entry.name, entry);
  return known;
}

/** Looks names up among those, and refuses every other by its name. */
export function torchGlobals(account: Account, fail: Fail): (module: string, name: string) => unknown {
  const known = table(account);
  return (module, name) => {
    const whole = `${module}.${name}`;
    const found = known.get(whole);
    if (found !== undefined) return found;
    const hint = /^[A-Z]/.test(name)
      ? "It holds objects, not only weights: in PyTorch, save the state dict instead, torch.save(model.state_dict(), path)."
      : "Nothing was run. If you do not know where the file is from, do not load it in Python either.";
    return fail(
      "global",
      `the file asks for ${whole}, which is not among what tensors need, so it is refused. ${hint}`,
    );
  };
}
