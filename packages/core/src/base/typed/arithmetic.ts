/**
 * @file Whole numbers added, multiplied and divided by the compiler, for shapes in types. Digits are looked up in tables,
 * as on paper, so 512·7·7 costs little and no size is too large (counting with tuples ends at 9,999).
 * A size that is only `number` gives `number`. No code: all of this is gone at run time.
 */

type Digit = "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9";
/** a + b, a + b + 1: carry and digit. */
type Sum = [
  ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09"],
  ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"],
  ["02", "03", "04", "05", "06", "07", "08", "09", "10", "11"],
  ["03", "04", "05", "06", "07", "08", "09", "10", "11", "12"],
  ["04", "05", "06", "07", "08", "09", "10", "11", "12", "13"],
  ["05", "06", "07", "08", "09", "10", "11", "12", "13", "14"],
  ["06", "07", "08", "09", "10", "11", "12", "13", "14", "15"],
  ["07", "08", "09", "10", "11", "12", "13", "14", "15", "16"],
  ["08", "09", "10", "11", "12", "13", "14", "15", "16", "17"],
  ["09", "10", "11", "12", "13", "14", "15", "16", "17", "18"],
];
type SumAndOne = [
  ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"],
  ["02", "03", "04", "05", "06", "07", "08", "09", "10", "11"],
  ["03", "04", "05", "06", "07", "08", "09", "10", "11", "12"],
  ["04", "05", "06", "07", "08", "09", "10", "11", "12", "13"],
  ["05", "06", "07", "08", "09", "10", "11", "12", "13", "14"],
  ["06", "07", "08", "09", "10", "11", "12", "13", "14", "15"],
  ["07", "08", "09", "10", "11", "12", "13", "14", "15", "16"],
  ["08", "09", "10", "11", "12", "13", "14", "15", "16", "17"],
  ["09", "10", "11", "12", "13", "14", "15", "16", "17", "18"],
  ["10", "11", "12", "13", "14", "15", "16", "17", "18", "19"],
];
/** a − b, a − b − 1: whether it borrows, and the digit. */
type Difference = [
  ["00", "19", "18", "17", "16", "15", "14", "13", "12", "11"],
  ["01", "00", "19", "18", "17", "16", "15", "14", "13", "12"],
  ["02", "01", "00", "19", "18", "17", "16", "15", "14", "13"],
  ["03", "02", "01", "00", "19", "18", "17", "16", "15", "14"],
  ["04", "03", "02", "01", "00", "19", "18", "17", "16", "15"],
  ["05", "04", "03", "02", "01", "00", "19", "18", "17", "16"],
  ["06", "05", "04", "03", "02", "01", "00", "19", "18", "17"],
  ["07", "06", "05", "04", "03", "02", "01", "00", "19", "18"],
  ["08", "07", "06", "05", "04", "03", "02", "01", "00", "19"],
  ["09", "08", "07", "06", "05", "04", "03", "02", "01", "00"],
];
type DifferenceLessOne = [
  ["19", "18", "17", "16", "15", "14", "13", "12", "11", "10"],
  ["00", "19", "18", "17", "16", "15", "14", "13", "12", "11"],
  ["01", "00", "19", "18", "17", "16", "15", "14", "13", "12"],
  ["02", "01", "00", "19", "18", "17", "16", "15", "14", "13"],
  ["03", "02", "01", "00", "19", "18", "17", "16", "15", "14"],
  ["04", "03", "02", "01", "00", "19", "18", "17", "16", "15"],
  ["05", "04", "03", "02", "01", "00", "19", "18", "17", "16"],
  ["06", "05", "04", "03", "02", "01", "00", "19", "18", "17"],
  ["07", "06", "05", "04", "03", "02", "01", "00", "19", "18"],
  ["08", "07", "06", "05", "04", "03", "02", "01", "00", "19"],
];
type TimesTable = [
  ["00", "00", "00", "00", "00", "00", "00", "00", "00", "00"],
  ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09"],
  ["00", "02", "04", "06", "08", "10", "12", "14", "16", "18"],
  ["00", "03", "06", "09", "12", "15", "18", "21", "24", "27"],
  ["00", "04", "08", "12", "16", "20", "24", "28", "32", "36"],
  ["00", "05", "10", "15", "20", "25", "30", "35", "40", "45"],
  ["00", "06", "12", "18", "24", "30", "36", "42", "48", "54"],
  ["00", "07", "14", "21", "28", "35", "42", "49", "56", "63"],
  ["00", "08", "16", "24", "32", "40", "48", "56", "64", "72"],
  ["00", "09", "18", "27", "36", "45", "54", "63", "72", "81"],
];
type DigitAfter = {
  "0": "1";
  "1": "2";
  "2": "3";
  "3": "4";
  "4": "5";
  "5": "6";
  "6": "7";
  "7": "8";
  "8": "9";
  "9": never;
};
type Values = { "0": 0; "1": 1; "2": 2; "3": 3; "4": 4; "5": 5; "6": 6; "7": 7; "8": 8; "9": 9 };
type Value<D> = D extends keyof Values ? Values[D] : never;

/** "123" → "321": sums begin with the last digit. */
type Reverse<S extends string, Out extends string = ""> = S extends `${infer H}${infer T}`
  ? Reverse<T, `${H}${Out}`>
  : Out;
type Trim<S extends string> = S extends `0${infer T}` ? (T extends "" ? "0" : Trim<T>) : S;
type Parse<S extends string> = Trim<S> extends `${infer N extends number}` ? N : never;

// A and B: last digit first. Results: first digit first.
type AddDigits<
  A extends string,
  B extends string,
  Carry extends "0" | "1" = "0",
  Out extends string = "",
> = A extends `${infer a}${infer As}`
  ? B extends `${infer b}${infer Bs}`
    ? (Carry extends "0" ? Sum : SumAndOne)[Value<a>][Value<b>] extends `${infer c extends "0" | "1"}${infer d}`
      ? AddDigits<As, Bs, c, `${d}${Out}`>
      : never
    : Carry extends "0"
      ? `${Reverse<A>}${Out}`
      : SumAndOne[Value<a>][0] extends `${infer c extends "0" | "1"}${infer d}`
        ? AddDigits<As, "", c, `${d}${Out}`>
        : never
  : B extends ""
    ? Carry extends "0"
      ? Out
      : `1${Out}`
    : AddDigits<B, "", Carry, Out>;

type SubDigits<
  A extends string,
  B extends string,
  Borrow extends "0" | "1" = "0",
  Out extends string = "",
> = A extends `${infer a}${infer As}`
  ? B extends `${infer b}${infer Bs}`
    ? (Borrow extends "0"
        ? Difference
        : DifferenceLessOne)[Value<a>][Value<b>] extends `${infer c extends "0" | "1"}${infer d}`
      ? SubDigits<As, Bs, c, `${d}${Out}`>
      : never
    : Borrow extends "0"
      ? `${Reverse<A>}${Out}`
      : DifferenceLessOne[Value<a>][0] extends `${infer c extends "0" | "1"}${infer d}`
        ? SubDigits<As, "", c, `${d}${Out}`>
        : never
  : B extends ""
    ? Borrow extends "0"
      ? Out
      : "negative"
    : "negative";

type TimesDigit<
  A extends string,
  D extends Digit,
  Carry extends Digit = "0",
  Out extends string = "",
> = A extends `${infer a}${infer As}`
  ? TimesTable[Value<a>][Value<D>] extends `${infer tens extends Digit}${infer ones extends Digit}`
    ? Sum[Value<ones>][Value<Carry>] extends `${infer c}${infer d}`
      ? Sum[Value<tens>][Value<c>] extends `0${infer next extends Digit}`
        ? TimesDigit<As, D, next, `${d}${Out}`>
        : never
      : never
    : never
  : Carry extends "0"
    ? Out
    : `${Carry}${Out}`;

/** A last digit first, B first digit first. */
type TimesDigits<
  A extends string,
  B extends string,
  Out extends string = "0",
> = B extends `${infer b extends Digit}${infer Bs}`
  ? TimesDigits<A, Bs, AddDigits<Reverse<`${Out}0`>, Reverse<TimesDigit<A, b>>>>
  : Out;

/** Long division: [quotient, rest]. */
type DivideDigits<
  A extends string,
  B extends string,
  Rest extends string = "0",
  Out extends string = "",
> = A extends `${infer a}${infer As}`
  ? HowOften<Trim<`${Rest}${a}`>, B> extends [infer q extends string, infer r extends string]
    ? DivideDigits<As, B, r, `${Out}${q}`>
    : never
  : [Out, Rest];
type HowOften<R extends string, B extends string, Q extends Digit = "0"> =
  SubDigits<Reverse<R>, Reverse<B>> extends infer d extends string
    ? d extends "negative"
      ? [Q, R]
      : HowOften<Trim<d>, B, DigitAfter[Q]>
    : never;

/** Whether both are known numbers. */
type Known<A extends number, B extends number> = number extends A ? false : number extends B ? false : true;

export type Add<A extends number, B extends number> =
  Known<A, B> extends true
    ? B extends 0
      ? A
      : A extends 0
        ? B
        : Parse<AddDigits<Reverse<`${A}`>, Reverse<`${B}`>>>
    : number;

/** A − B; −1 for every result below zero. */
export type Subtract<A extends number, B extends number> =
  Known<A, B> extends true
    ? B extends 0
      ? A
      : SubDigits<Reverse<`${A}`>, Reverse<`${B}`>> extends infer D extends string
        ? D extends "negative"
          ? -1
          : Parse<D>
        : never
    : number;

export type Multiply<A extends number, B extends number> =
  Known<A, B> extends true ? (A extends 1 ? B : B extends 1 ? A : Parse<TimesDigits<Reverse<`${A}`>, `${B}`>>) : number;

/** ⌊A/B⌋; `number` for B = 0. */
export type FloorDivide<A extends number, B extends number> =
  Known<A, B> extends true
    ? B extends 1
      ? A
      : B extends 0
        ? number
        : DivideDigits<`${A}`, `${B}`> extends [infer Q extends string, string]
          ? Parse<Q>
          : never
    : number;

/** Whether B divides A; true when that cannot be known. */
export type Divides<B extends number, A extends number> =
  Known<A, B> extends true
    ? B extends 1
      ? true
      : B extends 0
        ? true
        : DivideDigits<`${A}`, `${B}`> extends [string, infer R extends string]
          ? Trim<R> extends "0"
            ? true
            : false
          : never
    : true;

/** Whether A ≥ B; `boolean` when that cannot be known. */
export type AtLeast<A extends number, B extends number> =
  Known<A, B> extends true ? (Subtract<A, B> extends -1 ? false : true) : boolean;
