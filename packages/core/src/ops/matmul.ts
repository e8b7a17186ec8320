import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { broadcastShapes, numel, sameShape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ShapeError, say } from "../errors/errors.ts";
import { repeatTo, sumTo } from "./sum.ts";
import { squeeze, unsqueeze } from "./view.ts";

interface Sides {
  transposeA: boolean;
  transposeB: boolean;
}

function rawMatmul(a: Tensor, b: Tensor, { transposeA, transposeB }: Sides, into?: Tensor): Tensor {
  const [m, k] = transposeA ? [a.size(-1), a.size(-2)] : [a.size(-2), a.size(-1)];
  const n = transposeB ? b.size(-2) : b.size(-1);
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const spread = (t: Tensor): Tensor => {
    const own = t.shape.slice(0, -2);
    return numel(own) === 1 || sameShape(own, lead) ? t : repeatTo(t, [...lead, ...t.shape.slice(-2)]);
  };
  const left = spread(a);
  const right = spread(b);
  const stride = (t: Tensor) => (numel(t.shape.slice(0, -2)) === 1 ? 0 : t.size(-1) * t.size(-2));
  const out = into ?? Tensor.empty(a.backend, [...lead, m, n]);
  const params = {
    batch: numel(lead),
    m,
    n,
    k,
    transposeA: Number(transposeA),
    transposeB: Number(transposeB),
    batchStrideA: stride(left),
    batchStrideB: stride(right),
  };
  if (out.numel > 0) run("matmul_f32", params, [left, right], [out]);
  return out;
}

export const matmulOp: Op<{ a: Tensor; b: Tensor }, null> = defineOp<{ a: Tensor; b: Tensor }, null>({
  name: "matmul",
  shape({ a, b }) {
    const [m = 0, k = 0] = a.shape.slice(-2);
    const [k2 = 0, n = 0] = b.shape.slice(-2);
    if (k !== k2)
      throw new ShapeError(
        "matmul",
        "inner",
        say`a has ${{ columns: k }} columns, b has ${{ rows: k2 }} rows; they must be equal. Is one to be transposed?`,
        [
          { name: "a", shape: a.shape },
          { name: "b", shape: b.shape },
        ],
      );
    return [...broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2)), m, n];
  },
  saves: ["a", "b"],
  forward({ a, b }, _p, out) {
    rawMatmul(a, b, { transposeA: false, transposeB: false }, out);
  },
  differentiable: (gradOutput, { a, b }, _p, { needs, shapes }) => ({
    a: needs.a ? sumTo(matmul(gradOutput, b.transpose(-1, -2)), shapes.a) : undefined,
    b: needs.b ? sumTo(matmul(a.transpose(-1, -2), gradOutput), shapes.b) : undefined,
  }),
  // C = A·B:  ∂L/∂A = G·Bᵀ    ∂L/∂B = Aᵀ·G
  backward(gradOutput, { a, b }, _p, { needs, shapes }) {
    return {
      a: needs.a ? sumTo(rawMatmul(gradOutput, b, { transposeA: false, transposeB: true }), shapes.a) : undefined,
      b: needs.b ? sumTo(rawMatmul(a, gradOutput, { transposeA: true, transposeB: false }), shapes.b) : undefined,
    };
  },
});

/**
 * Matrix product over the last two axes, y[…,i,j] = Σₖ a[…,i,k]·b[…,k,j]; leading axes broadcast. A vector stands for
 * one row (left) or column (right).
 *
 * Shape    (…, m, k) and (…, k, n) → (…, m, n); the axis of a vector goes away.
 * Throws   ShapeError "inner" when columns and rows differ, "rank" for a scalar, "broadcast"; DTypeError "dtype" unless
 *          float32.
 * Source   torch.matmul.
 *
 * @example
 * await matmul(tensor([[1, 2], [3, 4]]), tensor([1, 10])).tolist(); // [21, 43]
 * matmul(zeros([8, 2, 3]), zeros([3, 4])).shape; // [8, 2, 4]
 */
export function matmul<A extends Shape, B extends Shape>(
  a: Tensor<A>,
  b: Tensor<B> & Fit<["matmul", B], A>,
): Tensor<Given<["matmul", B], A>>;
export function matmul(a: Tensor, b: Tensor): Tensor {
  if (a.ndim === 0 || b.ndim === 0)
    throw new ShapeError("matmul", "rank", "scalars have no matrix product; use mul().");
  const left = a.ndim === 1 ? unsqueeze(a, 0) : a;
  const right = b.ndim === 1 ? unsqueeze(b, 1) : b;
  let out = matmulOp({ a: left, b: right }, null);
  if (b.ndim === 1) out = squeeze(out, -1);
  return a.ndim === 1 ? squeeze(out, a.ndim === 1 && b.ndim === 1 ? 0 : -2) : out;
}
