/** @file Losses between numbers: absolute, smooth at 0, Huber's. */

import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { mul, sub } from "./binary.ts";
import { composed } from "./composed.ts";
import { checkPair, type Reduction } from "./losses.ts";
import { mean, sum } from "./sum.ts";
import { abs, affine, clamp, neg, sign } from "./unary.ts";

/** What becomes of a loss's single values. */
export interface ReductionOptions {
  /** Default "mean". */
  reduction?: Reduction;
}

/** Mean, sum or as it is. @internal */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  return reduction === "none" ? losses : reduction === "sum" ? sum(losses) : mean(losses);
}

type Pair = { input: Tensor; target: Tensor };

/** A loss of d = input − target, with its derivative by d; the target gets the same with the other sign. */
function ofDifference<P>(name: string, value: (d: Tensor, p: P) => Tensor, derivative: (d: Tensor, p: P) => Tensor) {
  return composed<Pair, P>({
    name,
    shape: ({ input }) => input.shape,
    saves: ["input", "target"],
    value: ({ input, target }, p) => value(sub(input, target), p),
    backward(gradOutput, { input, target }, p, { needs }) {
      const grad = mul(gradOutput, derivative(sub(input, target), p));
      return { input: needs.input ? grad : undefined, target: needs.target ? neg(grad) : undefined };
    },
  });
}

const l1Op = ofDifference<null>(
  "l1Loss",
  (d) => abs(d),
  (d) => sign(d),
);

/** scale·c·(d − c/2) with c = d cut to ±limit: a parabola near 0, straight beyond. */
const huberOp = ofDifference<{ limit: number; scale: number }>(
  "huberLoss",
  (d, { limit, scale }) => {
    const c = clamp(d, -limit, limit);
    return affine(mul(c, sub(d, affine(c, 0.5, 0))), scale, 0);
  },
  (d, { limit, scale }) => affine(clamp(d, -limit, limit), scale, 0),
);

/**
 * |x − y|, averaged, summed or as it is.
 *
 * Shape    input and target alike → scalar, or the same for "none".
 * Options  reduction "mean".
 * Throws   ShapeError "target-shape": torch only warns and broadcasts, which hides mistakes; ArgumentError "reduction".
 * Source   torch.nn.functional.l1_loss.
 *
 * @example
 * await l1Loss(tensor([1, 2]), tensor([4, 2])).item(); // 1.5
 */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOptions = {}): Tensor {
  checkKnown("l1Loss", options, { reduction: 0 });
  const { reduction = "mean" } = options;
  checkPair("l1Loss", input, target, reduction);
  return reduced(l1Op({ input, target }, null), reduction);
}

/**
 * d²/(2·beta) where |d| < beta, else |d| − beta/2, with d = x − y.
 *
 * Shape    input and target alike → scalar, or the same for "none".
 * Options  beta 1; 0 is l1Loss. reduction "mean".
 * Throws   ShapeError "target-shape"; ArgumentError "beta" below 0, "reduction".
 * Source   Girshick 2015; torch.nn.functional.smooth_l1_loss.
 *
 * @example
 * await smoothL1Loss(tensor([0.5, 3]), tensor([0, 0]), { reduction: "none" }).tolist(); // [0.125, 2.5]
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: ReductionOptions & { beta?: number } = {},
): Tensor {
  checkKnown("smoothL1Loss", options, { reduction: 0, beta: 0 });
  const { reduction = "mean", beta = 1 } = options;
  checkPair("smoothL1Loss", input, target, reduction);
  checkBeta("smoothL1Loss", beta);
  if (beta === 0) return l1Loss(input, target, { reduction });
  return reduced(huberOp({ input, target }, { limit: beta, scale: 1 / beta }), reduction);
}

/** @internal */
export function checkBeta(where: string, beta: number): void {
  if (!(beta >= 0)) throw new ArgumentError(where, "beta", say`beta must be ≥ 0, got ${{ beta }}.`);
}

/**
 * d²/2 where |d| ≤ delta, else delta·(|d| − delta/2), with d = x − y.
 *
 * Shape    input and target alike → scalar, or the same for "none".
 * Options  delta 1, reduction "mean".
 * Throws   ShapeError "target-shape"; ArgumentError "delta" unless > 0, "reduction".
 * Source   Huber 1964; torch.nn.functional.huber_loss.
 *
 * @example
 * await huberLoss(tensor([0.5, 3]), tensor([0, 0]), { delta: 2, reduction: "none" }).tolist(); // [0.125, 4]
 */
export function huberLoss(input: Tensor, target: Tensor, options: ReductionOptions & { delta?: number } = {}): Tensor {
  checkKnown("huberLoss", options, { reduction: 0, delta: 0 });
  const { reduction = "mean", delta = 1 } = options;
  checkPair("huberLoss", input, target, reduction);
  checkDelta("huberLoss", delta);
  return reduced(huberOp({ input, target }, { limit: delta, scale: 1 }), reduction);
}

/** @internal */
export function checkDelta(where: string, delta: number): void {
  if (!(delta > 0)) throw new ArgumentError(where, "delta", say`delta must be > 0, got ${{ delta }}.`);
}
