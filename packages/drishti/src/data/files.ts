/** @file Reading files so that whatever is wrong names the file and says what to do. */
import { readdirSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { DataError } from "@drishti/core/errors";

/** `~/x` with the home folder in place: a shell leaves the ~ of `mnist:~/x` alone. */
export function expandHome(path: string): string {
  return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** A failed read as a DataError: "missing", "unreadable", "folder", or "read" with the system's words. */
export function readError(path: string, cause: unknown): DataError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const [name, text] =
    code === "ENOENT" || code === "ENOTDIR"
      ? ["missing", "there is no such file or folder. Check the path."]
      : code === "EACCES" || code === "EPERM"
        ? ["unreadable", "may not be read by this user. Check its permissions."]
        : code === "EISDIR"
          ? ["folder", "is a folder, a file is wanted. Name a file in it."]
          : ["read", `cannot be read: ${message}.`];
  return new DataError("data", name, `${path}: ${text}`, path, { cause });
}

/** The whole file. Throws DataError as `readError`. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return plain(await readFile(path));
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** Whole files, one behind the other in one piece of memory. Throws DataError as `readError`. */
export async function readSideBySide(paths: readonly string[]): Promise<{ name: string; bytes: Uint8Array }[]> {
  const sizes: number[] = [];
  for (const path of paths) sizes.push((await stat(path).catch((cause) => raise(path, cause))).size);
  const memory = new Uint8Array(sizes.reduce((a, b) => a + b, 0));
  const parts: { name: string; bytes: Uint8Array }[] = [];
  let at = 0;
  for (const [i, name] of paths.entries()) {
    const place = memory.subarray(at, at + sizes[i]!);
    at += place.length;
    const file = await open(name).catch((cause) => raise(name, cause));
    try {
      let length = 0;
      while (length < place.length) {
        const { bytesRead } = await file
          .read(place, length, place.length - length)
          .catch((cause) => raise(name, cause));
        if (bytesRead === 0) break; // cut off meanwhile
        length += bytesRead;
      }
      parts.push({ name, bytes: place.subarray(0, length) });
    } finally {
      await file.close();
    }
  }
  return parts;
}

function raise(path: string, cause: unknown): never {
  throw readError(path, cause);
}

/** The same memory as a Uint8Array and nothing more: a Buffer's `slice` shares where a Uint8Array's copies. */
export function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** "file" or "folder". Throws DataError when there is neither, or it may not be looked at. */
export async function kindOf(path: string): Promise<"file" | "folder"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch (cause) {
    throw readError(path, cause);
  }
}

/** Names in a folder, in order. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    throw readError(folder, cause);
  }
}

/** The first few of some names, for a message. */
export function listed(names: readonly string[], most = 6): string {
  if (names.length === 0) return "nothing";
  return names.slice(0, most).join(", ") + (names.length > most ? ` and ${names.length - most} more` : "");
}

const unzip = promisify(gunzip);

/** A gzip file that unpacks to more than this is no data set of idx files (the largest, EMNIST, has 550 MB). */
const MOST_UNPACKED = 2 ** 31;

/** The bytes, unpacked if they are a gzip stream, whatever the file is called. Throws DataError "truncated" or "damaged". */
export async function unpacked(bytes: Uint8Array, path: string): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return plain(await unzip(bytes, { maxOutputLength: MOST_UNPACKED }));
  } catch (cause) {
    throw gzipError(path, bytes.length, cause);
  }
}

/** What zlib says of a bad stream, in our words. */
export function gzipError(path: string, size: number, cause: unknown): DataError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === "ERR_BUFFER_TOO_LARGE")
    return new DataError(
      "data",
      "size",
      `${path}: its ${size} bytes unpack to more than ${MOST_UNPACKED}. This is no data set.`,
      path,
      { cause },
    );
  return code === "Z_BUF_ERROR"
    ? new DataError(
        "data",
        "truncated",
        `${path}: the gzip stream stops early, after ${size} bytes: cut off? Get the file again.`,
        path,
        { cause },
      )
    : new DataError(
        "data",
        "damaged",
        `${path}: the gzip stream is damaged (${message}; ${size} bytes). Get the file again.`,
        path,
        { cause },
      );
}
