/** @file Files that are either whole or not there. */
import { existsSync } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { DataError } from "@drishti/core/errors";

/** What writing needs of the file system; tests put a full disk in its place. */
export interface FileSystem {
  open(path: string, flags: string): Promise<Pick<FileHandle, "writeFile" | "sync" | "close">>;
  rename(from: string, to: string): Promise<void>;
  rm(path: string, options: { force: boolean }): Promise<void>;
}

const disk: FileSystem = { open, rename, rm };

/** Of a file; pieces stand one after the other. */
export type Content = string | Uint8Array | readonly Uint8Array[];

/**
 * Puts `data` at `path` in one act: written under another name in the same folder, flushed to the disk, then renamed.
 * Whatever fails, the file that stood there before is as it was, and nothing half-written stays behind.
 *
 * Throws  DataError "no-space", "not-writable", "missing-folder" or "write", naming the file.
 */
export async function writeAtomic(path: string, data: Content, fs: FileSystem = disk): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const file = await fs.open(temporary, "w");
    try {
      for (const piece of Array.isArray(data) ? data : [data]) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await fs.rename(temporary, path);
  } catch (cause) {
    await fs.rm(temporary, { force: true }).catch(() => {});
    throw writeError(path, cause);
  }
  await syncFolder(dirname(path));
}

/**
 * Makes a folder, and those above it. Throws DataError as `writeAtomic`.
 *
 * One after the other: of several at once Node says "not there" where the first may not be made, and in folders that the
 * system only pretends to have (/proc) it tries for ever.
 */
export async function makeFolder(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  try {
    for (const folder of missing)
      await mkdir(folder).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== "EEXIST") throw cause; // somebody else was quicker
      });
    if (!(await stat(path)).isDirectory()) throw Object.assign(new Error("a file"), { code: "EEXIST" });
  } catch (cause) {
    throw writeError(path, cause);
  }
}

/** The rename itself survives a power cut only when the folder is flushed too; where that cannot be done, so be it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

const reasons: Readonly<Record<string, readonly [code: string, text: string]>> = {
  ENOSPC: ["no-space", "the disk is full. Make room, or write elsewhere"],
  EDQUOT: ["no-space", "the disk quota is used up. Make room, or write elsewhere"],
  EFBIG: ["no-space", "the file would be larger than this system allows. Write elsewhere"],
  EACCES: ["not-writable", "this user may not write there. Change the permissions, or write elsewhere"],
  EPERM: ["not-writable", "this user may not write there. Change the permissions, or write elsewhere"],
  EROFS: ["not-writable", "the file system is read-only. Write elsewhere"],
  ENOENT: ["missing-folder", "the folder is not there. Was it removed while this ran? Make it, or write elsewhere"],
  ENOTDIR: ["not-writable", "a file stands where a folder is needed. Write elsewhere"],
  EISDIR: ["not-writable", "a folder of that name is there. Give the name of a file"],
  ENAMETOOLONG: ["not-writable", "the name is too long for this file system. Give a shorter one"],
  EEXIST: ["not-writable", "a file stands where a folder is needed. Write elsewhere"],
};

/** A failed write as a DataError that says what to do. */
export function writeError(path: string, cause: unknown): DataError {
  const { code = "", message } = cause as NodeJS.ErrnoException;
  const [name, text] = reasons[code] ?? ["write", message];
  return new DataError("write", name, `${path} cannot be written: ${text}.`, path, { cause });
}
