/**
 * @file Writing zip archives of stored entries, their data aligned: torch maps them into memory, and so may anybody.
 * The same entries give the same bytes: no time is written.
 */
import { ArgumentError } from "../errors/errors.ts";
import { crc32 } from "./crc32.ts";
import { encodeUtf8 } from "./text.ts";

const ALIGNMENT = 64;
/** Names are UTF-8. */
const FLAGS = 0x0800;
/** 1980-01-01, the first day that zip knows. */
const DAY = 0x21;

interface Placed {
  readonly name: Uint8Array;
  readonly data: Uint8Array;
  readonly crc: number;
  readonly header: number;
  readonly padding: number;
}

/**
 * An archive of these records, in this order.
 *
 * Throws  ArgumentError "size" from 4 GiB on, where the format needs fields that are not written here.
 */
export function writeZip(records: Iterable<readonly [name: string, data: Uint8Array]>): Uint8Array<ArrayBuffer> {
  const placed: Placed[] = [];
  let at = 0;
  for (const [text, data] of records) {
    const name = encodeUtf8(text);
    const unpadded = at + 30 + name.length;
    // An extra field has 4 bytes of its own.
    const padding = 4 + ((ALIGNMENT - ((unpadded + 4) % ALIGNMENT)) % ALIGNMENT);
    placed.push({ name, data, crc: crc32(data), header: at, padding });
    at = unpadded + padding + data.length;
  }
  const directory = placed.reduce((sum, { name }) => sum + 46 + name.length, 0);
  const total = at + directory + 22;
  if (total >= 2 ** 32 || placed.length >= 2 ** 16 - 1)
    throw new ArgumentError(
      "writeZip",
      "size",
      `${total} bytes in ${placed.length} records are more than a zip without 64-bit fields holds.`,
    );
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  for (const entry of placed) {
    const { header, name, data, padding } = entry;
    view.setUint32(header, 0x04034b50, true);
    common(view, header + 4, entry, padding);
    out.set(name, header + 30);
    const extra = header + 30 + name.length;
    view.setUint16(extra, 0x4246, true); // torch's own mark for padding, "FB"
    view.setUint16(extra + 2, padding - 4, true);
    out.fill(0x5a, extra + 4, extra + padding);
    out.set(data, extra + padding);
  }
  let position = at;
  for (const entry of placed) {
    view.setUint32(position, 0x02014b50, true);
    common(view, position + 6, entry, 0);
    view.setUint32(position + 42, entry.header, true);
    out.set(entry.name, position + 46);
    position += 46 + entry.name.length;
  }
  view.setUint32(position, 0x06054b50, true);
  view.setUint16(position + 8, placed.length, true);
  view.setUint16(position + 10, placed.length, true);
  view.setUint32(position + 12, directory, true);
  view.setUint32(position + 16, at, true);
  return out;
}

/** What a record's two headers have in common, from "version needed" on. */
function common(view: DataView, at: number, { crc, data, name }: Placed, extra: number): void {
  view.setUint16(at + 2, FLAGS, true);
  view.setUint16(at + 8, DAY, true);
  view.setUint32(at + 10, crc, true);
  view.setUint32(at + 14, data.length, true);
  view.setUint32(at + 18, data.length, true);
  view.setUint16(at + 22, name.length, true);
  view.setUint16(at + 24, extra, true);
}
