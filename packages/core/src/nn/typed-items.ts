/** @file What the type of a ModuleList knows of its entries. Nothing here exists at run time. */

/** Entry I of a list, counted from the end when negative; any of them where list or number are not known. */
export type ItemAt<L extends readonly unknown[], I extends number> = number extends L["length"] | I
  ? L[number]
  : `${I}` extends `-${infer Back}`
    ? FromEnd<L, Back>
    : `${I}` extends keyof L
      ? L[I]
      : never;

type FromEnd<L extends readonly unknown[], Back extends string, Seen extends readonly 0[] = [0]> = L extends readonly [
  ...infer Rest,
  infer Last,
]
  ? `${Seen["length"]}` extends Back
    ? Last
    : FromEnd<Rest, Back, [...Seen, 0]>
  : never;
