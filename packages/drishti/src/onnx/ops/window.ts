/** @file Windows over pictures: padding by numbers or by name, and sequences seen as pictures one row high. */
import type { Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";

/** (N, C, L) → (N, C, 1, L); pictures stay. */
export function asPicture(t: Tensor): Tensor {
  return t.ndim === 3 ? t.unsqueeze(2) : t;
}

/** Undoes asPicture for an input of that many axes. */
export function fromPicture(t: Tensor, rank: number): Tensor {
  return rank === 3 ? t.squeeze(2) : t;
}

/** One number for a sequence → two for a picture. */
export function sideways(list: readonly number[], fill: number): number[] {
  return list.length === 1 ? [fill, list[0]!] : [...list];
}

/** An attribute with one number an axis, as two for height and width. */
export function perAxis(node: OnnxNode, name: string, spatial: number, preset: number): number[] {
  const given = node.ints(name) ?? new Array<number>(spatial).fill(preset);
  if (given.length !== spatial)
    throw new DataError("onnx", "attribute", `${node.title}: ${name} has ${given.length} numbers for ${spatial} axes.`);
  return sideways(given, preset);
}

export interface Pads {
  readonly begin: readonly number[];
  readonly end: readonly number[];
}

/** What stands around a picture of `size`: by `pads`, or so that the result has size ⌈size/stride⌉ (auto_pad SAME_…). */
export function paddings(
  node: OnnxNode,
  size: readonly number[],
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): Pads {
  const auto = node.text("auto_pad", "NOTSET");
  if (auto === "SAME_UPPER" || auto === "SAME_LOWER") {
    const total = size.map((length, i) => {
      const span = dilation[i]! * (kernel[i]! - 1) + 1;
      return Math.max(0, (Math.ceil(length / stride[i]!) - 1) * stride[i]! + span - length);
    });
    const smaller = total.map((t) => Math.floor(t / 2));
    const larger = total.map((t) => Math.ceil(t / 2));
    return auto === "SAME_UPPER" ? { begin: smaller, end: larger } : { begin: larger, end: smaller };
  }
  const pads = auto === "VALID" ? undefined : node.ints("pads");
  if (!pads) return { begin: [0, 0], end: [0, 0] };
  const half = pads.length / 2;
  return { begin: sideways(pads.slice(0, half), 0), end: sideways(pads.slice(half), 0) };
}

/** How many windows fit; with ceil a last one may reach over the end, but must begin before it. */
export function windowCount(
  length: number,
  begin: number,
  end: number,
  span: number,
  stride: number,
  ceil: boolean,
): number {
  const room = length + begin + end - span;
  if (!ceil) return Math.floor(room / stride) + 1;
  const count = Math.ceil(room / stride) + 1;
  return (count - 1) * stride >= length + begin ? count - 1 : count;
}
