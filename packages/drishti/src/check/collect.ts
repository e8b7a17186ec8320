/** @file The files that `data check` looks at, and what is odd about where they lie. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "@drishti/core/errors";
import { formatOfName } from "../data/decode/format.ts";
import { kindOf, readError } from "../data/files.ts";
import { openSource } from "../data/open-data.ts";
import { foldersIn, layoutOf } from "../data/sources/folder.ts";
import { isHidden, kindOfEntry, walk } from "../data/sources/scan.ts";
import type { PictureSource } from "../data/sources/source.ts";
import type { Place } from "../data/work/place.ts";
import type { Problem } from "./problem.ts";

export interface Candidate {
  readonly place: Place;
  /** Class number; −1 for none. */
  readonly label: number;
  readonly part: "train" | "val";
}

export interface Collection {
  readonly classes: readonly string[];
  readonly candidates: Candidate[];
  readonly problems: Problem[];
}

/**
 * Everything under a folder of pictures; or what a list or shards name.
 *
 * Throws  DataError only when there is nothing to look at: no such path, a data set of another kind, a broken list.
 */
export async function collect(path: string): Promise<Collection> {
  if (!path.startsWith("shards:") && (await kindOf(path)) === "folder") return collectFolder(path);
  const parts = await openSource(path);
  if (!parts)
    throw new DataError(
      "data",
      "unsupported",
      `${path} is no folder of pictures, no .csv or .jsonl list and no shards:PATTERN. Only those can be checked.`,
      path,
    );
  const of = (source: PictureSource | undefined, part: "train" | "val"): Candidate[] =>
    Array.from({ length: source?.length ?? 0 }, (_, i) => ({ place: source!.place(i), label: source!.label(i), part }));
  const { train, val } = parts;
  return { classes: train.classes, candidates: [...of(train, "train"), ...of(val, "val")], problems: [] };
}

async function collectFolder(root: string): Promise<Collection> {
  const layout = await layoutOf(root);
  const classes = await foldersIn(layout.train);
  const found: Collection = { classes, candidates: [], problems: [] };
  if (layout.train !== root) await strays(root, found);
  await part(layout.train, "train", classes, found);
  if (classes.length === 0 && found.problems.length === 0)
    throw new DataError(
      "data",
      "no-classes",
      `${root} has no sub-folders and no pictures: there is nothing to check. Give a folder with one sub-folder of pictures a class, or a train/ and a val/ of those.`,
      root,
    );
  if (!layout.val) return found;
  for (const name of await foldersIn(layout.val))
    if (!classes.includes(name))
      found.problems.push({
        code: "unknown-class",
        file: join(layout.val, name),
        message: `${layout.train} has no class "${name}", so nothing can learn it.`,
      });
  await part(layout.val, "val", classes, found);
  return found;
}

async function part(root: string, name: "train" | "val", classes: readonly string[], found: Collection): Promise<void> {
  await strays(root, found);
  const present = await foldersIn(root);
  for (const [label, className] of classes.entries()) {
    const folder = join(root, className);
    const { pictures, oddities } = present.includes(className) ? await walk(folder) : { pictures: [], oddities: [] };
    found.problems.push(...oddities);
    for (const path of pictures) found.candidates.push({ place: { path }, label, part: name });
    if (pictures.length === 0)
      found.problems.push({
        code: "empty-class",
        file: folder,
        message: `class "${className}" has no picture in this part.`,
      });
  }
}

/** Files beside the class folders. */
async function strays(root: string, { problems }: Collection): Promise<void> {
  const entries = await readdir(root, { withFileTypes: true }).catch((cause: unknown) => {
    throw readError(root, cause);
  });
  for (const entry of entries) {
    const file = join(root, entry.name);
    if (isHidden(entry.name))
      problems.push({ code: "hidden", file, message: "hidden, or put there by the system; it is left out." });
    else if ((await kindOfEntry(entry, file)) !== "folder" && formatOfName(entry.name) !== undefined)
      problems.push({ code: "outside-class", file, message: "lies in no class folder; it is left out." });
  }
}
