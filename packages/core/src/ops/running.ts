/** @file Running sums, and products: both walk along one axis. */

import { arange, ones } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { copyStrided, makeContiguous, Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import { normalizeDim, numel } from "../base/shape.ts";
import { flip } from "./arrange.ts";
import { where } from "./binary.ts";
import { to } from "./cast.ts";
import { cat } from "./join.ts";
import type { None, Reduced, ReduceOptions, Reducing } from "./reduction-types.ts";
import { aroundAxis, reducedShape, sum } from "./sum.ts";
import { expand, narrow, reshape, transpose, unsqueeze } from "./view.ts";

type Along = { readonly axis: number; readonly reverse: boolean };

const cumsumOp: Op<{ input: Tensor }, Along> = defineOp<{ input: Tensor }, Along>({
  name: "cumsum",
  shape: ({ input }) => input.shape,
  forward({ input }, { axis, reverse }, out) {
    const p = { ...aroundAxis(out.shape, axis), reverse: Number(reverse), exclusive: 0 };
    if (out.numel > 0) run("cumsum_f32", p, [input], [out]);
  },
  // xₖ counts in every sum from k on: the sum from the other end.
  backward: (gradOutput, _saved, { axis, reverse }) => ({
    input: cumsumOp({ input: gradOutput }, { axis, reverse: !reverse }),
  }),
  differentiable: true,
});

/**
 * The sum of all entries of an axis up to and including each: yᵢ = x₀ + … + xᵢ.
 *
 * Shape    the same.
 * dtype    float32; int32 for whole numbers and truth values.
 * Throws   ShapeError "dim" when the axis does not exist.
 * Source   torch.cumsum.
 *
 * @example
 * await cumsum(tensor([1, 2, 4]), 0).tolist(); // [1, 3, 7]
 */
export function cumsum<S extends Shape>(input: Tensor<S>, dim: number): Tensor<S>;
export function cumsum(input: Tensor, dim: number): Tensor {
  const axis = normalizeDim("cumsum", dim, input.ndim);
  if (input.ndim === 0) return input;
  if (input.dtype === "float32") return cumsumOp({ input }, { axis, reverse: false });
  const whole = to(input, "int32");
  const source = whole.isContiguous ? whole : makeContiguous(whole);
  const out = Tensor.empty(input.backend, input.shape, "int32");
  if (out.numel > 0) run("cumsum_i32", { ...aroundAxis(out.shape, axis), reverse: 0, exclusive: 0 }, [source], [out]);
  return out;
}

/** Running products, outside the graph. */
function products(input: Tensor, axis: number, reverse: 0 | 1, exclusive: 0 | 1, into?: Tensor): Tensor {
  const out = into ?? Tensor.empty(input.backend, input.shape);
  if (out.numel > 0) run("cumprod_f32", { ...aroundAxis(input.shape, axis), reverse, exclusive }, [input], [out]);
  return out;
}

const cumprodOp: Op<{ input: Tensor }, { axis: number }> = defineOp<{ input: Tensor }, { axis: number }>({
  name: "cumprod",
  shape: ({ input }) => input.shape,
  saves: ["input"],
  forward({ input }, { axis }, out) {
    products(input, axis, 0, 0, out);
  },
  // ∂L/∂xᵢ = Πⱼ<ᵢ xⱼ · Σₖ≥ᵢ gₖ·Πᵢ<ⱼ≤ₖ xⱼ: no division, so that zeros are no exception; n² numbers for n entries.
  backward(gradOutput, { input }, { axis }) {
    const on = { device: input.backend };
    const size = input.shape[axis]!;
    const lines = (t: Tensor) => reshape(transpose(t, axis, -1), [t.numel / Math.max(1, size), size]);
    const [x, g] = [lines(input), lines(gradOutput)];
    const k = arange(size, undefined, 1, on);
    const i = unsqueeze(k, 1);
    const between = cumprodOp({ input: where(k.gt(i), unsqueeze(x, 1), 1) }, { axis: 2 });
    const behind = sum(where(k.ge(i), between, 0).mul(unsqueeze(g, 1)), 2);
    const moved = transpose(input, axis, -1).shape;
    return { input: transpose(reshape(before(x, 1).mul(behind), moved), axis, -1) };
  },
  differentiable: true,
});

/** Of each entry of an axis the product of those before it. */
function before(input: Tensor, axis: number): Tensor {
  const size = input.shape[axis]!;
  if (size === 0) return input;
  const first = ones(input.shape.with(axis, 1), { device: input.backend });
  return cumprodOp({ input: cat([first, narrow(input, axis, 0, size - 1)], axis) }, { axis });
}

/**
 * The product of all entries of an axis up to and including each: yᵢ = x₀·…·xᵢ.
 *
 * Shape    the same.
 * Throws   ShapeError "dim" when the axis does not exist; DTypeError "dtype" unless float32.
 * Source   torch.cumprod. The gradient needs n² numbers for an axis of n.
 *
 * @example
 * await cumprod(tensor([1, 2, 4]), 0).tolist(); // [1, 2, 8]
 */
export function cumprod<S extends Shape>(input: Tensor<S>, dim: number): Tensor<S>;
export function cumprod(input: Tensor, dim: number): Tensor {
  const axis = normalizeDim("cumprod", dim, input.ndim);
  return input.ndim === 0 ? input : cumprodOp({ input }, { axis });
}

const prodOp = defineOp<{ input: Tensor }, { axis: number }>({
  name: "prod",
  shape: ({ input }, { axis }) => reducedShape(input.shape, [axis], true),
  saves: ["input"],
  forward({ input }, { axis }, out) {
    const size = input.shape[axis]!;
    const source =
      size > 0 ? narrow(products(input, axis, 0, 0), axis, size - 1, 1) : ones(out.shape, { device: out.backend });
    copyStrided(source, out);
  },
  // The product of all others is that of those before and that of those behind: right where an element is 0, too.
  backward(gradOutput, { input }, { axis }) {
    const others = products(input, axis, 0, 1).mul(products(input, axis, 1, 1));
    return { input: others.mul(expand(gradOutput, input.shape)) };
  },
  differentiable(gradOutput, { input }, { axis }) {
    const others = before(input, axis).mul(flip(before(flip(input, axis), axis), axis));
    return { input: others.mul(expand(gradOutput, input.shape)) };
  },
});

/**
 * The product of an axis, or of everything; the product of nothing is 1. The gradient is right where elements are 0,
 * too.
 *
 * Shape    the axis vanishes, or stays with size 1 with keepdim.
 * Options  keepdim false.
 * Throws   ShapeError "dim" when the axis does not exist; DTypeError "dtype" unless float32.
 * Source   torch.prod.
 *
 * @example
 * await prod(tensor([[1, 2], [3, 4]])).item(); // 24
 * await prod(tensor([[1, 2], [3, 4]]), 1).tolist(); // [2, 12]
 */
export function prod<
  S extends Shape,
  const D extends number | undefined = undefined,
  const P extends ReduceOptions = None,
>(...given: Reducing<S, D, P>): Reduced<S, D, P>;
export function prod(input: Tensor, dim?: number, options: ReduceOptions = {}): Tensor {
  checkKnown("prod", options, { keepdim: 0 });
  if (dim === undefined || input.ndim === 0) {
    const all = prodOp({ input: reshape(input, [numel(input.shape)]) }, { axis: 0 });
    return reshape(all, options.keepdim ? input.shape.map(() => 1) : []);
  }
  const axis = normalizeDim("prod", dim, input.ndim);
  const kept = prodOp({ input }, { axis });
  return options.keepdim ? kept : reshape(kept, reducedShape(input.shape, [axis], false));
}
