/** @file Functions of two elements with broadcasting. Gradients are summed back over the repeated axes. */

import { full } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { padAxes, release, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import type { Shape } from "../base/shape.ts";
import { broadcastShapes, broadcastStrides } from "../base/shape.ts";
import type { BroadcastShape } from "../base/typed/dense-rules.ts";
import type { Misfit } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { DTypeError } from "../errors/errors.ts";
import { to } from "./cast.ts";
import { sumTo } from "./sum.ts";
import { affine, log, neg, unaryOps } from "./unary.ts";

type BinaryInputs = { a: Tensor; b: Tensor };
type BinaryKernel = "add_f32" | "sub_f32" | "mul_f32" | "div_f32" | "pow_f32" | "maximum_f32" | "minimum_f32";

/** Strides of both operands read as `shape`. @internal */
export function broadcastParams(a: Tensor, b: Tensor, shape: readonly number[]) {
  const stridesOf = (t: Tensor) => padAxes(broadcastStrides(t.shape, t.strides, shape), 0);
  return { ndim: 8, shape: padAxes(shape, 1), stridesA: stridesOf(a), stridesB: stridesOf(b) };
}

interface Partials {
  a(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor;
  b(gradOutput: Tensor, a: Tensor, b: Tensor): Tensor;
}

function binary(
  name: string,
  kernel: BinaryKernel,
  saves: readonly ("a" | "b")[],
  partial: Partials,
): Op<BinaryInputs, null> {
  return defineOp<BinaryInputs, null>({
    name,
    shape: ({ a, b }) => broadcastShapes(name, a.shape, b.shape),
    saves,
    forward({ a, b }, _p, out) {
      if (out.numel > 0) run(kernel, broadcastParams(a, b, out.shape), [a, b], [out]);
    },
    backward(gradOutput, { a, b }, _p, { needs, shapes }) {
      const down = (key: "a" | "b"): Tensor | undefined => {
        if (!needs[key]) return undefined;
        const full = partial[key](gradOutput, a, b);
        const summed = sumTo(full, shapes[key]);
        if (summed !== full && full !== gradOutput && !isGradEnabled()) release(full);
        return summed;
      };
      return { a: down("a"), b: down("b") };
    },
    differentiable: true,
  });
}

// Where both are equal each takes half, as torch.maximum does.
const half = (g: Tensor, a: Tensor, b: Tensor, comparison: "gt" | "lt"): Tensor =>
  mul(g, add(to(compare(comparison, a, b), "float32"), mul(to(compare("eq", a, b), "float32"), 0.5)));

/** Every two-operand operation, by torch's name. @internal */
export const binaryOps = {
  add: binary("add", "add_f32", [], { a: (g) => g, b: (g) => g }),
  sub: binary("sub", "sub_f32", [], { a: (g) => g, b: (g) => neg(g) }),
  mul: binary("mul", "mul_f32", ["a", "b"], {
    a: (g, _a, b) => mul(g, b),
    b: (g, a) => mul(g, a),
  }),
  div: binary("div", "div_f32", ["a", "b"], {
    a: (g, _a, b) => div(g, b),
    b: (g, a, b) => neg(div(mul(g, a), mul(b, b))),
  }),
  pow: binary("pow", "pow_f32", ["a", "b"], {
    // ∂aᵇ/∂a = b·aᵇ⁻¹, and 0 where b = 0; ∂aᵇ/∂b = aᵇ·ln a, and 0 where a = 0 and b ≥ 0.
    a: (g, a, b) => where(compare("eq", b, 0), 0, mul(g, mul(b, pow(a, affine(b, 1, -1))))),
    b: (g, a, b) => where(compare("eq", a, 0), 0, mul(g, mul(pow(a, b), log(a)))),
  }),
  maximum: binary("maximum", "maximum_f32", ["a", "b"], {
    a: (g, a, b) => half(g, a, b, "gt"),
    b: (g, a, b) => half(g, b, a, "gt"),
  }),
  minimum: binary("minimum", "minimum_f32", ["a", "b"], {
    a: (g, a, b) => half(g, a, b, "lt"),
    b: (g, a, b) => half(g, b, a, "lt"),
  }),
} as const;

const whereOp: Op<{ condition: Tensor; a: Tensor; b: Tensor }, null> = defineOp<
  { condition: Tensor; a: Tensor; b: Tensor },
  null
>({
  name: "where",
  inputTypes: { condition: "bool" },
  shape: ({ condition, a, b }) => broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape)),
  saves: ["condition"],
  forward({ condition, a, b }, _p, out) {
    const stridesCondition = padAxes(broadcastStrides(condition.shape, condition.strides, out.shape), 0);
    if (out.numel > 0)
      run("where_f32", { ...broadcastParams(a, b, out.shape), stridesCondition }, [condition, a, b], [out]);
  },
  backward(gradOutput, { condition }, _p, { needs, shapes }) {
    return {
      a: needs.a ? sumTo(where(condition, gradOutput, 0), shapes.a) : undefined,
      b: needs.b ? sumTo(where(condition, 0, gradOutput), shapes.b) : undefined,
    };
  },
  differentiable: true,
});

/** A tensor or a plain number. */
export type Operand = Tensor | number;

/** What an operand must be beside a tensor of shape A: a number, or a tensor that broadcasts with it. @internal */
export type BroadcastFit<Where extends string, A extends Shape, B> =
  B extends Tensor<infer S>
    ? BroadcastShape<Where, A, S> extends infer Y
      ? Y extends Misfit<string>
        ? Y
        : Tensor<S>
      : never
    : Operand;
/** The shape of what comes of both. @internal */
export type Broadcasted<Where extends string, A extends Shape, B> =
  B extends Tensor<infer S>
    ? BroadcastShape<Where, A, S> extends infer Y
      ? Y extends readonly number[]
        ? Y
        : Shape
      : never
    : A;

/** A number as a scalar tensor beside `like`. @internal */
export function asTensor(value: Operand, like: Tensor): Tensor {
  return typeof value === "number" ? full([], value, { device: like.backend }) : value;
}

function floats(where: string, t: Tensor): Tensor {
  if (t.dtype === "bool" && where !== "where") return to(t, "float32");
  return t.dtype === "float32" ? t : to(t, "float32");
}

function integers(kernel: "add_i32" | "sub_i32" | "mul_i32", a: Tensor, b: Operand): Tensor | null {
  if (a.dtype !== "int32" || (typeof b === "number" ? !Number.isInteger(b) : b.dtype !== "int32")) return null;
  const other = typeof b === "number" ? full([], b, { device: a.backend, dtype: "int32" }) : b;
  const out = Tensor.empty(a.backend, broadcastShapes(kernel, a.shape, other.shape), "int32");
  if (out.numel > 0) run(kernel, broadcastParams(a, other, out.shape), [a, other], [out]);
  return tell(kernel.slice(0, 3), { a, b: other }, null, out);
}

/**
 * a + b, element by element, with broadcasting: shapes are aligned at the right, and an axis of size 1 is repeated.
 *
 * dtype    int32 of two int32 (or an int32 and a whole number), else float32; bool counts as 0 and 1.
 * Throws   ShapeError "broadcast".
 * Source   torch.add.
 *
 * @example
 * await add(tensor([[1], [2]]), tensor([10, 20])).tolist(); // [[11, 21], [12, 22]]
 */
export function add<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"add", A, B>,
): Tensor<Broadcasted<"add", A, B>>;
export function add(a: Tensor, b: Operand): Tensor {
  return (
    integers("add_i32", a, b) ??
    (typeof b === "number"
      ? affine(floats("add", a), 1, b)
      : binaryOps.add({ a: floats("add", a), b: floats("add", b) }, null))
  );
}

/**
 * a − b, element by element, with broadcasting.
 *
 * dtype    int32 of two int32 (or an int32 and a whole number), else float32.
 * Throws   ShapeError "broadcast".
 * Source   torch.sub.
 *
 * @example
 * await sub(tensor([5, 7]), 2).tolist(); // [3, 5]
 */
export function sub<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"sub", A, B>,
): Tensor<Broadcasted<"sub", A, B>>;
export function sub(a: Tensor, b: Operand): Tensor {
  return (
    integers("sub_i32", a, b) ??
    (typeof b === "number"
      ? affine(floats("sub", a), 1, -b)
      : binaryOps.sub({ a: floats("sub", a), b: floats("sub", b) }, null))
  );
}

/**
 * a·b, element by element, with broadcasting. The product of matrices is matmul().
 *
 * dtype    int32 of two int32 (or an int32 and a whole number), else float32.
 * Throws   ShapeError "broadcast".
 * Source   torch.mul.
 *
 * @example
 * await mul(tensor([1, 2, 3]), tensor([4, 5, 6])).tolist(); // [4, 10, 18]
 */
export function mul<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"mul", A, B>,
): Tensor<Broadcasted<"mul", A, B>>;
export function mul(a: Tensor, b: Operand): Tensor {
  return (
    integers("mul_i32", a, b) ??
    (typeof b === "number"
      ? affine(floats("mul", a), b, 0)
      : binaryOps.mul({ a: floats("mul", a), b: floats("mul", b) }, null))
  );
}

/**
 * a/b, element by element, with broadcasting. True division: the result is float32, of whole numbers, too.
 *
 * Throws   ShapeError "broadcast".
 * Source   torch.div.
 *
 * @example
 * await div(tensor([1, -3]), 2).tolist(); // [0.5, -1.5]
 */
export function div<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"div", A, B>,
): Tensor<Broadcasted<"div", A, B>>;
export function div(a: Tensor, b: Operand): Tensor {
  const x = floats("div", a);
  return binaryOps.div({ a: x, b: floats("div", asTensor(b, x)) }, null);
}

/**
 * aᵇ, element by element, with broadcasting; float32. NaN for a negative a with a b that is not whole.
 *
 * Throws   ShapeError "broadcast".
 * Source   torch.pow.
 *
 * @example
 * await pow(tensor([1, 2, 3]), 2).tolist(); // [1, 4, 9]
 * await pow(tensor([2, 4]), tensor([3, 0.5])).tolist(); // [8, 2]
 */
export function pow<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"pow", A, B>,
): Tensor<Broadcasted<"pow", A, B>>;
export function pow(a: Tensor, b: Operand): Tensor {
  if (typeof b === "number") return unaryOps.pow({ input: floats("pow", a) }, { alpha: b, beta: 0 });
  return binaryOps.pow({ a: floats("pow", a), b: floats("pow", b) }, null);
}

/**
 * The larger of each pair, with broadcasting; NaN if either is. Where both are equal each takes half of the gradient.
 *
 * Throws   ShapeError "broadcast"; DTypeError "dtype" unless float32.
 * Source   torch.maximum.
 *
 * @example
 * await maximum(tensor([1, 5]), tensor([3, 2])).tolist(); // [3, 5]
 */
export function maximum<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"maximum", A, B>,
): Tensor<Broadcasted<"maximum", A, B>>;
export function maximum(a: Tensor, b: Operand): Tensor {
  return binaryOps.maximum({ a, b: asTensor(b, a) }, null);
}

/**
 * The smaller of each pair, with broadcasting; NaN if either is. Where both are equal each takes half of the gradient.
 *
 * Throws   ShapeError "broadcast"; DTypeError "dtype" unless float32.
 * Source   torch.minimum.
 *
 * @example
 * await minimum(tensor([1, 5]), 3).tolist(); // [1, 3]
 */
export function minimum<A extends Shape, B>(
  a: Tensor<A>,
  b: B & BroadcastFit<"minimum", A, B>,
): Tensor<Broadcasted<"minimum", A, B>>;
export function minimum(a: Tensor, b: Operand): Tensor {
  return binaryOps.minimum({ a, b: asTensor(b, a) }, null);
}

/**
 * condition ? a : b, element by element, with broadcasting. The gradient goes to what was chosen.
 *
 * Shape    the common shape of all three; a and b may be numbers.
 * dtype    condition bool (of another type, whether it is not 0); a and b float32.
 * Throws   ShapeError "broadcast"; DTypeError "dtype" unless a and b are float32.
 * Source   torch.where.
 *
 * @example
 * const x = tensor([-1, 2]);
 * await where(x.gt(0), x, 0).tolist(); // [0, 2]
 */
export function where<C extends Shape, A, B>(
  condition: Tensor<C>,
  a: A & BroadcastFit<"where", C, A>,
  b: B & BroadcastFit<"where", Broadcasted<"where", C, A>, B>,
): Tensor<Broadcasted<"where", Broadcasted<"where", C, A>, B>>;
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const like = typeof a !== "number" ? a : typeof b !== "number" ? b : condition;
  const mask = condition.dtype === "bool" ? condition : to(condition, "bool");
  return whereOp({ condition: mask, a: asTensor(a, like), b: asTensor(b, like) }, null);
}

type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** Compares with broadcasting; the result is bool. @internal */
export function compare<A extends Shape, B>(
  name: Comparison,
  a: Tensor<A>,
  b: B & BroadcastFit<"compare", A, B>,
): Tensor<Broadcasted<"compare", A, B>>;
export function compare(name: Comparison, a: Tensor, b: Operand): Tensor {
  let x = a;
  let y =
    typeof b === "number"
      ? full([], b, {
          device: a.backend,
          dtype: Number.isInteger(b) ? (a.dtype === "float32" ? "float32" : "int32") : "float32",
        })
      : b;
  const type = x.dtype === "float32" || y.dtype === "float32" ? "float32" : "int32";
  x = to(x, type);
  y = to(y, type);
  if (x.backend !== y.backend) throw new DTypeError(name, "device", `operands are on ${x.device} and ${y.device}.`);
  const out = Tensor.empty(x.backend, broadcastShapes(name, x.shape, y.shape), "bool");
  if (out.numel > 0)
    run(`${name}_${type === "float32" ? "f32" : "i32"}`, broadcastParams(x, y, out.shape), [x, y], [out]);
  return tell(name, { a: x, b: y }, null, out);
}

/**
 * `value` where the mask is set, else the input; no gradient reaches what was filled.
 *
 * Shape    input and mask broadcast.
 * dtype    mask bool (of another type, whether it is not 0); input float32.
 * Throws   ShapeError "broadcast"; DTypeError "dtype" unless input is float32.
 * Source   torch.masked_fill.
 *
 * @example
 * await maskedFill(tensor([1, 2, 3]), tensor([true, false, true]), 0).tolist(); // [0, 2, 0]
 */
export function maskedFill<A extends Shape, M extends Shape>(
  input: Tensor<A>,
  mask: Tensor<M> & Fit<["broadcast", "maskedFill", M], A>,
  value: Operand,
): Tensor<Given<["broadcast", "maskedFill", M], A>>;
export function maskedFill(input: Tensor, mask: Tensor, value: Operand): Tensor {
  return where(mask, value, input);
}
