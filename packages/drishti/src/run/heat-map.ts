/** @file Heat over a picture: what a network was given, and where in it the evidence lay. */
import { type Picture, resize } from "@drishti/core/data";
import type { Preprocessing } from "@drishti/core/train";
import { encode } from "fast-png";

/** Pixels as a PNG wants them: red, green, blue, one after the other. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Dark violet over red to light yellow: rises in lightness all the way, so that it reads in grey, too. */
const STOPS = [
  [13, 8, 60],
  [104, 18, 110],
  [188, 40, 84],
  [244, 120, 30],
  [252, 220, 90],
  [255, 255, 200],
] as const;

/** The input of a network made a picture again: normalisation undone, enlarged to at least `least` pixels. */
export function inputPixels(
  input: Picture,
  { mean, std, channels, channelOrder }: Pick<Preprocessing, "mean" | "std" | "channels" | "channelOrder">,
  least: number,
): Pixels {
  const plane = input.height * input.width;
  const bytes = new Uint8ClampedArray(3 * plane);
  for (let c = 0; c < 3; c++) {
    const from = channels === 1 ? 0 : channelOrder === "BGR" ? 2 - c : c;
    for (let i = 0; i < plane; i++)
      bytes[c * plane + i] = 255 * (input.data[from * plane + i]! * (std[from] ?? std[0]!) + (mean[from] ?? mean[0]!));
  }
  const { data, height, width } = enlarged({ ...input, channels: 3, data: new Uint8Array(bytes.buffer) }, least, true);
  const pixels = new Uint8Array(3 * height * width);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < height * width; i++) pixels[3 * i + c] = data[c * height * width + i]!;
  return { data: pixels, width, height };
}

/** The picture in grey with the map (of any size, 0 … 1) over it: the stronger the evidence, the more of its colour. */
export function heated(pixels: Pixels, map: Float32Array, mapHeight: number, mapWidth: number): Pixels {
  const { data, width, height } = pixels;
  const heat = resize([height, width]).apply({ data: map, channels: 1, height: mapHeight, width: mapWidth }).data;
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < heat.length; i++) {
    const grey = 0.299 * data[3 * i]! + 0.587 * data[3 * i + 1]! + 0.114 * data[3 * i + 2]!;
    const strength = heat[i]!;
    const share = 0.25 + 0.5 * strength;
    const at = strength * (STOPS.length - 1);
    const low = Math.min(STOPS.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) {
      const colour = STOPS[low]![c]! + (at - low) * (STOPS[low + 1]![c]! - STOPS[low]![c]!);
      out[3 * i + c] = (1 - share) * grey + share * colour;
    }
  }
  return { data: new Uint8Array(out.buffer), width, height };
}

/** Two pictures of one height, side by side. */
export function sideBySide(left: Pixels, right: Pixels): Pixels {
  const gap = 4;
  const width = left.width + gap + right.width;
  const data = new Uint8Array(3 * width * left.height).fill(255);
  for (let y = 0; y < left.height; y++) {
    data.set(left.data.subarray(3 * y * left.width, 3 * (y + 1) * left.width), 3 * y * width);
    data.set(right.data.subarray(3 * y * right.width, 3 * (y + 1) * right.width), 3 * (y * width + left.width + gap));
  }
  return { data, width, height: left.height };
}

export function pngOf({ data, width, height }: Pixels): Uint8Array {
  return encode({ width, height, data, channels: 3, depth: 8 });
}

/** By whole steps, each pixel a square, where it is tiny: smoothing would hide what the network sees. */
function enlarged(picture: Picture, least: number, squares: boolean): Picture {
  const edge = Math.min(picture.height, picture.width);
  if (edge >= least) return picture;
  const factor = squares && edge < least / 2 ? Math.ceil(least / edge) : least / edge;
  const size = [Math.round(picture.height * factor), Math.round(picture.width * factor)];
  return resize(size, { interpolation: Number.isInteger(factor) ? "nearest" : "bilinear" }).apply(picture);
}
