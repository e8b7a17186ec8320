/** @file What a sample call of a kernel is made of. */
import type { KernelName, Params } from "../../kernels/contract.ts";

/**
 * How an operand is filled. f32: `normal` N(0,1); `positive` 0.1–3; `unit` 0–1; `negative` −3 to −0.01; `small`
 * ±0.01; `large` N(0,1)·30; `offset` N(4,1); `ties` whole numbers −2 to 2; `nan` normal with some NaN; `specials`
 * and `extremes` NaN, infinities, zeros and a few plain values, extremes with ±1e30 and ±1e-30 as well.
 * i32: whole numbers of both signs, `wide` ones near ±2³¹ too. u8: `mask` 0 or 1, else any byte.
 * `{ below: n }`: 0 to n − 1. `{ targets: n, ignore }`: the same, with some `ignore` between.
 * `{ bordered, height, width, channels }`: NHWC images with so many zeros around them; `kind` is what lies inside.
 * A list is repeated to the length wanted.
 */
export type ValueKind =
  | "normal"
  | "positive"
  | "unit"
  | "negative"
  | "small"
  | "large"
  | "offset"
  | "ties"
  | "nan"
  | "specials"
  | "extremes"
  | "wide"
  | "mask"
  | "bytes"
  | { readonly below: number }
  | { readonly targets: number; readonly ignore: number }
  | Bordered
  | readonly number[];

export interface Bordered {
  readonly bordered: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** `normal` where absent. */
  readonly kind?: "normal" | "nan" | "ties" | "offset";
}

export interface KernelSample<K extends KernelName> {
  /** What the case is for. */
  readonly name: string;
  readonly params: Params<K>;
  /** By operand name; `normal`, whole numbers or bytes where absent. */
  readonly values?: Readonly<Record<string, ValueKind>>;
  /** Optional operands that are left out. */
  readonly absent?: readonly string[];
}

export type KernelSamples = { readonly [K in KernelName]: readonly KernelSample<K>[] };
