/** @file Writing pickles of protocol 2, with the instructions that torch's own careful reader knows. */
import { encodeUtf8 } from "./text.ts";

/** Puts instructions one after another; whoever calls it keeps the stack in mind. */
export class PickleWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;

  constructor() {
    this.#put(0x80, 2); // PROTO
  }

  none(): void {
    this.#put(0x4e);
  }

  boolean(value: boolean): void {
    this.#put(value ? 0x88 : 0x89);
  }

  /** Whole numbers as ints, all others as floats. */
  number(value: number | bigint): void {
    if (typeof value === "number" && !isInt(value)) this.#float(value);
    else this.#int(BigInt(value));
  }

  #int(whole: bigint): void {
    if (whole >= 0n && whole < 256n) this.#put(0x4b, Number(whole));
    else if (whole === BigInt.asIntN(32, whole)) this.#put(0x4a, ...little(whole, 4));
    else {
      let size = 5;
      while (BigInt.asIntN(8 * size, whole) !== whole) size++;
      this.#put(0x8a, size, ...little(whole, size)); // LONG1
    }
  }

  text(value: string): void {
    const bytes = encodeUtf8(value);
    this.#put(0x58, ...little(BigInt(bytes.length), 4));
    this.#append(bytes);
  }

  global(module: string, name: string): void {
    this.#put(0x63);
    this.#append(encodeUtf8(`${module}\n${name}\n`));
  }

  mark(): void {
    this.#put(0x28);
  }

  /** Of everything above the mark. */
  tuple(): void {
    this.#put(0x74);
  }

  numbers(values: readonly number[]): void {
    this.mark();
    for (const value of values) this.number(value);
    this.tuple();
  }

  list(): void {
    this.#put(0x5d);
  }

  appends(): void {
    this.#put(0x65);
  }

  setItems(): void {
    this.#put(0x75);
  }

  /** Calls a global with the tuple above it. */
  call(): void {
    this.#put(0x52);
  }

  persistent(): void {
    this.#put(0x51);
  }

  /** The whole pickle. */
  finish(): Uint8Array {
    this.#put(0x2e);
    return this.#bytes.slice(0, this.#length);
  }

  #float(value: number): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value);
    this.#put(0x47, ...bytes);
  }

  #put(...bytes: number[]): void {
    this.#append(bytes);
  }

  #append(bytes: ArrayLike<number>): void {
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

function little(value: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

/** Minus zero is a float, and so is what is too large for 64 bits. */
function isInt(value: number): boolean {
  return Number.isInteger(value) && !Object.is(value, -0) && Math.abs(value) < 2 ** 63;
}
