/**
 * @file Operations as methods of Tensor: `x.add(y)` beside `add(x, y)`. They are added here, in one place, because the
 * Tensor class stands below the ops and may not import them. Their types stand beside the lists.
 */
import { type BackwardOptions, backward, type RemoveHook, registerHook, retainGrad } from "../autograd/backward.ts";
import type { TensorHook } from "../autograd/graph.ts";
import { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Operand } from "./binary.ts";
import * as inPlace from "./in-place.ts";
import { arithmetic } from "./methods-arithmetic.ts";
import { reductions } from "./methods-reduce.ts";
import { selections } from "./methods-select.ts";
import { shapes } from "./methods-shape.ts";
// For their types: a declaration file keeps no import of values.
import "./methods-arithmetic.ts";
import "./methods-reduce.ts";
import "./methods-select.ts";
import "./methods-shape.ts";

declare module "../autograd/tensor.ts" {
  interface Tensor<S extends Shape = Shape> {
    /** Adds this tensor's gradient to .grad of every leaf it depends on. See backward(). */
    backward(options?: BackwardOptions | Tensor): void;
    /** Calls `hook` with this tensor's gradient, which it may replace. See registerHook(). */
    registerHook(hook: TensorHook): RemoveHook;
    /** Keeps .grad of a tensor that was computed, too. See retainGrad(). */
    retainGrad(): void;

    /** this ← this + other, in place. */
    add_(other: Operand): Tensor<S>;
    /** this ← this − other, in place. */
    sub_(other: Operand): Tensor<S>;
    /** this ← this·other, in place. */
    mul_(other: Operand): Tensor<S>;
    /** this ← this/other, in place. */
    div_(other: Operand): Tensor<S>;
    /** Every element becomes `value`; the history ends here. */
    fill_(value: number): Tensor<S>;
    /** Every element becomes 0; the history ends here. */
    zero_(): Tensor<S>;
    /** Takes over the values of `source`, broadcast if need be; gradients pass to it. */
    copy_(source: Tensor): Tensor<S>;
  }
}

type Method = (self: Tensor, ...rest: never[]) => unknown;

const methods: Record<string, Method> = {
  backward,
  registerHook,
  retainGrad,
  ...arithmetic,
  ...reductions,
  ...selections,
  ...shapes,
  ...inPlace,
};

for (const [name, method] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: never[]) {
      return method(this, ...rest);
    },
    writable: true,
    configurable: true,
  });
}
