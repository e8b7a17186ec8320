/** @file Equality of types, for the tests beside this file: `same<A, B>(true)` compiles for equal types alone. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export function same<A, B>(_: Equal<A, B>): void {}
