/** @file Turning the colours round the circle. */

import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import { checkColours } from "./values.ts";

const { fround, floor } = Math;
const BYTES = fround(255 + 1 - 1e-3); // torchvision's way back to bytes: equal shares of 0..1 for each

/**
 * Adds `factor` (−0.5 … 0.5, of a whole turn) to the hue of every pixel. Grey pictures stay as they are.
 *
 * Throws  ArgumentError "factor", "channels".
 * Source  torchvision.transforms.v2.functional.adjust_hue: through HSV in float32; bytes come back as ⌊255.999 · x⌋.
 *
 * @example
 * const red = { data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 };
 * adjustHue(red, 0.5).data; // [0, 255, 255]
 */
export function adjustHue(picture: Picture, factor: number): Picture {
  if (!(factor >= -0.5 && factor <= 0.5))
    throw new ArgumentError("adjustHue", "factor", `the factor must lie between -0.5 and 0.5, got ${factor}.`);
  checkColours("adjustHue", picture);
  if (picture.channels === 1) return picture;
  const { data } = picture;
  const plane = picture.height * picture.width;
  const values = new Float32Array(data);
  const bytes = data instanceof Uint8Array;
  if (bytes) for (let i = 0; i < values.length; i++) values[i] = values[i]! / 255;
  turn(values, plane, fround(factor));
  if (!bytes) return { ...picture, data: values };
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = fround(values[i]! * BYTES);
  return { ...picture, data: out };
}

/** In place; each step rounded to float32, in torchvision's order. */
function turn(values: Float32Array, plane: number, shift: number): void {
  for (let k = 0; k < plane; k++) {
    const r = values[k]!;
    const g = values[plane + k]!;
    const b = values[2 * plane + k]!;
    const high = r > g ? (r > b ? r : b) : g > b ? g : b;
    const low = r < g ? (r < b ? r : b) : g < b ? g : b;
    const range = fround(high - low);
    const divisor = range === 0 ? 1 : range;
    const s = range === 0 ? 0 : fround(range / high);
    const rc = fround(fround(high - r) / divisor);
    const gc = fround(fround(high - g) / divisor);
    const bc = fround(fround(high - b) / divisor);
    let h: number;
    if (high === r) h = fround(bc - gc);
    else if (high === g) h = fround(fround(2 + rc) - bc);
    else h = fround(fround(4 + gc) - rc);
    h = fround(fround(h / 6) + 1); // from 5/6 to 2
    h = h >= 1 ? h - 1 : h;
    h = h >= 1 ? h - 1 : h;
    h = fround(h + shift);
    h = fround(h - floor(h));

    const sixth = fround(h * 6);
    const i = floor(sixth);
    const f = fround(sixth - i);
    const p = unit(fround(high * fround(1 - s)));
    const q = unit(fround(high * fround(1 - fround(s * f))));
    const t = unit(fround(high * fround(1 - fround(s * fround(1 - f)))));
    const sector = i === 6 ? 0 : i;
    values[k] = sector === 0 || sector === 5 ? high : sector === 1 ? q : sector === 4 ? t : p;
    values[plane + k] = sector === 1 || sector === 2 ? high : sector === 0 ? t : sector === 3 ? q : p;
    values[2 * plane + k] = sector === 3 || sector === 4 ? high : sector === 2 ? t : sector === 5 ? q : p;
  }
}

function unit(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value;
}
