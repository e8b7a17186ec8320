/** @file Names with wildcards, for shells that leave them alone, and in quotes. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, parse, sep } from "node:path";
import { expandBraces } from "./sources/brace.ts";
import { kindOfEntry } from "./sources/scan.ts";

/** Whether a name asks for wildcards. */
export function isGlob(name: string): boolean {
  return /[*?[{]/.test(name);
}

/**
 * Paths that fit a pattern, in order: `*` and `?` within a name, `[abc]`, `[!a-z]`, `{a,b}`, `{01..12}`, and `**` for any
 * folders. Hidden names only where the pattern has the dot; links to folders are not followed by `**`.
 */
export async function glob(pattern: string): Promise<string[]> {
  const found = new Set<string>();
  for (const one of expandBraces(pattern)) {
    const { root } = parse(one);
    const parts = one
      .slice(root.length)
      .split(/[/\\]/.test(sep) ? "/" : sep)
      .filter((part) => part !== "");
    await match(root, parts, found);
  }
  return [...found].sort();
}

async function match(base: string, [part, ...rest]: readonly string[], found: Set<string>): Promise<void> {
  if (part === undefined) {
    if (base !== "" && existsSync(base)) found.add(base);
    return;
  }
  if (!/[*?[]/.test(part)) return match(join(base, part), rest, found);
  if (part === "**") await match(base, rest, found); // no folder at all
  const fits = part === "**" ? /^[^.]/ : expression(part);
  const entries = await readdir(base || ".", { withFileTypes: true }).catch(() => []); // no folder: nothing fits
  for (const entry of entries) {
    if (!fits.test(entry.name)) continue;
    const path = join(base, entry.name);
    if (part === "**") {
      if (entry.isDirectory()) await match(path, ["**", ...rest], found);
    } else if (rest.length === 0) found.add(path);
    else if ((await kindOfEntry(entry, path)) === "folder") await match(path, rest, found);
  }
}

function expression(part: string): RegExp {
  let text = part.startsWith(".") ? "" : "(?!\\.)";
  for (let i = 0; i < part.length; i++) {
    const letter = part[i]!;
    const close = part.indexOf("]", i + 2);
    if (letter === "*") text += ".*";
    else if (letter === "?") text += ".";
    else if (letter === "[" && close > 0) {
      const inside = part.slice(i + 1, close).replace(/\\/g, "\\\\");
      text += `[${inside.startsWith("!") ? `^${inside.slice(1)}` : inside}]`;
      i = close;
    } else text += letter.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
  }
  try {
    return new RegExp(`^${text}$`, "su");
  } catch {
    return /^$/; // a range that runs backwards: nothing fits
  }
}
