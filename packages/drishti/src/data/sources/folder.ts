/** @file Image folders: one sub-folder a class, or `train/` and `val/` of those. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "@drishti/core/errors";
import { listed, readError } from "../files.ts";
import { isHidden, kindOfEntry, type Oddity, walk } from "./scan.ts";
import { FileSource, type SourceParts } from "./source.ts";

const VALIDATION = ["val", "valid", "validation", "test"];

/** The class folders of a data folder, part by part. */
export interface Layout {
  readonly train: string;
  readonly val?: string;
}

/** Which of the two layouts a folder has. */
export async function layoutOf(root: string): Promise<Layout> {
  const names = await foldersIn(root);
  if (!names.includes("train")) return { train: root };
  const val = VALIDATION.find((name) => names.includes(name));
  return { train: join(root, "train"), ...(val ? { val: join(root, val) } : {}) };
}

/** Names of the sub-folders, hidden ones left out, in order. */
export async function foldersIn(root: string): Promise<string[]> {
  try {
    const entries = await readdir(root, { withFileTypes: true });
    const kinds = await Promise.all(entries.map((entry) => kindOfEntry(entry, join(root, entry.name))));
    const names = entries.filter(({ name }, i) => kinds[i] === "folder" && !isHidden(name));
    return names.map(({ name }) => name).sort();
  } catch (cause) {
    throw readError(root, cause);
  }
}

/**
 * The pictures of a folder. Classes are the names of the sub-folders in order; deeper folders belong to their class.
 * Hidden files and files whose name is no picture's are left out.
 *
 * Throws  DataError "no-classes", "empty-class", "classes" when the validation part has a class of its own, "unreadable".
 */
export async function openFolder(root: string): Promise<SourceParts> {
  const layout = await layoutOf(root);
  const classes = await foldersIn(layout.train);
  if (classes.length === 0)
    throw new DataError(
      "data",
      "no-classes",
      `${layout.train} has no sub-folders: give a folder with one sub-folder of pictures a class, or a train/ and a val/ of those. For idx files or CIFAR-10 say so: mnist:${root} or cifar10:${root}.`,
      root,
    );
  const train = await openPart(layout.train, classes, true);
  if (!layout.val) return { train };
  const own = await foldersIn(layout.val);
  const unknown = own.filter((name) => !classes.includes(name));
  if (unknown.length > 0)
    throw new DataError(
      "data",
      "classes",
      `${layout.val} has ${listed(unknown)}, which ${layout.train} has not (${listed(classes)}). Both need the same classes.`,
      layout.val,
    );
  return { train, val: await openPart(layout.val, classes, false, own) };
}

async function openPart(
  root: string,
  classes: readonly string[],
  complete: boolean,
  present: readonly string[] = classes,
): Promise<FileSource> {
  const paths: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    const folder = join(root, name);
    const { pictures, oddities } = present.includes(name) ? await walk(folder) : { pictures: [], oddities: [] };
    refuse(oddities);
    if (complete && pictures.length === 0)
      throw new DataError(
        "data",
        "empty-class",
        `${folder} has no picture, so class "${name}" could not be learnt. Put pictures in it, or remove it.`,
        folder,
      );
    for (const path of pictures) {
      paths.push(path);
      labels.push(label);
    }
  }
  if (paths.length === 0)
    throw new DataError("data", "empty", `${root} has no picture in its class folders. Check the path.`, root);
  return new FileSource(paths, Int32Array.from(labels), classes, root);
}

/** A folder that cannot be looked into may hold any number of pictures: that is never passed over. */
function refuse(oddities: readonly Oddity[]): void {
  const [first] = oddities.filter(({ code }) => code === "unreadable");
  if (first) throw new DataError("data", first.code, first.message.replace(/^data: /, ""), first.file);
}
