/** @file Transparency: what a network sees of a picture that one can look through. */

/**
 * What shows through, on every channel: white, as on the page that such pictures are drawn for. (Pillow's
 * `convert("RGB")` shows whatever colour the program that saved the picture left under the transparent part.)
 */
export const BACKGROUND = 255;

/** The byte that is seen: `value` at opacity `alpha` (0 to 255) over the background, rounded. */
export function over(value: number, alpha: number): number {
  return Math.round((value * alpha + BACKGROUND * (255 - alpha)) / 255);
}

/** Interleaved bytes of 1, 2 (grey, alpha), 3 or 4 (colour, alpha) a pixel to planes of 1 or 3 channels, without alpha. */
export function toPlanes(
  interleaved: Uint8Array,
  width: number,
  height: number,
): { data: Uint8Array; channels: number; height: number; width: number } {
  const plane = width * height;
  const stored = interleaved.length / plane;
  const channels = stored <= 2 ? 1 : 3;
  const data = new Uint8Array(channels * plane);
  if (stored === 3) {
    const [green, blue] = [plane, 2 * plane];
    for (let i = 0, at = 0; i < plane; i++, at += 3) {
      data[i] = interleaved[at]!;
      data[green + i] = interleaved[at + 1]!;
      data[blue + i] = interleaved[at + 2]!;
    }
    return { data, channels, height, width };
  }
  for (let c = 0; c < channels; c++) {
    const to = c * plane;
    if (stored === channels) for (let i = 0, at = c; i < plane; i++, at += stored) data[to + i] = interleaved[at]!;
    else
      for (let i = 0, at = 0; i < plane; i++, at += stored)
        data[to + i] = over(interleaved[at + c]!, interleaved[at + channels]!);
  }
  return { data, channels, height, width };
}
