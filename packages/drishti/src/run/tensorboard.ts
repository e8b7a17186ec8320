/**
 * @file Event files of TensorBoard: records of (length, its checksum, an Event message, its checksum).
 * Source: tensorflow/core/lib/io/record_writer.h and tensorflow/core/util/event.proto.
 */
import { appendFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { writeError } from "./write-file.ts";

/** A value of a curve. */
export interface Point {
  readonly tag: string;
  readonly step: number;
  readonly value: number;
}

/** The event file of a run folder. Points are kept until `flush`, so that a step costs nothing. */
export class EventFile {
  readonly path: string;
  #waiting: Uint8Array[] = [];

  constructor(folder: string, seconds = Date.now() / 1000) {
    this.path = join(folder, `events.out.tfevents.${Math.floor(seconds)}.${hostname()}`);
    this.#waiting.push(record(versionEvent(seconds)));
  }

  add(point: Point, seconds = Date.now() / 1000): void {
    this.#waiting.push(record(pointEvent(point, seconds)));
  }

  /** Appends what was added. Throws DataError when the file cannot be written. */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#waiting);
    this.#waiting = [];
    try {
      await appendFile(this.path, bytes);
    } catch (cause) {
      throw writeError(this.path, cause);
    }
  }
}

export function versionEvent(seconds: number): Uint8Array {
  return message([double(1, seconds), lengthPrefixed(3, Buffer.from("brain.Event:2"))]);
}

export function pointEvent({ tag, step, value }: Point, seconds: number): Uint8Array {
  const summary = message([lengthPrefixed(1, message([lengthPrefixed(1, Buffer.from(tag)), float(2, value)]))]);
  return message([double(1, seconds), varintField(2, step), lengthPrefixed(5, summary)]);
}

/** The message with its length and both checksums. */
export function record(data: Uint8Array): Uint8Array {
  const out = Buffer.alloc(16 + data.length);
  out.writeBigUInt64LE(BigInt(data.length), 0);
  out.writeUInt32LE(masked(crc32c(out.subarray(0, 8))), 8);
  out.set(data, 12);
  out.writeUInt32LE(masked(crc32c(data)), 12 + data.length);
  return out;
}

const message = (fields: readonly Uint8Array[]): Uint8Array => Buffer.concat(fields);

// Protocol-buffer fields: number and wire type (0 varint, 1 eight bytes, 2 length-prefixed, 5 four bytes), then the value.
function double(field: number, value: number): Uint8Array {
  const out = Buffer.alloc(9);
  out[0] = (field << 3) | 1;
  out.writeDoubleLE(value, 1);
  return out;
}

function float(field: number, value: number): Uint8Array {
  const out = Buffer.alloc(5);
  out[0] = (field << 3) | 5;
  out.writeFloatLE(value, 1);
  return out;
}

function varintField(field: number, value: number): Uint8Array {
  return Uint8Array.of(field << 3, ...varint(value));
}

function lengthPrefixed(field: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([Uint8Array.of((field << 3) | 2, ...varint(data.length)), data]);
}

function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return [...out, rest];
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** TensorFlow turns the checksum, so that one of data with checksums inside is no weaker. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
