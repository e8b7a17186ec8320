import { onesLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { DTypeError, ShapeError, say } from "../errors/errors.ts";
import { add, maximum, mul } from "./binary.ts";
import { checkPair, type Reduction } from "./losses.ts";
import { mean, sum } from "./sum.ts";
import { abs, affine, exp, log, neg } from "./unary.ts";

/** Weights of binaryCrossEntropyWithLogits, and what becomes of the losses. */
export interface BceWithLogitsOptions {
  /** A factor for each element, broadcast. Default null: 1. */
  weight?: Tensor | null;
  /** A factor for the positive term, broadcast: above 1 favours recall. Default null: 1. */
  posWeight?: Tensor | null;
  /** Default "mean". */
  reduction?: Reduction;
}

function checkFactor(name: string, factor: Tensor, input: Tensor): void {
  const lead = input.ndim - factor.ndim;
  if (lead < 0 || factor.shape.some((size, i) => size !== 1 && size !== input.shape[lead + i]))
    throw new ShapeError(
      "binaryCrossEntropyWithLogits",
      name,
      `${name} must be one for all, or of the input's last axes.`,
      [
        { name: "input", shape: input.shape },
        { name, shape: factor.shape },
      ],
    );
}

/**
 * Binary cross-entropy of logits: −w·(p·t·log σ(x) + (1 − t)·log(1 − σ(x))) with w = weight and p = posWeight, from
 * log σ(x) = min(x, 0) − log(1 + e^{−|x|}), which overflows nowhere.
 *
 * Shape    input and target alike; weight and posWeight broadcast → scalar, or input's shape for "none".
 * Options  weight null, posWeight null, reduction "mean".
 * Throws   ShapeError "target-shape", "weight", "posWeight" for one that does not broadcast; DTypeError "dtype";
 *          ArgumentError "reduction".
 * Source   torch.nn.functional.binary_cross_entropy_with_logits.
 *
 * @example
 * const losses = binaryCrossEntropyWithLogits(tensor([0, 100]), tensor([1, 0]), { reduction: "none" });
 * await losses.tolist(); // [0.6931, 100]
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BceWithLogitsOptions = {},
): Tensor {
  checkKnown("binaryCrossEntropyWithLogits", options, { weight: 0, posWeight: 0, reduction: 0 });
  const { weight, posWeight, reduction = "mean" } = options;
  checkPair("binaryCrossEntropyWithLogits", input, target, reduction);
  for (const [name, t] of Object.entries({ input, target }))
    if (t.dtype !== "float32")
      throw new DTypeError(
        "binaryCrossEntropyWithLogits",
        "dtype",
        say`${name} must be float32, got ${{ dtype: t.dtype }}. Convert it with to("float32").`,
      );
  for (const [name, t] of Object.entries({ weight, posWeight })) if (t) checkFactor(name, t, input);
  // −log σ(x) = max(−x, 0) + log(1 + e^{−|x|})
  const minusLogSigmoid = add(maximum(neg(input), 0), log(affine(exp(neg(abs(input))), 1, 1)));
  const positive = posWeight ? add(mul(affine(posWeight, 1, -1), target), onesLike(target)) : null;
  const losses = add(mul(affine(target, -1, 1), input), positive ? mul(positive, minusLogSigmoid) : minusLogSigmoid);
  const weighted = weight ? mul(losses, weight) : losses;
  return reduction === "none" ? weighted : reduction === "sum" ? sum(weighted) : mean(weighted);
}
