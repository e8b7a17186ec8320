/**
 * @file The wire format of protocol buffers: fields of a number and a kind, and nothing else.
 * Source: https://protobuf.dev/programming-guides/encoding
 */

/** Thrown for bytes that are no message; the reader of the file says which file. */
export class WireError extends Error {}

/** How a field's value is written. */
export const kinds = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Walks over one message without copying it. */
export class WireReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The next field's number and kind. */
  tag(): { field: number; kind: number } {
    const tag = this.varint();
    const field = Math.floor(tag / 8);
    if (field < 1 || field > 0x1fffffff) throw new WireError(`field number ${field}`);
    return { field, kind: tag % 8 };
  }

  /** As int64 in two's complement; beyond 2^53 rounded to the nearest double. */
  varint(): number {
    let low = 0; // bits 0 … 27
    let middle = 0; // 28 … 55
    let high = 0; // 56 … 63
    for (let i = 0; i < 10; i++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError("it ends within a number");
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i < 8) middle |= bits << (7 * (i - 4));
      else high |= bits << (7 * (i - 8));
      if (byte < 0x80) {
        const top = high & 0xff;
        // The upper 36 bits first: their sum is exact, so that only the last addition may round.
        return middle * 2 ** 28 + (top >= 0x80 ? top - 0x100 : top) * 2 ** 56 + low;
      }
    }
    throw new WireError("a number of more than ten bytes");
  }

  fixed32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  float(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  double(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view of the bytes, not a copy. */
  bytes(): Uint8Array {
    const length = this.varint();
    if (length < 0 || length > this.#bytes.length - this.#at)
      throw new WireError(`a field of ${length} bytes where ${this.#bytes.length - this.#at} are left`);
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  string(): string {
    const bytes = this.bytes();
    try {
      return utf8.decode(bytes);
    } catch {
      throw new WireError("a text that is not UTF-8");
    }
  }

  skip(kind: number): void {
    if (kind === kinds.varint) this.varint();
    else if (kind === kinds.fixed64) this.#take(8);
    else if (kind === kinds.bytes) this.bytes();
    else if (kind === kinds.fixed32) this.#take(4);
    else throw new WireError(`a field of kind ${kind}`);
  }

  #take(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) throw new WireError("it ends within a field");
    this.#at += count;
    return start;
  }
}

/** Writes one message. */
export class WireWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;
  #small: number[] = [];

  #flush(): void {
    if (this.#small.length === 0) return;
    this.#parts.push(Uint8Array.from(this.#small));
    this.#length += this.#small.length;
    this.#small = [];
  }

  tag(field: number, kind: number): this {
    return this.varint(field * 8 + kind);
  }

  /** A whole number from −2^63 to 2^64. */
  varint(value: number): this {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest >= 0x80n) {
      this.#small.push(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#small.push(Number(rest));
    return this;
  }

  float(value: number): this {
    return this.raw(new Uint8Array(Float32Array.of(value).buffer));
  }

  double(value: number): this {
    return this.raw(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** With its length in front. */
  bytes(value: Uint8Array): this {
    return this.varint(value.length).raw(value);
  }

  raw(value: Uint8Array): this {
    this.#flush();
    this.#parts.push(value);
    this.#length += value.length;
    return this;
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.#flush();
    const out = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}
