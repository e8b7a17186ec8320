/** @file Brace patterns as shells and WebDataset have them: `shard-{000..012}.tar`, `{a,b}.tar`. */
import { DataError } from "@drishti/core/errors";

const MOST = 100_000;

/**
 * All names a pattern stands for, in order. Braces may stand side by side and inside each other; numbers keep their zeros.
 *
 * Throws  DataError "pattern" for more than 100,000 names.
 *
 * @example
 * expandBraces("train-{08..11}.tar"); // train-08.tar … train-11.tar
 */
export function expandBraces(pattern: string): string[] {
  const open = innermost(pattern);
  if (!open) return [pattern];
  const [start, end] = open;
  const before = pattern.slice(0, start);
  const after = pattern.slice(end + 1);
  const out: string[] = [];
  for (const choice of choices(pattern.slice(start + 1, end))) {
    out.push(...expandBraces(`${before}${choice}${after}`));
    if (out.length > MOST)
      throw new DataError("data", "pattern", `"${pattern}" stands for more than ${MOST} files. Make it narrower.`);
  }
  return [...new Set(out)];
}

/** The first pair of braces without others inside that has something to choose from. */
function innermost(pattern: string): [start: number, end: number] | undefined {
  for (const found of pattern.matchAll(/\{([^{}]*)\}/g))
    if (found[1]!.includes(",") || /^\d+\.\.\d+$/.test(found[1]!))
      return [found.index, found.index + found[0].length - 1];
  return undefined;
}

function choices(text: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  if (!range) return text.split(",");
  const [first, last] = [Number(range[1]), Number(range[2])];
  const step = first <= last ? 1 : -1;
  const count = Math.abs(last - first) + 1;
  if (count > MOST)
    throw new DataError("data", "pattern", `{${text}} stands for ${count} files, more than ${MOST}. Make it narrower.`);
  const width = Math.max(...[range[1]!, range[2]!].map((digits) => (digits.startsWith("0") ? digits.length : 0)));
  return Array.from({ length: count }, (_, i) => String(first + i * step).padStart(width, "0"));
}
