/**
 * @file A row of the table of shapes. That a row compiles says that the types agree with PyTorch: `fits` takes no other
 * output than the one the types work out, `refused` no other text. test/shapes.test.ts says the same of the run.
 */
import type { DType, nn } from "@drishti/core";

type Shape = readonly number[];
type Plain<S extends Shape> = [...S];

/** Both the same type, neither wider. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

export interface ShapeCase {
  readonly name: string;
  readonly make: () => nn.Layer;
  readonly input: Shape;
  readonly dtype?: DType;
  readonly output?: Shape;
  readonly code?: string;
}

/** A layer that makes `output` of `input`. */
export function fits<L extends nn.Layer, const X extends Shape, const Y extends Shape>(
  name: string,
  make: () => L,
  input: X,
  output: Same<nn.After<L, X>, Plain<Y>> extends true ? Y : Same<nn.After<L, X>, Y> extends true ? Y : nn.After<L, X>,
  dtype?: DType,
): ShapeCase {
  return { name, make, input, output: output as Shape, ...(dtype && { dtype }) };
}

/** A layer that refuses `input`: at run time with `code`, at compile time with `text`. */
export function refused<L extends nn.Layer, const X extends Shape, const Text extends string>(
  name: string,
  make: () => L,
  input: X,
  code: string,
  text: nn.After<L, X> extends nn.Misfit<infer M> ? Text & M : "this fits",
): ShapeCase {
  void text;
  return { name, make, input, code };
}
