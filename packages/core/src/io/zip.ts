/**
 * @file Zip archives, as far as model files use them: entries stored or deflated, with or without the 64-bit fields.
 * Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3.
 */
import { crc32 } from "./crc32.ts";
import type { Fail } from "./fail.ts";
import { InflateError, inflate } from "./inflate.ts";
import { decodeUtf8 } from "./text.ts";

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;

/** Of the whole archive's deflated entries together. */
export interface ZipLimits {
  inflatedBytes: number;
}

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly header: number;
}

/** The entries of an archive; each is looked at only when it is read. */
export class ZipArchive {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #entries = new Map<string, Entry>();
  readonly #fail: Fail;
  readonly #limits: ZipLimits;

  /** Throws by `fail`: "zip" for a damaged archive, "zip-name" for an entry given twice. */
  constructor(bytes: Uint8Array, limits: ZipLimits, fail: Fail) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
    this.#limits = limits;
    this.#readDirectory();
  }

  get names(): IterableIterator<string> {
    return this.#entries.keys();
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /**
   * The bytes of an entry: of the archive's own memory where they are stored. Throws by `fail`: "zip" for a missing or
   * damaged entry, "crc", "compression" for another method than DEFLATE, "too-large" above the limit.
   */
  read(name: string): Uint8Array {
    const fail = this.#fail;
    const entry = this.#entries.get(name);
    if (!entry)
      return fail(
        "zip",
        `the archive has no record "${name}". Is the file damaged, or was it unpacked and packed again?`,
      );
    const { header, packed, size, method, crc } = entry;
    if (header + 30 > this.#bytes.length || this.#view.getUint32(header, true) !== LOCAL)
      return fail("zip", `the record "${name}" does not begin at byte ${header}, where the archive says.`);
    const start = header + 30 + this.#view.getUint16(header + 26, true) + this.#view.getUint16(header + 28, true);
    if (start + packed > this.#bytes.length)
      return fail(
        "zip",
        `the record "${name}" needs ${packed} bytes, ${Math.max(0, this.#bytes.length - start)} are left. Is the file cut off?`,
      );
    const raw = this.#bytes.subarray(start, start + packed);
    const data = method === 0 ? this.#stored(raw, size, name) : this.#inflated(raw, size, name, method);
    if (crc32(data) !== crc)
      fail("crc", `the record "${name}" is damaged: its checksum does not fit. Get the file again.`);
    return data;
  }

  #stored(raw: Uint8Array, size: number, name: string): Uint8Array {
    if (raw.length !== size)
      this.#fail("zip", `the record "${name}" is stored in ${raw.length} bytes, but should have ${size}.`);
    return raw;
  }

  #inflated(raw: Uint8Array, size: number, name: string, method: number): Uint8Array {
    if (method !== 8)
      this.#fail(
        "compression",
        `the record "${name}" is packed by method ${method}; stored (0) and deflated (8) can be read.`,
      );
    if (size > this.#limits.inflatedBytes)
      this.#fail(
        "too-large",
        `the record "${name}" would be unpacked to ${size} bytes, more than is allowed for a file of ${this.#bytes.length}. Is it a zip bomb? If not, raise maxBytes.`,
      );
    this.#limits.inflatedBytes -= size;
    try {
      return inflate(raw, size);
    } catch (cause) {
      if (!(cause instanceof InflateError)) throw cause;
      return this.#fail("zip", `the record "${name}" cannot be unpacked: ${cause.message}.`, cause);
    }
  }

  #readDirectory(): void {
    const [count, size, offset] = this.#end();
    const fail = this.#fail;
    if (offset + size > this.#bytes.length || count * 46 > size)
      fail("zip", `its directory (${count} records in ${size} bytes from byte ${offset}) does not fit into the file.`);
    let at = offset;
    for (let i = 0; i < count; i++) {
      if (at + 46 > offset + size || this.#view.getUint32(at, true) !== CENTRAL)
        fail("zip", `record ${i} of its directory is damaged.`);
      at = this.#readEntry(at, offset + size);
    }
  }

  /** Returns where the next one begins. */
  #readEntry(at: number, end: number): number {
    const view = this.#view;
    const fail = this.#fail;
    const [nameLength, extraLength, noteLength] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + nameLength + extraLength + noteLength;
    if (next > end) fail("zip", "a record of its directory is cut off.");
    const name = this.#name(at + 46, nameLength);
    if (view.getUint16(at + 8, true) & 1) fail("zip", `the record "${name}" is encrypted.`);
    if (this.#entries.has(name)) fail("zip-name", `the archive has the record "${name}" twice.`);
    const wide = this.#wideFields(at + 46 + nameLength, extraLength);
    const field = (position: number) => {
      const value = view.getUint32(at + position, true);
      return value === FULL32 ? wide(name) : value;
    };
    const size = field(24); // in the order in which the extra field has them
    const packed = field(20);
    const header = field(42);
    this.#entries.set(name, {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packed,
      size,
      header,
    });
    return next;
  }

  #name(start: number, length: number): string {
    const bytes = this.#bytes.subarray(start, start + length);
    try {
      return decodeUtf8(bytes);
    } catch {
      return String.fromCharCode(...bytes);
    }
  }

  /** Gives the 64-bit values of a record, one after another. */
  #wideFields(start: number, length: number): (name: string) => number {
    let at = start + length;
    let end = at;
    for (let i = start; i + 4 <= start + length; i += 4 + this.#view.getUint16(i + 2, true))
      if (this.#view.getUint16(i, true) === 1) {
        at = i + 4;
        end = Math.min(at + this.#view.getUint16(i + 2, true), start + length);
        break;
      }
    return (name) => {
      if (at + 8 > end) return this.#fail("zip", `the record "${name}" lacks its 64-bit sizes.`);
      at += 8;
      return this.#wide(at - 8);
    };
  }

  #wide(at: number): number {
    const value = this.#view.getBigUint64(at, true);
    return value > BigInt(Number.MAX_SAFE_INTEGER)
      ? this.#fail("zip", `its directory names a size of ${value} bytes.`)
      : Number(value);
  }

  /** How many records the directory has, how long it is, and where. */
  #end(): [count: number, size: number, offset: number] {
    const view = this.#view;
    const length = this.#bytes.length;
    for (let at = length - 22; at >= Math.max(0, length - 22 - FULL16); at--) {
      if (view.getUint32(at, true) !== END || at + 22 + view.getUint16(at + 20, true) !== length) continue;
      const [disk, count] = [view.getUint16(at + 4, true), view.getUint16(at + 10, true)];
      const [size, offset] = [view.getUint32(at + 12, true), view.getUint32(at + 16, true)];
      if (disk !== 0 && disk !== FULL16) this.#fail("zip", "it is one part of an archive in several files.");
      return count === FULL16 || size === FULL32 || offset === FULL32 ? this.#end64(at - 20) : [count, size, offset];
    }
    return this.#fail(
      "zip",
      `it begins like a zip archive, but has no end-of-central-directory record in its ${length} bytes: cut off? Get the file again.`,
    );
  }

  #end64(locator: number): [count: number, size: number, offset: number] {
    const view = this.#view;
    if (locator < 0 || view.getUint32(locator, true) !== END64_LOCATOR)
      return this.#fail("zip", "its 64-bit directory is not where it should be.");
    const at = this.#wide(locator + 8);
    if (at + 56 > locator || view.getUint32(at, true) !== END64)
      return this.#fail("zip", "its 64-bit directory is not where it should be.");
    return [this.#wide(at + 32), this.#wide(at + 40), this.#wide(at + 48)];
  }
}
