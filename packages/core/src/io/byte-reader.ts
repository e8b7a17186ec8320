/** @file Reading numbers and pieces one after another, never past the end. */
import type { Fail } from "./fail.ts";
import { decodeUtf8 } from "./text.ts";

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fail: Fail;
  /** Where the next byte is read. */
  position: number;

  constructor(bytes: Uint8Array, fail: Fail, position = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
    this.position = position;
  }

  get left(): number {
    return this.#bytes.length - this.position;
  }

  /** Skips `count` bytes and says where they begin. Throws by `fail` "short" when they are not there. */
  #take(count: number): number {
    if (count > this.left)
      this.#fail(
        "short",
        `unexpected end of file: ${count} bytes are wanted at byte ${this.position} of ${this.#bytes.length}. Is it cut off?`,
      );
    const at = this.position;
    this.position += count;
    return at;
  }

  uint8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  /** Refuses what a number cannot hold. */
  uint64(): number {
    const value = this.#view.getBigUint64(this.#take(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER))
      this.#fail("short", `a length of ${value} bytes at byte ${this.position - 8}.`);
    return Number(value);
  }

  /** Big-endian, as pickles have it. */
  float64(): number {
    return this.#view.getFloat64(this.#take(8), false);
  }

  /** A view, no copy. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count);
    return this.#bytes.subarray(at, at + count);
  }

  utf8(count: number): string {
    const bytes = this.bytes(count);
    try {
      return decodeUtf8(bytes);
    } catch (cause) {
      return this.#fail("text", `the text at byte ${this.position - count} is not UTF-8.`, cause);
    }
  }

  /** Up to the next line feed, which is skipped. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    const text = this.utf8(end < 0 ? this.left + 1 : end - this.position);
    this.position++;
    return text;
  }
}
