/** @file Arithmetic and comparisons as methods of Tensor, by declaration merging; methods.ts adds them. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import * as binary from "./binary.ts";
import { clamp } from "./clamp.ts";
import { expm1, log1p } from "./log1p.ts";
import { matmul } from "./matmul.ts";
import { logSoftmax, softmax } from "./softmax.ts";
import * as unary from "./unary.ts";

type Operand = binary.Operand;

/** Two operands that broadcast: `x.add(y)`. */
type Broadcasting<Name extends string> = <X extends Shape, B>(
  this: Tensor<X>,
  other: B & binary.BroadcastFit<Name, X, B>,
) => Tensor<binary.Broadcasted<Name, X, B>>;

const compare = (name: Parameters<typeof binary.compare>[0]) => (self: Tensor, other: Operand) =>
  binary.compare(name, self, other);

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** this + other, with broadcasting. See add(). */
    add: Broadcasting<"add">;
    /** this − other, with broadcasting. See sub(). */
    sub: Broadcasting<"sub">;
    /** this·other, element by element, with broadcasting. See mul(). */
    mul: Broadcasting<"mul">;
    /** this/other, with broadcasting; float32. See div(). */
    div: Broadcasting<"div">;
    /** Each element to the power of `exponent`, with broadcasting. See pow(). */
    pow: Broadcasting<"pow">;
    /** The larger of each pair, with broadcasting. See maximum(). */
    maximum: Broadcasting<"maximum">;
    /** The smaller of each pair, with broadcasting. See minimum(). */
    minimum: Broadcasting<"minimum">;
    /** Matrix product over the last two axes: (…, m, k) and (…, k, n) → (…, m, n). See matmul(). */
    matmul<X extends Shape, B extends Shape>(
      this: Tensor<X> & Fit<["matmul", B], X>,
      other: Tensor<B>,
    ): Tensor<Given<["matmul", B], X>>;
    /** −x, of each element. */
    neg(): Tensor<S>;
    /** eˣ, of each element. */
    exp(): Tensor<S>;
    /** eˣ − 1, of each element, exact near 0. */
    expm1(): Tensor<S>;
    /** The natural logarithm of each element. */
    log(): Tensor<S>;
    /** log(1 + x), of each element, exact near 0. */
    log1p(): Tensor<S>;
    /** √x, of each element. */
    sqrt(): Tensor<S>;
    /** |x|, of each element. */
    abs(): Tensor<S>;
    /** −1, 0 or 1, of each element. */
    sign(): Tensor<S>;
    /** 1/x, of each element. */
    reciprocal(): Tensor<S>;
    /** min(max(x, min), max), each bound a number or a tensor. See clamp(). */
    clamp<X extends Shape, const A extends Operand = number, const B extends Operand = number>(
      this: Tensor<X>,
      min?: A,
      max?: B,
    ): Tensor<A | B extends number ? X : Shape>;
    /** max(0, x), of each element. */
    relu(): Tensor<S>;
    /** 1/(1 + e⁻ˣ), of each element. */
    sigmoid(): Tensor<S>;
    /** The hyperbolic tangent of each element. */
    tanh(): Tensor<S>;
    /** e^{xᵢ}/Σⱼ e^{xⱼ} along `dim`. See softmax(). */
    softmax(dim: number): Tensor<S>;
    /** log(softmax(x)) along `dim`, without the detour over tiny numbers. See logSoftmax(). */
    logSoftmax(dim: number): Tensor<S>;

    /** this = other, element by element, with broadcasting; bool. */
    eq: Broadcasting<"compare">;
    /** this ≠ other, element by element, with broadcasting; bool. */
    ne: Broadcasting<"compare">;
    /** this < other, element by element, with broadcasting; bool. */
    lt: Broadcasting<"compare">;
    /** this ≤ other, element by element, with broadcasting; bool. */
    le: Broadcasting<"compare">;
    /** this > other, element by element, with broadcasting; bool. */
    gt: Broadcasting<"compare">;
    /** this ≥ other, element by element, with broadcasting; bool. */
    ge: Broadcasting<"compare">;
  }
}

/** @internal */
export const arithmetic = {
  add: binary.add,
  sub: binary.sub,
  mul: binary.mul,
  div: binary.div,
  pow: binary.pow,
  maximum: binary.maximum,
  minimum: binary.minimum,
  matmul,
  expm1,
  log1p,
  clamp,
  softmax,
  logSoftmax,
  neg: unary.neg,
  exp: unary.exp,
  log: unary.log,
  sqrt: unary.sqrt,
  abs: unary.abs,
  sign: unary.sign,
  reciprocal: unary.reciprocal,
  relu: unary.relu,
  sigmoid: unary.sigmoid,
  tanh: unary.tanh,
  eq: compare("eq"),
  ne: compare("ne"),
  lt: compare("lt"),
  le: compare("le"),
  gt: compare("gt"),
  ge: compare("ge"),
};
