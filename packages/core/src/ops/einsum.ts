import type { Tensor } from "../autograd/tensor.ts";
import { numel } from "../base/shape.ts";
import type { EinsumShape } from "../base/typed/einsum-rules.ts";
import type { Known, Misfitting, ShapesOf } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { matmul } from "./matmul.ts";
import { sum } from "./sum.ts";
import { diagonal, permute, reshape } from "./view.ts";

/** A tensor with a letter for each axis. */
interface Lettered {
  readonly t: Tensor;
  readonly letters: readonly string[];
}

/** The axes that "..." stands for, from the last; longer names than letters have, so that none is taken. */
const spare = (fromEnd: number) => `...${fromEnd}`;

function malformed(equation: string): never {
  throw new ArgumentError(
    "einsum",
    "equation",
    say`"${{ equation }}" should look like "ij,jk->ik": a letter for each axis, "..." at most once in a term for all others.`,
  );
}

/** "b...ij" for an operand of `rank` axes: its letters, with names for what "..." stands for. */
function lettersOf(term: string, rank: number, equation: string): string[] {
  const [before = "", after, ...more] = term.split("...");
  if (more.length > 0 || !/^[a-zA-Z]*$/.test(before + (after ?? ""))) malformed(equation);
  if (after === undefined) return [...before];
  const others = Math.max(0, rank - before.length - after.length);
  return [...before, ...Array.from({ length: others }, (_, i) => spare(others - i)), ...after];
}

function parse(equation: string, operands: readonly Tensor[]): { inputs: string[][]; output: string[] } {
  const [left = "", right, ...more] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  if (more.length > 0) malformed(equation);
  if (terms.length !== operands.length)
    throw new ArgumentError(
      "einsum",
      "operands",
      say`"${{ equation }}" names ${{ count: terms.length }} operands, got ${{ operands: operands.length }}.`,
    );
  const inputs = terms.map((term, i) => lettersOf(term, operands[i]!.ndim, equation));
  const all = inputs.flat();
  const others = [...new Set(all)]
    .filter((c) => c.length > 1)
    .sort()
    .reverse();
  if (right === undefined) {
    const once = [...new Set(all)].filter((c) => c.length === 1 && all.indexOf(c) === all.lastIndexOf(c)).sort();
    return { inputs, output: [...others, ...once] };
  }
  const output = lettersOf(right, right.replace("...", "").length + others.length, equation);
  const bad = output.find((c, i) => !all.includes(c) || output.indexOf(c) !== i);
  if (bad !== undefined)
    throw new ArgumentError(
      "einsum",
      "equation",
      say`"${{ letter: bad }}" of the result must stand once there and in an operand.`,
    );
  return { inputs, output };
}

/** Every letter has one size; an axis of size 1 beside a larger one of its letter is left out, as if repeated. */
function checkSizes(inputs: readonly string[][], operands: readonly Tensor[]): Lettered[] {
  const facts = operands.map((t, i) => ({ name: `operand ${i}`, shape: t.shape, axes: inputs[i]!.join(", ") }));
  const sizes = new Map<string, number>();
  for (const [i, { shape }] of operands.entries()) {
    const letters = inputs[i]!;
    if (letters.length !== shape.length)
      throw new ShapeError(
        "einsum",
        "rank",
        say`"${letters.join("")}" names ${{ count: letters.length }} axes of ${{ axes: shape.length }}.`,
        facts,
      );
    for (const [axis, letter] of letters.entries()) {
      const size = shape[axis]!;
      const known = sizes.get(letter) ?? 1;
      const twin = letters.indexOf(letter);
      if ((known !== size && known !== 1 && size !== 1) || (twin !== axis && shape[twin] !== size))
        throw new ShapeError(
          "einsum",
          "sizes",
          say`axis "${{ letter }}" is ${{ known }} here and ${{ size }} there.`,
          facts,
        );
      if (known === 1) sizes.set(letter, size);
    }
  }
  return operands.map((t, i) => {
    const kept = inputs[i]!.map((c, axis) => t.shape[axis] !== 1 || sizes.get(c) === 1);
    if (!kept.includes(false)) return { t, letters: inputs[i]! };
    const keep = <T>(list: readonly T[]) => list.filter((_, axis) => kept[axis]);
    return { t: reshape(t, keep(t.shape)), letters: keep(inputs[i]!) };
  });
}

/** A letter that stands twice in one operand: only its diagonal counts. */
function withoutTwins({ t, letters }: Lettered): Lettered {
  const twin = letters.findIndex((c, i) => letters.indexOf(c) !== i);
  if (twin < 0) return { t, letters };
  const first = letters.indexOf(letters[twin]!);
  const rest = letters.filter((_, i) => i !== first && i !== twin);
  return withoutTwins({ t: diagonal(t, first, twin), letters: [...rest, letters[twin]!] });
}

/** Sums over the letters that nobody wants any more. */
function reduced({ t, letters }: Lettered, wanted: (letter: string) => boolean): Lettered {
  const axes = letters.flatMap((c, i) => (wanted(c) ? [] : [i]));
  return axes.length === 0 ? { t, letters } : { t: sum(t, axes), letters: letters.filter(wanted) };
}

/** Axes in this order. */
const ordered = ({ t, letters }: Lettered, order: readonly string[]): Tensor =>
  permute(
    t,
    order.map((c) => letters.indexOf(c)),
  );

/** Two operands as one: a batch of matrix products. */
function joined(left: Lettered, right: Lettered, wanted: (letter: string) => boolean): Lettered {
  const a = reduced(left, (c) => wanted(c) || right.letters.includes(c));
  const b = reduced(right, (c) => wanted(c) || left.letters.includes(c));
  const both = a.letters.filter((c) => b.letters.includes(c));
  const batch = both.filter(wanted);
  const inner = both.filter((c) => !wanted(c));
  const rows = a.letters.filter((c) => !both.includes(c));
  const columns = b.letters.filter((c) => !both.includes(c));
  const size = (from: Lettered, letters: readonly string[]) =>
    letters.map((c) => from.t.shape[from.letters.indexOf(c)]!);
  const [n, k] = [numel(size(a, batch)), numel(size(a, inner))];
  const product = matmul(
    reshape(ordered(a, [...batch, ...rows, ...inner]), [n, numel(size(a, rows)), k]),
    reshape(ordered(b, [...batch, ...inner, ...columns]), [n, k, numel(size(b, columns))]),
  );
  return {
    t: reshape(product, [...size(a, batch), ...size(a, rows), ...size(b, columns)]),
    letters: [...batch, ...rows, ...columns],
  };
}

/**
 * Sums of products over named axes: a letter for each axis, those missing on the right are summed over. Without "->"
 * the letters that stand once, in the order of the alphabet, are the result. "..." stands for all axes without a letter;
 * they are aligned at the right, come first in a result without "->", and are summed over where the result has no "...".
 * An axis of size 1 is repeated where its letter is larger elsewhere. Operands are joined from left to right, each step
 * a batch of matrix products.
 *
 * Throws   ArgumentError "equation", "operands"; ShapeError "rank", "sizes".
 * Source   torch.einsum.
 *
 * @example
 * einsum("bik,bkj->bij", ones([2, 3, 4]), ones([2, 4, 5])).shape; // [2, 3, 5]
 * einsum("...chw,oc->...ohw", ones([2, 3, 8, 8]), ones([5, 3])).shape; // [2, 5, 8, 8]
 */
export function einsum<const E extends string, const T extends readonly Tensor[]>(
  equation: E & Misfitting<EinsumShape<E, ShapesOf<T>>>,
  ...operands: T
): Tensor<Known<EinsumShape<E, ShapesOf<T>>>>;
export function einsum(equation: string, ...operands: readonly Tensor[]): Tensor {
  const { inputs, output } = parse(equation, operands);
  const parts = checkSizes(inputs, operands).map(withoutTwins);
  const wantedAfter = (i: number) => (letter: string) =>
    output.includes(letter) || parts.slice(i + 1).some(({ letters }) => letters.includes(letter));
  const whole = parts.slice(1).reduce((so, next, i) => joined(so, next, wantedAfter(i + 1)), parts[0]!);
  return ordered(
    reduced(whole, (c) => output.includes(c)),
    output,
  );
}
