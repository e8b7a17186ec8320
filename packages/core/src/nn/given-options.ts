/** @file Options as people who come from PyTorch, or write without a compiler, may give them. */
import { checkKnown, type Known } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";

/**
 * Refuses names that are not known, and what is no object of options: PyTorch's positional `Conv2d(3, 8, 3, 1, 1)` would
 * else lose its padding. @internal
 */
export function checkOptions<O extends object>(where: string, options: O | undefined, known: Known<O>): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || "length" in options || "shape" in options)
    throw new ArgumentError(
      where,
      "options",
      say`options come in one object, such as { name: value }, got ${{ options }}.`,
    );
  checkKnown(where, options, known);
}

/** Options of a layer that takes its first one by position, too: `new ELU(0.5)` and `new ELU({ alpha: 0.5 })`. @internal */
export function withFirst<O extends object>(
  where: string,
  name: keyof O & string,
  known: Known<O>,
  first: number | O,
  rest?: O,
): O {
  checkOptions(where, rest, known);
  if (typeof first === "number") return { ...rest, [name]: first } as O;
  checkOptions(where, first, known);
  return first;
}
