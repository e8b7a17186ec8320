/** @file What must be equal in two calls for one recording to serve both: shapes and types of tensors, all other values. */
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { Tensor } from "../autograd/tensor.ts";
import { NotCapturable } from "./recording.ts";

const fixed = new WeakMap<Tensor, number>();
let nextFixed = 0;

/** A tensor with a gradient of its own is not exchanged for another: it is known by a number. */
export function isFixed(t: Tensor): boolean {
  return t.requiresGrad || t.grad !== null;
}

function numberOf(t: Tensor): number {
  const number = fixed.get(t) ?? nextFixed++;
  fixed.set(t, number);
  return number;
}

function ofTensor(t: Tensor, args: readonly unknown[]): string {
  const shares = args.findIndex((other) => other instanceof Tensor && other.storage === t.storage);
  return `${t.dtype}[${t.shape}]{${t.strides}}@${shares}${isFixed(t) ? `#${numberOf(t)}` : ""}`;
}

/** A key that two calls share only if one recording may serve both. */
export function signatureOf(args: readonly unknown[]): string {
  const parts = args.map((value, i) => {
    if (value instanceof Tensor) return ofTensor(value, args);
    if (value === null || ["number", "string", "boolean", "undefined"].includes(typeof value))
      return typeof value === "string" ? JSON.stringify(value) : Object.is(value, -0) ? "-0" : String(value);
    throw new NotCapturable(
      `argument ${i} is ${Array.isArray(value) ? "an array" : `of type ${typeof value}`}; pass tensors, numbers, strings or booleans`,
    );
  });
  return `${isGradEnabled()} ${parts.join(" ")}`;
}
