/** @file A network out of the topology in a card, without its weights. No Node here. */
import { DataError } from "@drishti/core/errors";
import { kerasModel } from "@drishti/core/io";
import type { Layer } from "@drishti/core/nn";

/** No network of ours has more numbers; a damaged card must not ask for all memory. */
const MOST_NUMBERS = 2 ** 30;

/** Throws DataError "topology" for a damaged one, or of a kind that is not known. */
export function modelOfTopology(topology: unknown, file: string): Layer {
  const { format, network, shapes } = (topology ?? {}) as Record<string, unknown>;
  const entries = Object.entries((shapes ?? {}) as Record<string, unknown>);
  const sized = entries.every(
    (entry): entry is [string, number[]] =>
      Array.isArray(entry[1]) && entry[1].every((size) => Number.isSafeInteger(size) && size >= 0),
  );
  const numbers = sized
    ? entries.reduce((sum, [, shape]) => sum + (shape as number[]).reduce((a, b) => a * b, 1), 0)
    : Infinity;
  if (format !== "keras" || !(numbers <= MOST_NUMBERS))
    throw new DataError(
      "model file",
      "topology",
      `${file}: the description of its network is damaged. Import it again.`,
      file,
    );
  const empty = entries.map(([name, shape]) => {
    const sizes = shape as number[];
    return [name, { shape: sizes, data: new Float32Array(sizes.reduce((a, b) => a * b, 1)) }] as const;
  });
  return kerasModel(network, new Map(empty), { file });
}
