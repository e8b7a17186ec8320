import type { Transform } from "../data/index.ts";
import { drawInteger } from "./draw.ts";
import { jpeg as compressed } from "./functional/jpeg.ts";
import { range, sameSize, whole } from "./options.ts";

/**
 * The picture as it comes back from a JPEG file: blocks and blurred colours, as in photos from the web.
 *
 * quality  1 (small file) to 100, or [lowest, highest] to draw a whole number from.
 * Draws    torch.randint for a range.
 * Throws   ArgumentError "quality"; "dtype" for floats: it stands before toTensor(); "channels" for pictures neither
 *          grey nor colour.
 * Source   torchvision.transforms.v2.JPEG.
 *
 * @example
 * const picture = { data: Uint8Array.of(255, 0, 0, 255), channels: 1, height: 2, width: 2 };
 * jpeg([10, 10]).apply(picture).data; // [127, 132, 103, 210]
 */
export function jpeg(quality: number | readonly number[]): Transform {
  const [low, high] = range("jpeg", "quality", typeof quality === "number" ? [quality, quality] : quality, 1, 100);
  for (const bound of [low, high]) whole("jpeg", "quality", bound, 1, 100);
  return sameSize({ name: "jpeg", quality: [low, high] }, low < high, (picture, random) =>
    compressed(picture, low + drawInteger(random, high - low + 1)),
  );
}
