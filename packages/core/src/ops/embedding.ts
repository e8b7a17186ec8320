import { arange } from "../autograd/create.ts";
import { defineOp } from "../autograd/define-op.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { copyStrided, type Tensor } from "../autograd/tensor.ts";
import { ArgumentError, DTypeError, ShapeError, TargetError } from "../errors/errors.ts";
import { compare, mul } from "./binary.ts";
import { to } from "./cast.ts";
import { matmul } from "./matmul.ts";
import { reshape, transpose, unsqueeze } from "./view.ts";

/** Refuses indices outside [0, size), where the backend can be read at once. */
function checkRange(where: string, indices: Tensor, size: number): void {
  if (indices.dtype !== "int32")
    throw new DTypeError(where, "dtype", `indices must be int32, got ${indices.dtype}. Convert them with to("int32").`);
  const source = indices.contiguous();
  const values = source.backend.readSync?.(source.memory, source.numel);
  const bad = values?.findIndex((v) => v < 0 || v >= size) ?? -1;
  if (bad >= 0)
    throw new TargetError(where, "index-range", `index ${values![bad]} at position ${bad} is outside 0 … ${size - 1}.`);
}

/** (…) → (…, size), float32. */
function marks(indices: Tensor, size: number): Tensor {
  return to(compare("eq", unsqueeze(indices, -1), arange(size, undefined, 1, { device: indices.backend })), "float32");
}

/**
 * 1 at the index, 0 elsewhere, along a new last axis; int32.
 *
 * Shape    (…) → (…, numClasses).
 * Throws   TargetError "index-range"; DTypeError unless int32.
 * Source   torch.nn.functional.one_hot.
 *
 * @example
 * await oneHot(tensor(Int32Array.of(2, 0)), 3).tolist(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(indices: Tensor, numClasses: number): Tensor {
  if (!Number.isInteger(numClasses) || numClasses < 1)
    throw new ArgumentError("oneHot", "numClasses", `numClasses must be a whole number ≥ 1, got ${numClasses}.`);
  checkRange("oneHot", indices, numClasses);
  return to(marks(indices, numClasses), "int32");
}

const embeddingOp = defineOp<{ indices: Tensor; weight: Tensor }, { paddingIdx: number | null }>({
  name: "embedding",
  inputTypes: { indices: "int32" },
  shape({ indices, weight }) {
    if (weight.shape.length !== 2)
      throw new ShapeError("embedding", "rank", `weight must be (entries, size), got ${weight.shape.length} axes.`, [
        { name: "weight", shape: weight.shape },
      ]);
    return [...indices.shape, weight.shape[1]!];
  },
  saves: ["indices"],
  // A product of one-hot rows and the table: the one way to read by index that every backend has.
  forward({ indices, weight }, _p, out) {
    noGrad(() =>
      copyStrided(
        reshape(matmul(reshape(marks(indices, weight.shape[0]!), [-1, weight.shape[0]!]), weight), out.shape),
        out,
      ),
    );
  },
  backward(gradOutput, { indices }, { paddingIdx }, { shapes }) {
    const [entries = 0, size = 0] = shapes.weight;
    let hot = reshape(marks(indices, entries), [-1, entries]);
    if (paddingIdx !== null)
      hot = mul(hot, to(compare("ne", arange(entries, undefined, 1, { device: hot.backend }), paddingIdx), "float32"));
    return { weight: matmul(transpose(hot, 0, 1), reshape(gradOutput, [-1, size])) };
  },
});

export interface EmbeddingOptions {
  /** The row that gets no gradient; negative counts from the end. Default none. */
  paddingIdx?: number | null;
}

/**
 * The rows of a table that the indices name.
 *
 * Shape    indices (…) int32, weight (entries, size) → (…, size).
 * Throws   TargetError "index-range"; DTypeError; ShapeError "rank"; ArgumentError "paddingIdx".
 * Source   torch.nn.functional.embedding. Costs entries·size products an index: for small tables, such as classes.
 */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const entries = weight.shape[0] ?? 0;
  checkRange("embedding", indices, entries);
  return embeddingOp({ indices, weight }, { paddingIdx: checkPaddingIdx("embedding", options.paddingIdx, entries) });
}

/** @internal */
export function checkPaddingIdx(where: string, paddingIdx: number | null | undefined, entries: number): number | null {
  if (paddingIdx === undefined || paddingIdx === null) return null;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -entries || paddingIdx >= entries)
    throw new ArgumentError(where, "paddingIdx", `paddingIdx ${paddingIdx} is outside the ${entries} entries.`);
  return paddingIdx < 0 ? paddingIdx + entries : paddingIdx;
}
