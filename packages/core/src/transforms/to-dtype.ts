/** @file Between bytes and floats. */
import { checkKnown } from "../base/known-options.ts";
import type { Transform } from "../data/index.ts";
import { choice, sameSize } from "./options.ts";

/**
 * The picture as bytes or as float32.
 *
 * scale   true: 0..255 becomes 0..1 (x / 255) and back (⌊255.999 · x⌋); false (default): the numbers stay what they are.
 * Throws  ArgumentError "dtype".
 * Source  torchvision.transforms.v2.ToDtype.
 *
 * @example
 * toDtype("float32", { scale: true }).apply({ data: Uint8Array.of(51), channels: 1, height: 1, width: 1 }).data; // [0.2]
 */
export function toDtype(dtype: "uint8" | "float32", options: { readonly scale?: boolean } = {}): Transform {
  checkKnown("toDtype", options, { scale: 0 });
  choice("toDtype", "dtype", dtype, ["uint8", "float32"]);
  const scale = options.scale === true;
  return sameSize({ name: "toDtype", dtype, scale }, false, (picture) => {
    const { data } = picture;
    const bytes = data instanceof Uint8Array;
    if (bytes === (dtype === "uint8")) return picture;
    const limit = Math.fround(255.999);
    const out = bytes ? new Float32Array(data) : new Uint8Array(data);
    if (scale) for (let i = 0; i < out.length; i++) out[i] = bytes ? data[i]! / 255 : Math.fround(data[i]! * limit);
    return { ...picture, data: out };
  });
}
