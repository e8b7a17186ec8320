import { defineOp, type Op, run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { type PoolGeometry, type PoolOptions, poolGeometry, poolParams, poolShape } from "./pool-shape.ts";

/** Where avgPool2d's windows lie, and what their sums are divided by. */
export interface AvgPool2dOptions extends PoolOptions {
  /** Whether padding counts as zeros in the mean. Default true. */
  countIncludePad?: boolean;
  /** Divide by this instead of the window's size. Default null: the window's size. */
  divisorOverride?: number | null;
}

interface AvgGeometry extends PoolGeometry {
  countIncludePad: boolean;
  divisorOverride: number;
}

function params(input: Shape, output: Shape, g: AvgGeometry) {
  return {
    ...poolParams(input, output, g),
    countIncludePad: Number(g.countIncludePad),
    divisorOverride: g.divisorOverride,
    padBottom: g.padding[0],
    padRight: g.padding[1],
  };
}

type AvgOp<P> = Op<{ input: Tensor }, P>;

export const avgPool2dOp: AvgOp<AvgGeometry> = defineOp<{ input: Tensor }, AvgGeometry>({
  name: "avgPool2d",
  shape: ({ input }, g) => poolShape("avgPool2d", input.shape, g),
  forward({ input }, g, out) {
    if (out.numel > 0) run("avg_pool2d_f32", params(input.shape, out.shape, g), [input], [out]);
  },
  backward: (gradOutput, _saved, g, { shapes }) => ({
    input: avgPool2dBackwardOp({ input: gradOutput }, { ...g, shape: shapes.input }),
  }),
  differentiable: true,
});

/** The transpose: every pixel of a window had the same share in its mean. */
const avgPool2dBackwardOp: AvgOp<AvgGeometry & { shape: Shape }> = defineOp<
  { input: Tensor },
  AvgGeometry & { shape: Shape }
>({
  name: "avgPool2dBackward",
  shape: (_inputs, { shape }) => shape,
  forward({ input }, g, out) {
    if (out.numel > 0) run("avg_pool2d_backward_f32", params(out.shape, input.shape, g), [input], [out]);
  },
  backward: (gradOutput, _saved, g) => ({ input: avgPool2dOp({ input: gradOutput }, g) }),
  differentiable: true,
});

/**
 * The mean of each window. Padding counts as zeros unless countIncludePad is false.
 *
 * Shape    input (N, C, H, W) or (C, H, W) → the same with H′ = ⌊(H + 2·padding − k)/stride⌋ + 1 (⌈…⌉ with ceilMode).
 * Options  stride = kernelSize, padding 0, ceilMode false, countIncludePad true, divisorOverride null; numbers or
 *          [height, width].
 * Throws   ShapeError "rank", "empty", "kernel-too-large"; ArgumentError "kernelSize", "stride", "padding" above half
 *          the window, "divisor" for a divisorOverride of 0.
 * Source   torch.nn.functional.avg_pool2d.
 *
 * @example
 * await avgPool2d(tensor([[[1, 2], [3, 6]]]), 2).tolist(); // [[[3]]]
 * avgPool2d(zeros([1, 16, 32, 32]), 3, { stride: 2, padding: 1 }).shape; // [1, 16, 16, 16]
 */
export function avgPool2d<
  S extends Shape,
  const K extends number | readonly number[],
  const P extends AvgPool2dOptions = Record<never, never>,
>(
  input: Tensor<S> & Fit<["avgPool2d", K, unknown, P], S>,
  kernelSize: K,
  options?: Written<P, AvgPool2dOptions>,
): Tensor<Given<["avgPool2d", K, unknown, P], S>>;
export function avgPool2d(
  input: Tensor,
  kernelSize: number | readonly number[],
  options: AvgPool2dOptions = {},
): Tensor {
  checkKnown("avgPool2d", options, { countIncludePad: 0, divisorOverride: 0, stride: 0, padding: 0, ceilMode: 0 });
  const { countIncludePad = true, divisorOverride = null } = options;
  if (divisorOverride === 0)
    throw new ArgumentError("avgPool2d", "divisor", say`divisorOverride must not be ${{ divisorOverride }}.`);
  return avgPool2dOp(
    { input },
    { ...poolGeometry("avgPool2d", kernelSize, options), countIncludePad, divisorOverride: divisorOverride ?? 0 },
  );
}
