/** @file Value by value: bytes to floats, and normalising by mean and standard deviation. */
import { ArgumentError } from "../../errors/errors.ts";
import { floats } from "./options.ts";
import { checkChannels } from "./pixel-map.ts";
import type { Pointwise } from "./transform.ts";

/**
 * Bytes 0..255 to floats 0..1: x / 255. A picture that holds floats already stays as it is.
 *
 * Source  torchvision.transforms.ToTensor; v2's ToDtype(torch.float32, scale=True).
 *
 * @example
 * toTensor().apply({ data: Uint8Array.of(255, 0), channels: 1, height: 1, width: 2 }).data; // [1, 0]
 */
export function toTensor(): Pointwise {
  return {
    name: "toTensor",
    random: false,
    value: (value) => Math.fround(value / 255),
    apply(picture) {
      const { data } = picture;
      if (data instanceof Float32Array) return picture;
      const out = new Float32Array(data.length);
      for (let i = 0; i < out.length; i++) out[i] = data[i]! / 255;
      return { ...picture, data: out };
    },
    outputShape: (shape) => shape,
    toJSON: () => ({ name: "toTensor" }),
  };
}

/**
 * (x − mean) / std, channel by channel, in float32 as torch computes it.
 *
 * mean, std  one number, or one a channel, in the picture's unit (0..1 after toTensor).
 * Throws     ArgumentError "std" for a std of 0 or less, "channels" when the lists do not fit the picture,
 *            "dtype" for bytes: toTensor comes first.
 * Source     torchvision.transforms.Normalize.
 *
 * @example
 * const transform = compose([toTensor(), normalize([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])]); // CIFAR-10
 * const white = { data: Uint8Array.of(255, 255, 255), channels: 3, height: 1, width: 1 };
 * transform.apply(white).data; // [2.059, 2.126, 2.116]
 */
export function normalize(mean: number | readonly number[], std: number | readonly number[]): Pointwise {
  const means = floats("normalize", "mean", mean);
  const stds = floats("normalize", "std", std);
  if (!stds.every((value) => value > 0))
    throw new ArgumentError("normalize", "std", `std must be positive, got ${JSON.stringify(std)}.`);
  const [meanList, stdList] = [listOf(mean), listOf(std)];
  const transform: Pointwise = {
    name: "normalize",
    random: false,
    value: (value, c) => Math.fround(Math.fround(value - (means[c] ?? means[0]!)) / (stds[c] ?? stds[0]!)),
    apply(picture) {
      const { data, channels, height, width } = picture;
      if (data instanceof Uint8Array)
        throw new ArgumentError(
          "normalize",
          "dtype",
          "the picture holds bytes, normalize wants floats: put toTensor() before it.",
        );
      transform.outputShape([channels, height, width]);
      const out = new Float32Array(data.length);
      const plane = height * width;
      for (let c = 0; c < channels; c++) {
        const m = means[c] ?? means[0]!;
        const s = stds[c] ?? stds[0]!;
        for (let i = c * plane; i < (c + 1) * plane; i++) out[i] = Math.fround(data[i]! - m) / s;
      }
      return { data: out, channels, height, width };
    },
    outputShape(shape) {
      checkChannels("normalize", "mean", meanList, shape);
      checkChannels("normalize", "std", stdList, shape);
      return shape;
    },
    toJSON: () => ({ name: "normalize", mean: meanList, std: stdList }),
  };
  return transform;
}

function listOf(values: number | readonly number[]): number[] {
  return typeof values === "number" ? [values] : [...values];
}
