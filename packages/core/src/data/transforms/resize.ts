/** @file Resizing, as torchvision does it to tensors or as Pillow does it to pictures. */
import { checkKnown } from "../../base/known-options.ts";
import type { Pair } from "../../base/shape.ts";
import { ArgumentError, say } from "../../errors/errors.ts";
import type { ImageShape, Picture } from "../dataset.ts";
import { isCount, sizePair } from "./options.ts";
import { resizeFloat, resizePillow, type Window } from "./resize-passes.ts";
import { type Interpolation, tapsFor } from "./resize-taps.ts";
import type { Transform } from "./transform.ts";

const interpolations: readonly Interpolation[] = ["nearest", "nearest-exact", "bilinear", "bicubic"];

/** Which filter `resize` uses, and whose rounding. */
export interface ResizeOptions {
  /** Default "bilinear". */
  readonly interpolation?: Interpolation;
  /** Widen the filter by the factor of shrinking, so that every source pixel counts. Default true; "nearest" has no use for it. */
  readonly antialias?: boolean;
  /**
   * Whose rounding bytes get: "torch" (default) computes in float32 and rounds once; "pillow" gives the very bytes of
   * `PIL.Image.resize`, which is what most published accuracies were measured with. Pillow always smooths, and its
   * "nearest" is torch's "nearest-exact". Floats are always resized as torch does it.
   */
  readonly numerics?: "torch" | "pillow";
}

/** Resizes `window` of the picture (default: all of it) to [height, width]. */
export type Resizer = (picture: Picture, size: Pair, window?: Window) => Picture;

/** A checked `ResizeOptions`, every option spelled out; and the resizer for it. Throws ArgumentError. @internal */
export function resizer(where: string, options: ResizeOptions): { options: Required<ResizeOptions>; resize: Resizer } {
  const { interpolation = "bilinear", antialias = true, numerics = "torch" } = options;
  if (!interpolations.includes(interpolation))
    throw new ArgumentError(
      where,
      "interpolation",
      say`interpolation must be one of ${interpolations.map((name) => `"${name}"`).join(", ")}, got "${{ interpolation }}".`,
    );
  if (numerics !== "torch" && numerics !== "pillow")
    throw new ArgumentError(where, "numerics", `numerics must be "torch" or "pillow", got "${numerics}".`);
  if (numerics === "pillow" && !antialias)
    throw new ArgumentError(
      where,
      "antialias",
      "Pillow always smooths: antialias false goes with numerics torch only.",
    );
  const taps = tapsFor(interpolation, antialias);
  const pillow = tapsFor(interpolation === "nearest" ? "nearest-exact" : interpolation, true);
  return {
    options: { interpolation, antialias, numerics },
    resize(picture, [h, w], window = { top: 0, left: 0, height: picture.height, width: picture.width }) {
      const { height, width } = window;
      if (h === picture.height && w === picture.width && h === height && w === width) return picture;
      if (numerics === "pillow" && picture.data instanceof Uint8Array)
        return resizePillow(picture, window, pillow(width, w), pillow(height, h));
      return resizeFloat(picture, window, taps(width, w), taps(height, h));
    },
  };
}

/**
 * The picture at another size.
 *
 * size      [height, width]; or one number for the smaller edge, the other follows: ⌊size · long / short⌋.
 * Bilinear  pixel centres at i + ½ (align_corners false): with s = in/out, output i is the mean of the inputs j weighted by
 *           max(0, 1 − |j + ½ − s·(i + ½)| / max(s, 1)); without antialias the divisor is 1 and the position is clamped.
 * Bicubic   Keys's cubic over twice the reach, a = −0.5 (−0.75 without antialias).
 * Nearest   input ⌊i · s⌋; "nearest-exact" ⌊(i + ½) · s⌋.
 * Bytes     stay bytes: rounded to the nearest, halves to even; see `numerics` for Pillow's way.
 * Throws    ArgumentError "size", "interpolation", "numerics", "antialias".
 * Source    torchvision.transforms.v2.Resize; torch.nn.functional.interpolate; Pillow's src/libImaging/Resample.c.
 *
 * @example
 * resize(256).outputShape([3, 375, 500]); // [3, 256, 341]
 */
export function resize(size: number | readonly number[], options: ResizeOptions = {}): Transform {
  checkKnown("resize", options, { interpolation: 0, antialias: 0, numerics: 0 });
  const made = resizer("resize", options);
  const wanted = typeof size === "number" ? shorterEdge(size) : sizePair("resize", size);
  const outputShape = ([channels, height, width]: ImageShape): ImageShape => {
    const [h, w] = typeof wanted === "number" ? bySmallerEdge(wanted, height, width) : wanted;
    return [channels, h, w];
  };
  return {
    name: "resize",
    random: false,
    outputShape,
    apply(picture) {
      const [, h, w] = outputShape([picture.channels, picture.height, picture.width]);
      return made.resize(picture, [h, w]);
    },
    toJSON: () => ({ name: "resize", size: wanted, ...made.options }),
  };
}

function shorterEdge(size: number): number {
  if (!isCount(size)) throw new ArgumentError("resize", "size", `size must be a whole number from 1, got ${size}.`);
  return size;
}

function bySmallerEdge(size: number, height: number, width: number): Pair {
  const long = Math.max(1, Math.trunc((size * Math.max(height, width)) / Math.min(height, width)));
  return height <= width ? [size, long] : [long, size];
}
