/** @file Options by their names: one that nobody reads is a mistake, and is told at once. */
import { ArgumentError, say } from "../errors/errors.ts";

/** Every name of O, so that the compiler tells when one is missing here. */
export type Known<O> = { readonly [K in keyof O]-?: 0 };

/**
 * Refuses options that are not known, in the words of the closest that is: without a compiler, or through a variable,
 * `{ labelSmooting: 0.1 }` would be lost in silence. Throws ArgumentError "option".
 *
 * @example
 * checkKnown("conv2d", { padding: 1 }, { stride: 0, padding: 0 });
 */
export function checkKnown<O extends object>(where: string, options: O, known: Known<O>): void {
  for (const name in options)
    if (!(name in known) && options[name] !== undefined) throw unknownOption(where, name, Object.keys(known));
}

/** The error for a name that is not among the known ones. @internal */
export function unknownOption(where: string, option: string, known: readonly string[]): ArgumentError {
  const meant = closest(option, known);
  const hint = meant === undefined ? "" : `did you mean "${meant}"? `;
  return new ArgumentError(
    where,
    "option",
    say`there is no option "${{ option }}": ${hint}There are ${known.join(", ") || "none"}.`,
  );
}

const plain = (name: string): string => name.toLowerCase().replaceAll("_", "");

/** The name with the fewest letters to change, if they are few; PyTorch's snake_case counts as the same. */
export function closest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const changes = distance(plain(name), plain(candidate));
    if (changes < least) [best, least] = [candidate, changes];
  }
  return best;
}

/** Letters to insert, take out or replace (Levenshtein 1966). */
function distance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++)
      row.push(Math.min(row[j]! + 1, last[j + 1]! + 1, last[j]! + (letter === b[j] ? 0 : 1)));
    last = row;
  }
  return last[b.length]!;
}
