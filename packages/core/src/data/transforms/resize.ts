/** @file Resizing, as torchvision does it to tensors: bilinear, smoothed against aliasing when it shrinks; or nearest. */
import type { Pair } from "../../base/shape.ts";
import { ArgumentError } from "../../errors/errors.ts";
import type { ImageShape, Picture } from "../dataset.ts";
import { isCount, roundHalfEven, sizePair } from "./options.ts";
import type { Transform } from "./transform.ts";

export type Interpolation = "bilinear" | "nearest";

export interface ResizeOptions {
  /** Default "bilinear". */
  readonly interpolation?: Interpolation;
  /** Widen the filter by the factor of shrinking, so that every source pixel counts. Default true; "nearest" has no use for it. */
  readonly antialias?: boolean;
}

/**
 * The picture at another size.
 *
 * size     [height, width]; or one number for the smaller edge, the other follows: ⌊size · long / short⌋.
 * Bilinear pixel centres at i + ½ (align_corners false): with s = in/out, output i is the mean of the inputs j weighted by
 *          max(0, 1 − |j + ½ − s·(i + ½)| / max(s, 1)); without antialias the divisor is 1 and the position is clamped.
 * Nearest  input ⌊i · s⌋.
 * Bytes    stay bytes: rounded to the nearest, halves to even.
 * Throws   ArgumentError "size", "interpolation".
 * Source   torchvision.transforms.v2.Resize; torch.nn.functional.interpolate.
 *
 * @example
 * resize(256).outputShape([3, 375, 500]);  // [3, 256, 341]
 */
export function resize(size: number | readonly number[], options: ResizeOptions = {}): Transform {
  const { interpolation = "bilinear", antialias = true } = options;
  if (interpolation !== "bilinear" && interpolation !== "nearest")
    throw new ArgumentError(
      "resize",
      "interpolation",
      `interpolation must be "bilinear" or "nearest", got "${interpolation}".`,
    );
  const wanted = typeof size === "number" ? shorterEdge(size) : sizePair("resize", size);
  const outputShape = ([channels, height, width]: ImageShape): ImageShape => {
    const [h, w] = typeof wanted === "number" ? bySmallerEdge(wanted, height, width) : wanted;
    return [channels, h, w];
  };
  const taps = tapCache(interpolation === "nearest" ? nearestTaps : antialias ? antialiasedTaps : bilinearTaps);
  return {
    name: "resize",
    random: false,
    outputShape,
    apply(picture) {
      const { data, channels, height, width } = picture;
      const [, h, w] = outputShape([channels, height, width]);
      if (h === height && w === width) return picture;
      const values = data instanceof Uint8Array ? Float32Array.from(data) : data; // one kind of array for the loops below
      const out = vertical(horizontal({ ...picture, data: values }, taps(width, w)), taps(height, h));
      return data instanceof Uint8Array ? { ...out, data: toBytes(out.data) } : out;
    },
    toJSON: () => ({ name: "resize", size: wanted, interpolation, antialias }),
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

/** For every output place the first input it looks at, and `count` weights from there on. */
interface Taps {
  readonly count: number;
  readonly start: Int32Array;
  readonly weights: Float32Array;
}

type MakeTaps = (from: number, to: number) => Taps;

/** Data sets have few sizes: the last few tables are kept. */
function tapCache(make: MakeTaps): MakeTaps {
  const made = new Map<string, Taps>();
  return (from, to) => {
    const key = `${from}>${to}`;
    let taps = made.get(key);
    if (!taps) {
      if (made.size >= 16) made.clear();
      taps = make(from, to);
      made.set(key, taps);
    }
    return taps;
  };
}

const antialiasedTaps: MakeTaps = (from, to) => {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const count = Math.min(from, Math.ceil(support) * 2 + 1);
  const start = new Int32Array(to);
  const weights = new Float32Array(to * count);
  for (let i = 0; i < to; i++) {
    const center = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(from, Math.trunc(center + support + 0.5));
    start[i] = Math.min(first, from - count); // so that all `count` taps lie inside
    const triangle = (j: number): number => Math.max(0, 1 - Math.abs(j + 0.5 - center) / support);
    let sum = 0;
    for (let j = first; j < end; j++) sum += triangle(j);
    for (let j = first; j < end; j++) weights[i * count + j - start[i]!] = triangle(j) / sum;
  }
  return { count, start, weights };
};

const bilinearTaps: MakeTaps = (from, to) => {
  const count = Math.min(2, from);
  const start = new Int32Array(to);
  const weights = new Float32Array(to * count);
  const scale = Math.fround(from / to); // torch computes positions in float32, and their error grows with the picture
  for (let i = 0; i < to; i++) {
    const position = Math.max(0, Math.fround(scale * (i + 0.5) - 0.5));
    const first = Math.min(Math.floor(position), from - 1);
    start[i] = Math.min(first, from - count);
    const share = first + 1 < from ? position - first : 0;
    weights[i * count + first - start[i]!] = 1 - share;
    if (share > 0) weights[i * count + first + 1 - start[i]!] = share;
  }
  return { count, start, weights };
};

const nearestTaps: MakeTaps = (from, to) => {
  const scale = Math.fround(from / to); // torch computes this one in float32, and rounds down
  const start = Int32Array.from({ length: to }, (_, i) => Math.min(Math.floor(Math.fround(i * scale)), from - 1));
  return { count: 1, start, weights: new Float32Array(to).fill(1) };
};

interface FloatPicture extends Picture {
  readonly data: Float32Array;
}

function horizontal(picture: FloatPicture, { count, start, weights }: Taps): FloatPicture {
  const { data, channels, height, width } = picture;
  const wide = start.length;
  const out = new Float32Array(channels * height * wide);
  for (let row = 0; row < channels * height; row++)
    for (let x = 0; x < wide; x++) {
      const from = row * width + start[x]!;
      let sum = 0;
      for (let k = 0; k < count; k++) sum += data[from + k]! * weights[x * count + k]!;
      out[row * wide + x] = sum;
    }
  return { data: out, channels, height, width: wide };
}

function vertical(picture: FloatPicture, { count, start, weights }: Taps): FloatPicture {
  const { data, channels, height, width } = picture;
  const tall = start.length;
  const out = new Float32Array(channels * tall * width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < tall; y++) {
      const from = (c * height + start[y]!) * width;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < count; k++) sum += data[from + k * width + x]! * weights[y * count + k]!;
        out[(c * tall + y) * width + x] = sum;
      }
    }
  return { data: out, channels, height: tall, width };
}

function toBytes(values: Float32Array): Uint8Array {
  const out = new Uint8Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = roundHalfEven(values[i]!);
  return out;
}
