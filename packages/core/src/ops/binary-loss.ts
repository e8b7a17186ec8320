import { onesLike } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { sameShape } from "../base/shape.ts";
import { ShapeError } from "../errors/errors.ts";
import { add, maximum, mul } from "./binary.ts";
import { checkReduction, type Reduction } from "./losses.ts";
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

/**
 * Binary cross-entropy of logits: −w·(p·t·log σ(x) + (1 − t)·log(1 − σ(x))) with w = weight and p = posWeight, from
 * log σ(x) = min(x, 0) − log(1 + e^{−|x|}), which overflows nowhere.
 *
 * Shape    input and target alike; weight and posWeight broadcast → scalar, or input's shape for "none".
 * Options  weight null, posWeight null, reduction "mean".
 * Throws   ShapeError "target-shape", "broadcast"; ArgumentError "reduction".
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
  const { weight, posWeight, reduction = "mean" } = options;
  checkReduction("binaryCrossEntropyWithLogits", reduction);
  if (!sameShape(input.shape, target.shape))
    throw new ShapeError("binaryCrossEntropyWithLogits", "target-shape", "input and target must have one shape.", [
      { name: "input", shape: input.shape },
      { name: "target", shape: target.shape },
    ]);
  // −log σ(x) = max(−x, 0) + log(1 + e^{−|x|})
  const minusLogSigmoid = add(maximum(neg(input), 0), log(affine(exp(neg(abs(input))), 1, 1)));
  const positive = posWeight ? add(mul(affine(posWeight, 1, -1), target), onesLike(target)) : null;
  const losses = add(mul(affine(target, -1, 1), input), positive ? mul(positive, minusLogSigmoid) : minusLogSigmoid);
  const weighted = weight ? mul(losses, weight) : losses;
  return reduction === "none" ? weighted : reduction === "sum" ? sum(weighted) : mean(weighted);
}
