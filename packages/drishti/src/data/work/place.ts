/** @file Where a picture's bytes are: a file, a stretch of one, or memory. It can be sent to a worker. */
import { closeSync, openSync, readSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { DataError } from "@drishti/core/errors";
import { plain, readBytes, readError } from "../files.ts";

export type Place =
  | { readonly path: string }
  /** A member of an archive. */
  | { readonly path: string; readonly start: number; readonly length: number }
  | { readonly name: string; readonly bytes: Uint8Array };

/** No picture file is larger; reading stops before a wrong path (a disk, a film) fills the memory. */
export const MAX_FILE_BYTES = 2 ** 29;

/** What errors call it; of an archive's member, the name that the header before it has. */
export function placeName(place: Place): string {
  if ("bytes" in place) return place.name;
  return "start" in place ? `${place.path}: ${memberName(place.path, place.start)}` : place.path;
}

/** Names of millions of members are not kept: the few that are wanted are read. */
function memberName(path: string, start: number): string {
  const header = Buffer.alloc(100);
  try {
    const file = openSync(path, "r");
    readSync(file, header, 0, 100, start - 512);
    closeSync(file);
  } catch {
    return `the member at byte ${start}`;
  }
  const end = header.indexOf(0);
  return header.toString("utf8", 0, end < 0 ? 100 : end);
}

/** Throws DataError "missing", "unreadable", "special", "size", "truncated" and others of `readError`. */
export async function readPlace(place: Place): Promise<Uint8Array> {
  if ("bytes" in place) return place.bytes;
  if ("start" in place) return readStretch(place);
  const { path } = place;
  const facts = await stat(path).catch((cause: unknown) => {
    throw readError(path, cause);
  });
  // A pipe or a device called a.jpg would never end.
  if (!facts.isFile() && !facts.isDirectory())
    throw new DataError("data", "special", `${path} is no ordinary file (a pipe, a socket, a device).`, path);
  if (facts.size > MAX_FILE_BYTES)
    throw new DataError("data", "size", `${path} has ${facts.size} bytes, more than a picture can have.`, path);
  return readBytes(path);
}

/** Archives stay open: a shard is read thousands of times. */
const handles = new Map<string, Promise<FileHandle>>();
const MOST_OPEN = 64;

async function readStretch(place: Place & { readonly start: number; readonly length: number }): Promise<Uint8Array> {
  const { path, start, length } = place as Extract<Place, { start: number }>;
  let handle = handles.get(path);
  if (!handle) {
    if (handles.size >= MOST_OPEN) {
      const [oldest, old] = handles.entries().next().value!;
      handles.delete(oldest);
      // Reads under way on it end first: close() waits for them.
      void old.then((file) => file.close()).catch(() => {});
    }
    handle = open(path);
    handles.set(path, handle);
    handle.catch(() => handles.delete(path));
  }
  const bytes = Buffer.alloc(length);
  let read: number;
  try {
    ({ bytesRead: read } = await (await handle).read(bytes, 0, length, start));
  } catch (cause) {
    throw readError(path, cause);
  }
  if (read < length)
    throw new DataError(
      "data",
      "truncated",
      `${placeName(place)}: ${length} bytes are wanted at ${start}, the archive has ${read}: cut off? Get it again.`,
      path,
    );
  return plain(bytes);
}
