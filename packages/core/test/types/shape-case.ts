/**
 * @file A row of the table of shapes. That a row compiles says that the types agree with PyTorch: `fits` takes no other
 * output than the one the types work out, `refused` no other text. test/shapes.test.ts says the same of the run.
 */
import { type DType, type nn, type Tensor, zeros } from "@drishti/core";

type Shape = readonly number[];
type Plain<S extends Shape> = [...S];

/** Both the same type, neither wider. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

export interface ShapeCase {
  readonly name: string;
  readonly run: () => Tensor;
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
  return { name, run: () => make().forward(zeros(input, { dtype })), output: output as Shape };
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
  return { name, run: () => make().forward(zeros(input)), code };
}

type Inputs<I extends readonly Shape[]> = { [At in keyof I]: Tensor<I[At]> };
type ShapeOf<T> = T extends Tensor<infer S> ? S : never;

/** A function that makes `output` of tensors of these shapes. */
export function gives<const I extends readonly Shape[], R extends Tensor, const Y extends Shape>(
  name: string,
  inputs: I,
  call: (...inputs: Inputs<I>) => R,
  output: Same<Plain<ShapeOf<R>>, Plain<Y>> extends true ? Y : ShapeOf<R>,
): ShapeCase {
  return { name, run: () => call(...(inputs.map((s) => zeros(s)) as Inputs<I>)), output: output as Shape };
}

/** A function that refuses them with `code`; the line above the call expects the compiler's error, `text` is what it says. */
export function declined<const I extends readonly Shape[]>(
  name: string,
  inputs: I,
  call: (...inputs: Inputs<I>) => unknown,
  code: string,
  text: string,
): ShapeCase {
  void text;
  return { name, run: () => call(...(inputs.map((s) => zeros(s)) as Inputs<I>)) as Tensor, code };
}

/** The text that rule R has for an input of shape X, and no other. */
export const says =
  <const R extends readonly unknown[], const X extends Shape>() =>
  <const T extends string>(
    text: nn.After<{ readonly shapeRule: R }, X> extends nn.Misfit<infer M> ? T & M : "this fits",
  ) =>
    text as string;
