/** @file Walking a folder of pictures: every file once, whatever links and names there are. */
import type { Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { formatOfName } from "../decode/format.ts";
import { readError } from "../files.ts";

/** Something in a folder that is no picture to learn from. */
export interface Oddity {
  readonly code: "hidden" | "not-a-picture" | "symlink-loop" | "unreadable" | "special" | "missing";
  readonly file: string;
  readonly message: string;
}

export interface Walk {
  /** Files whose name is a picture's, in order of their paths. */
  readonly pictures: string[];
  readonly oddities: Oddity[];
}

/** The pictures under a folder, sub-folders and links included; a link back to a folder above is not followed. */
export async function walk(folder: string): Promise<Walk> {
  const found: Walk = { pictures: [], oddities: [] };
  await visit(folder, await idsAbove(folder), found);
  return found;
}

/** Which folder it is, whatever path led there. */
async function idOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder);
  return `${dev}:${ino}`;
}

async function idsAbove(folder: string): Promise<string[]> {
  const ids: string[] = [];
  for (let at = resolve(folder); at !== dirname(at); ) {
    at = dirname(at);
    const id = await idOf(at).catch(() => undefined);
    if (id !== undefined) ids.push(id);
  }
  return ids;
}

async function visit(folder: string, above: readonly string[], found: Walk): Promise<void> {
  let entries: Dirent[];
  let id: string;
  try {
    id = await idOf(folder);
    if (above.includes(id)) {
      found.oddities.push({
        code: "symlink-loop",
        file: folder,
        message: "a link to a folder that it lies in; it is not followed.",
      });
      return;
    }
    entries = await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    found.oddities.push({ code: "unreadable", file: folder, message: readError(folder, cause).message });
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const kind = await kindOfEntry(entry, path);
    if (isHidden(entry.name))
      found.oddities.push({
        code: "hidden",
        file: path,
        message: "hidden, or put there by the system; it is left out.",
      });
    else if (kind === "folder") await visit(path, [...above, id], found);
    else if (kind === "gone")
      found.oddities.push({ code: "missing", file: path, message: "a link to something that is not there." });
    else if (kind === "loop")
      found.oddities.push({ code: "symlink-loop", file: path, message: "links that lead back to themselves." });
    else if (kind === "special")
      found.oddities.push({ code: "special", file: path, message: "no ordinary file (a pipe, a socket, a device)." });
    else if (formatOfName(entry.name) === undefined)
      found.oddities.push({
        code: "not-a-picture",
        file: path,
        message: "the name is not that of a picture; it is left out.",
      });
    else found.pictures.push(path);
  }
}

type EntryKind = "file" | "folder" | "gone" | "loop" | "special";

export async function kindOfEntry(entry: Dirent, path: string): Promise<EntryKind> {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  if (!entry.isSymbolicLink()) return "special";
  try {
    const target = await stat(path);
    return target.isDirectory() ? "folder" : target.isFile() ? "file" : "special";
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ELOOP" ? "loop" : "gone";
  }
}

/** Names beginning with a dot, and what Windows and macOS leave in folders. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || /^(thumbs\.db|desktop\.ini|__macosx|icon\r)$/i.test(name);
}
