/** @file Who listens to operations as they run: a recording of them is the graph that an export writes. */
import type { Tensor } from "./tensor.ts";

/** One operation that ran: what went in by name, its parameters, and what came out. */
export interface TracedOp {
  /** As its definition calls it: "conv2d". */
  readonly name: string;
  /** By name; undefined where an optional one is absent. */
  readonly inputs: Readonly<Record<string, Tensor | undefined>>;
  readonly params: unknown;
  readonly output: Tensor;
}

/** Is told of each operation after it ran; see traceOps(). */
export type Tracer = (op: TracedOp) => void;

let listener: Tracer | null = null;

/**
 * Runs `body` and tells `tracer` of every operation on the way, views included, in order. An operation made of others
 * is told of once, by its own name. For exports; the tensors told of may be recycled as soon as the tracer returns.
 *
 * @example
 * const names: string[] = [];
 * traceOps((op) => names.push(op.name), () => tensor([1, -2]).relu().reshape([2, 1]));
 * names; // ["relu", "reshape"]
 */
export function traceOps<T>(tracer: Tracer, body: () => T): T {
  const before = listener;
  listener = tracer;
  try {
    return body();
  } finally {
    listener = before;
  }
}

/** Whether somebody listens, who would miss operations that are replayed. @internal */
export function isTraced(): boolean {
  return listener !== null;
}

/** Runs one operation, telling of it but not of what it is made of. @internal */
export function traced<Out extends Tensor>(
  name: string,
  inputs: TracedOp["inputs"],
  params: unknown,
  compute: () => Out,
): Out {
  if (!listener) return compute();
  const told = listener;
  listener = null;
  let output: Out;
  try {
    output = compute();
  } finally {
    listener = told;
  }
  told({ name, inputs, params, output });
  return output;
}

/** Tells of an operation that has run; returns its result. @internal */
export function tell<Out extends Tensor>(name: string, inputs: TracedOp["inputs"], params: unknown, output: Out): Out {
  listener?.({ name, inputs, params, output });
  return output;
}
