/** @file Folders of small PNG pictures that a network learns in seconds: needs no other decoder. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Generator } from "@drishti/core";
import { encode } from "fast-png";

export const CLASSES = ["green", "red"];

/** A PNG that is mostly of its class's colour, with noise, no two alike. */
export function picture(label: number, seed: number, [width, height] = [14, 12]): Uint8Array {
  const random = new Generator(1 + seed);
  const data = Uint8Array.from(
    { length: width! * height! * 3 },
    (_, i) => (i % 3 === (label === 0 ? 1 : 0) ? 150 : 20) + (random.random() % 100),
  );
  return encode({ width: width!, height: height!, channels: 3, data });
}

/** Files by path under `folder`. */
export function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  return folder;
}

/** `green/` and `red/` with `count` pictures each, of different sizes; with a prefix, below that folder. */
export function writePictures(folder: string, count: number, prefix = "", seed = 0): string {
  const files: Record<string, Uint8Array> = {};
  for (const [label, name] of CLASSES.entries())
    for (let i = 0; i < count; i++)
      files[join(prefix, name, `${String(i).padStart(3, "0")}.png`)] = picture(label, seed + 2 * i + label, [
        12 + (i % 3),
        12 + (i % 5),
      ]);
  return writeFiles(folder, files);
}
