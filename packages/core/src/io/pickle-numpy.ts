/** @file NumPy's scalars in pickles: people save `best_acc` as one. */
import type { Fail } from "./fail.ts";
import type { PickleGlobal } from "./pickle.ts";

/** `numpy.dtype("f8")`, whose byte order comes as its state. */
interface NumpyDType {
  readonly code: string;
  order: string;
}

type Read = (view: DataView, little: boolean) => number | bigint | boolean;

const readers: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["f8", (v, le) => v.getFloat64(0, le)],
  ["f4", (v, le) => v.getFloat32(0, le)],
  ["i8", (v, le) => plain(v.getBigInt64(0, le))],
  ["u8", (v, le) => plain(v.getBigUint64(0, le))],
  ["i4", (v, le) => v.getInt32(0, le)],
  ["u4", (v, le) => v.getUint32(0, le)],
  ["i2", (v, le) => v.getInt16(0, le)],
  ["u2", (v, le) => v.getUint16(0, le)],
  ["i1", (v) => v.getInt8(0)],
  ["u1", (v) => v.getUint8(0)],
  ["b1", (v) => v.getUint8(0) !== 0],
]);

function plain(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function dtype([code]: readonly unknown[], fail: Fail): NumpyDType {
  if (typeof code !== "string" || !readers.has(code))
    return fail("dtype", `a NumPy value of the type ${String(code)} cannot be read.`);
  return { code, order: "<" };
}

/** (3, "<", …) */
function setOrder(object: unknown, state: unknown, fail: Fail): void {
  const order = Array.isArray(state) ? state[1] : undefined;
  if (typeof order !== "string" || !"<>|=".includes(order)) throw fail("dtype", "a NumPy type has no byte order.");
  (object as NumpyDType).order = order;
}

function scalar([type, bytes]: readonly unknown[], fail: Fail): unknown {
  const { code, order } = (type ?? {}) as Partial<NumpyDType>;
  const read = code === undefined ? undefined : readers.get(code);
  if (!read || !(bytes instanceof Uint8Array) || bytes.length !== Number(code!.slice(1)))
    return fail("dtype", "a NumPy value has no known type, or not the bytes of its type.");
  return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), order !== ">");
}

export const numpyGlobals: readonly PickleGlobal[] = [
  { name: "numpy.dtype", call: dtype, setState: setOrder },
  { name: "numpy.core.multiarray.scalar", call: scalar },
  { name: "numpy._core.multiarray.scalar", call: scalar },
];
