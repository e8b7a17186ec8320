/** @file Pictures that are there twice, to the byte or nearly. */
import type { Inspection } from "../data/work/inspect.ts";
import { distance, type Look, sameLook } from "../data/work/perceptual-hash.ts";
import type { Candidate } from "./collect.ts";
import type { Problem } from "./problem.ts";

/** Hashes of two versions of one picture differ in a few bits; of two pictures in about 32. */
const MOST_BITS = 6;
/** Of two hashes that differ in at most six bits, one of seven pieces is the same. */
const BANDS = MOST_BITS + 1;

/** Each picture once, with the earlier one it repeats; first in the other part, where there is one. */
export function findDuplicates(
  candidates: readonly Candidate[],
  seen: readonly Inspection[],
  classes: readonly string[],
): Problem[] {
  const problems: Problem[] = [];
  const say = (i: number, first: number, near: boolean) => {
    const across = candidates[i]!.part !== candidates[first]!.part;
    const other = seen[first]!.file;
    const how = near ? "looks like" : "has the same bytes as";
    problems.push({
      code: `${near ? "near-" : ""}duplicate${across ? "-across" : ""}`,
      file: seen[i]!.file,
      message: `${how} ${other}${across ? `, which is in ${candidates[first]!.part}: what is measured was learnt` : ""}.`,
      other,
    });
    const [own, theirs] = [candidates[i]!.label, candidates[first]!.label];
    if (own !== theirs)
      problems.push({
        code: "label-conflict",
        file: seen[i]!.file,
        message: `is a "${classes[own]}" here and a "${classes[theirs]}" as ${other}.`,
        other,
      });
  };
  const bytes = new Map<string, number[]>();
  const exact = new Set<number>();
  for (const [i, { sha256, look }] of seen.entries()) {
    if (sha256 === "" || !look) continue; // empty and broken files are named as such
    const same = bytes.get(sha256);
    if (!same) bytes.set(sha256, [i]);
    else {
      say(i, otherPart(candidates, i, same) ?? same[0]!, false);
      same.push(i);
      exact.add(i);
    }
  }
  const buckets = new Map<number, number[]>();
  for (const [i, { look }] of seen.entries()) {
    if (!look || exact.has(i)) continue;
    const near = new Set<number>();
    for (let band = 0; band < BANDS; band++) {
      const key = band * 1024 + piece(look.hash, band);
      const bucket = buckets.get(key);
      if (!bucket) buckets.set(key, [i]);
      else {
        for (const j of bucket) if (!near.has(j) && alike(look, seen[j]!.look!)) near.add(j);
        bucket.push(i);
      }
    }
    if (near.size === 0) continue;
    const all = [...near].sort((a, b) => a - b);
    say(i, otherPart(candidates, i, all) ?? all[0]!, true);
  }
  return problems;
}

function otherPart(candidates: readonly Candidate[], i: number, among: readonly number[]): number | undefined {
  return among.find((j) => candidates[j]!.part !== candidates[i]!.part);
}

function alike(a: Look, b: Look): boolean {
  return distance(a.hash, b.hash) <= MOST_BITS && sameLook(a.thumb, b.thumb);
}

/** One of seven pieces of a hash: nine bits, the last one ten. */
function piece([low, high]: Look["hash"], band: number): number {
  const at = band * 9;
  if (at >= 32) return (high >>> (at - 32)) & (band === BANDS - 1 ? 1023 : 511);
  const bits = low >>> at;
  return (at + 9 > 32 ? bits | (high << (32 - at)) : bits) & 511;
}
