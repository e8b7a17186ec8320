/** @file Brace patterns as shells and WebDataset have them: `shard-{000..012}.tar`, `{a,b}.tar`. */
import { DataError } from "@drishti/core/errors";

const MOST = 100_000;

/**
 * All names a pattern stands for, in order. Braces may stand side by side and inside each other; numbers keep their zeros.
 *
 * Throws  DataError "pattern" for more than 100,000 names.
 */
export function expandBraces(pattern: string): string[] {
  const group = firstGroup(pattern);
  if (!group) return [pattern];
  const [start, end, parts] = group;
  const heads = parts.flatMap((part) => expandBraces(part));
  const tails = expandBraces(pattern.slice(end + 1));
  if (heads.length * tails.length > MOST)
    throw new DataError("data", "pattern", `"${pattern}" stands for more than ${MOST} files. Make it narrower.`);
  const before = pattern.slice(0, start);
  return [...new Set(heads.flatMap((head) => tails.map((tail) => `${before}${head}${tail}`)))];
}

/** The first pair of braces that has something to choose from, and its choices; what is inside of those is left alone. */
function firstGroup(pattern: string): [start: number, end: number, parts: string[]] | undefined {
  for (let start = pattern.indexOf("{"); start >= 0; start = pattern.indexOf("{", start + 1)) {
    const cuts = [start];
    let depth = 0;
    for (let i = start; i < pattern.length; i++) {
      if (pattern[i] === "{") depth++;
      else if (pattern[i] === "," && depth === 1) cuts.push(i);
      else if (pattern[i] === "}" && --depth === 0) {
        const inside = pattern.slice(start + 1, i);
        if (cuts.length > 1) return [start, i, cuts.map((cut, k) => pattern.slice(cut + 1, cuts[k + 1] ?? i))];
        if (/^\d+\.\.\d+$/.test(inside)) return [start, i, numbers(inside)];
        break;
      }
    }
  }
  return undefined;
}

function numbers(text: string): string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text)!;
  const [first, last] = [Number(range[1]), Number(range[2])];
  const step = first <= last ? 1 : -1;
  const count = Math.abs(last - first) + 1;
  if (count > MOST)
    throw new DataError("data", "pattern", `{${text}} stands for ${count} files, more than ${MOST}. Make it narrower.`);
  const width = Math.max(...[range[1]!, range[2]!].map((digits) => (digits.startsWith("0") ? digits.length : 0)));
  return Array.from({ length: count }, (_, i) => String(first + i * step).padStart(width, "0"));
}
