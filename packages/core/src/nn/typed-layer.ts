/** @file What the types of layers are made of; the rules stand in base/typed. Nothing here exists at run time. */
import type { Tensor } from "../autograd/tensor.ts";
import type { Dims } from "../base/typed/dims.ts";
import type { After, Chain, Checked, Misfitting } from "../base/typed/rules.ts";

export type { Written } from "../base/typed/dims.ts";
export type { Fit, Given } from "../base/typed/rules.ts";

/**
 * A tensor whose shape the compiler does not know. Beside its typed signature each forward() has one for these: a union
 * of layers can be called through it, and with two signatures the compiler lets subclasses write
 * `forward(input: Tensor): Tensor`.
 */
export type Unshaped = Tensor & { readonly shape: { readonly length: number; readonly 0?: never } };

/** The layers, each of them checked in its place by the compiler. */
export type Fitted<L extends readonly unknown[], X extends Dims> = {
  [At in keyof L]: L[At] & (At extends keyof Checked<L, X> ? Checked<L, X>[At] : unknown);
};

/** What a layer M behind the layers L must be besides a layer. */
export type Appended<L extends readonly unknown[], M, X extends Dims> =
  Chain<L, X> extends infer Y ? (Y extends Dims ? Misfitting<After<M, Y>> : unknown) : never;
