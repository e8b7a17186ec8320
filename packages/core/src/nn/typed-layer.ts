/** @file What the types of layers are made of; the rules stand in base/typed. Nothing here exists at run time. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import type { Dims, Misfit, Unranked } from "../base/typed/dims.ts";
import type { Apply, Checked, Fitting, Result } from "../base/typed/rules.ts";

/** What an input of shape S must be for a layer with rule R besides a tensor: nothing more, or a misfit that no tensor is. */
export type Fit<R, S extends Shape> = Unranked<S> extends true ? unknown : Fitting<Apply<R, S>>;

/** The shape that the layer gives for it. */
export type Given<R, S extends Shape> = Result<S, Apply<R, S>>;

/**
 * A tensor whose shape the compiler does not know. Beside its typed signature each forward() has one for these: a union of
 * layers can be called through it, and with two signatures the compiler lets subclasses write `forward(input: Tensor): Tensor`.
 */
export type Unshaped = Tensor & { readonly shape: { readonly length: number; readonly 0?: never } };

/** The layers, each of them checked in its place by the compiler. */
export type Fitted<L extends readonly unknown[], X extends Dims> = {
  [At in keyof L]: L[At] & (At extends keyof Checked<L, X> ? Checked<L, X>[At] : unknown);
};

/** Options as written, refusing names that are none: inferring them exactly would let misspelt ones pass. */
export type Written<P, Options> = P & {
  readonly [Name in Exclude<keyof P, keyof Options>]: Misfit<"there is no option of this name">;
};
