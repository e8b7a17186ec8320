/** @file Moving pixels by two index lists, one for rows and one for columns: what crops and flips are made of. */
import { ArgumentError, say } from "../../errors/errors.ts";
import type { ImageShape, Picture } from "../dataset.ts";
import type { PixelMap, PixelMove, RandomSource } from "./transform.ts";

/** What stands outside the picture: a constant, the nearest pixel, or its mirror image without or with the edge itself. */
export type PaddingMode = "constant" | "edge" | "reflect" | "symmetric";

export const paddingModes: readonly PaddingMode[] = ["constant", "edge", "reflect", "symmetric"];

export function identityMap(height: number, width: number): PixelMap {
  return {
    rows: Int32Array.from({ length: height }, (_, y) => y),
    cols: Int32Array.from({ length: width }, (_, x) => x),
  };
}

/** One axis with `before` and `after` more places. */
export function padAxis(axis: Int32Array, before: number, after: number, mode: PaddingMode): Int32Array {
  if (before === 0 && after === 0) return axis;
  const size = axis.length;
  const room = mode === "reflect" ? size - 1 : mode === "symmetric" ? size : Number.POSITIVE_INFINITY;
  if (Math.max(before, after) > room)
    throw new ArgumentError(
      "pad",
      "padding",
      say`"${{ mode }}" padding of ${Math.max(before, after)} wants a larger picture than ${{ size }}: at most ${{ padded: room }}.`,
    );
  const out = new Int32Array(before + size + after).fill(-1);
  out.set(axis, before);
  if (mode === "constant") return out;
  const mirror = mode === "symmetric" ? 0 : 1;
  for (let k = 1; k <= before; k++) out[before - k] = axis[mode === "edge" ? 0 : k - 1 + mirror]!;
  for (let k = 1; k <= after; k++) out[before + size - 1 + k] = axis[mode === "edge" ? size - 1 : size - k - mirror]!;
  return out;
}

/** The picture seen through the map. */
export function gather(picture: Picture, map: PixelMap, fill: number | readonly number[]): Picture {
  const { data, channels, width } = picture;
  const { rows, cols } = map;
  const out =
    data instanceof Uint8Array
      ? new Uint8Array(channels * rows.length * cols.length)
      : new Float32Array(channels * rows.length * cols.length);
  let at = 0;
  for (let c = 0; c < channels; c++) {
    const plane = c * picture.height * width;
    const outside = channelValue(fill, c);
    for (let y = 0; y < rows.length; y++) {
      const row = rows[y]!;
      for (let x = 0; x < cols.length; x++) {
        const col = cols[x]!;
        out[at++] = row < 0 || col < 0 ? outside : data[plane + row * width + col]!;
      }
    }
  }
  return { data: out, channels, height: rows.length, width: cols.length };
}

/** `fill`, or its entry for channel c. */
export function channelValue(values: number | readonly number[], c: number): number {
  return typeof values === "number" ? values : (values[c] ?? values[0]!);
}

/** Refuses a list that has neither one entry nor one a channel. */
export function checkChannels(
  where: string,
  what: string,
  values: number | readonly number[],
  [channels]: ImageShape,
): void {
  if (typeof values !== "number" && values.length !== 1 && values.length !== channels)
    throw new ArgumentError(
      where,
      "channels",
      say`${what} has ${{ count: values.length }} entries, the picture has ${{ channels }} channels: give one, or ${{ channels2: channels }}.`,
    );
}

/** `apply` of every pixel move. */
export function applyMove(move: PixelMove, picture: Picture, random: RandomSource): Picture {
  checkChannels(move.name, "fill", move.fill, [picture.channels, picture.height, picture.width]);
  return gather(picture, move.move(identityMap(picture.height, picture.width), random), move.fill);
}
