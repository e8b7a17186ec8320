/** @file Where the members of a tar archive lie, found by its headers alone: their contents are not read. */
import { DataError } from "@drishti/core/errors";
import type { OnDemand } from "./on-demand.ts";

export interface Member {
  readonly name: string;
  /** Of its content. */
  readonly start: number;
  readonly length: number;
}

const BLOCK = 512;
/** Long names and extended headers are read whole; nothing sensible is longer. */
const MOST_META = 1 << 20;

/**
 * The files of an archive in order, each given to `found`, which may look into it. Long names (GNU) and extended headers (pax:
 * path, size) are understood; links, folders and whatever else are passed over.
 *
 * size    of the archive; Infinity for a stream, where it is not known.
 * found   on a stream it gets less than the member's length where the archive stops early.
 * Throws  DataError "truncated", "damaged" (a checksum that is wrong), "format" for a file that is no tar.
 * Source  POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
export function* tarMembers(path: string, size: number, found: (member: Member) => OnDemand<void>): OnDemand<void> {
  let at = 0;
  let long: string | undefined;
  let pax: Readonly<Record<string, string>> = {};
  while (at < size) {
    const header = yield { start: at, length: BLOCK };
    if (header.length === 0) return; // of a stream
    if (header.length < BLOCK) throw cut(path, at + header.length);
    if (header.every((byte) => byte === 0)) return; // the end is marked by blocks of zeros
    check(header, path, at);
    const type = String.fromCharCode(header[156]!);
    const length = pax.size === undefined ? number(header, 124, 12) : Number(pax.size);
    const start = at + BLOCK;
    if (!(Number.isSafeInteger(length) && length >= 0) || start + length > size) throw cut(path, size);
    at = start + Math.ceil(length / BLOCK) * BLOCK;
    if (type === "L" || type === "x" || type === "g") {
      if (length > MOST_META) throw damaged(path, start, "an extended header of more than a megabyte");
      const content = yield { start, length };
      if (content.length < length) throw cut(path, start + content.length);
      if (type === "L") long = text(content, 0, length);
      else if (type === "x") pax = paxRecords(content);
      continue;
    }
    if (type === "0" || type === "\0" || type === "7") {
      const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
      const short = text(header, 0, 100);
      yield* found({ name: pax.path ?? long ?? (prefix ? `${prefix}/${short}` : short), start, length });
    }
    long = undefined;
    pax = {};
  }
  // Some programs leave the closing zeros out; what came before is whole.
}

function check(header: Buffer, path: string, at: number): void {
  let sum = 8 * 32; // the checksum itself counts as spaces
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  if (number(header, 148, 8) === sum) return;
  if (at === 0)
    throw new DataError(
      "data",
      "format",
      `${path} is no tar archive (.tar or .tar.gz). Give shards in that format.`,
      path,
    );
  throw damaged(path, at, "a header's checksum is wrong");
}

/** Octal digits; or, with the first bit set, a big-endian number. */
function number(header: Buffer, from: number, length: number): number {
  if (header[from]! & 0x80) {
    let value = header[from]! & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + header[from + i]!;
    return value;
  }
  const digits = text(header, from, length).trim();
  return digits === "" ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

function text(bytes: Buffer, from: number, length: number): string {
  const end = bytes.subarray(from, from + length).indexOf(0);
  return bytes.toString("utf8", from, from + (end < 0 ? length : end));
}

/** "25 path=some/name\n": the length counts the whole record. */
function paxRecords(content: Buffer): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString("latin1", at, space));
    if (space < 0 || !(Number.isInteger(length) && length > space - at && at + length <= content.length)) break;
    const record = content.toString("utf8", space + 1, at + length - 1);
    const equals = record.indexOf("=");
    if (equals > 0) records[record.slice(0, equals)] = record.slice(equals + 1);
    at += length;
  }
  return records;
}

/** The error for an archive that ends where more should follow. */
export function cut(path: string, size: number): DataError {
  return new DataError(
    "data",
    "truncated",
    `${path}: the archive stops early, after ${size} bytes: cut off? Get it again.`,
    path,
  );
}

function damaged(path: string, at: number, why: string): DataError {
  return new DataError(
    "data",
    "damaged",
    `${path}: the archive is damaged at byte ${at} (${why}). Get it again.`,
    path,
  );
}
