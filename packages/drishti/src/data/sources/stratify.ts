/** @file Pictures held out for validation where the data come without a part for it. */
import { type PictureSource, type SourceParts, SourceView } from "./source.ts";

/** One in five. */
export const HELD_OUT = 0.2;

/**
 * The source in two: of each class the fifth (rounded, at least one of two pictures) with the smallest hashes is held out;
 * with a share of 0, none.
 * What is held out depends on names alone, so it stays nearly the same when pictures are added, whatever the seed.
 */
export function stratified(source: PictureSource, share = HELD_OUT): Required<SourceParts> {
  const byClass: number[][] = source.classes.map(() => []);
  for (let i = 0; i < source.length; i++) byClass[source.label(i)]!.push(i);
  const held = new Uint8Array(source.length);
  for (const indices of byClass) {
    const count = indices.length < 2 || share === 0 ? 0 : Math.max(1, Math.round(indices.length * share));
    const ordered = indices.map((index) => ({ index, hash: source.hash(index) }));
    ordered.sort((a, b) => a.hash - b.hash || a.index - b.index);
    for (const { index } of ordered.slice(0, count)) held[index] = 1;
  }
  const chosen = (flag: number) => Int32Array.from(held.keys()).filter((i) => held[i] === flag);
  return { train: new SourceView(source, chosen(0)), val: new SourceView(source, chosen(1)) };
}
