/** @file A random rectangle painted over. */
import { checkKnown } from "../base/known-options.ts";
import type { Transform } from "../data/index.ts";
import { roundHalfEven } from "../data/transforms/options.ts";
import { ArgumentError } from "../errors/errors.ts";
import { drawChance, drawInteger, drawNormal, drawUniform } from "./draw.ts";
import { probability, range, sameSize } from "./options.ts";

/** How large a rectangle `randomErasing` paints over, and with what. */
export interface RandomErasingOptions {
  /** Probability. Default 0.5. */
  readonly p?: number;
  /** Share of the area, lowest and highest. Default [0.02, 0.33]. */
  readonly scale?: readonly number[];
  /** Height divided by width, lowest and highest. Default [0.3, 3.3]. */
  readonly ratio?: readonly number[];
  /** One value, one a channel, in the picture's unit; or "random": normal numbers, for normalised floats. Default 0. */
  readonly value?: number | readonly number[] | "random";
}

/**
 * Paints over a random rectangle, with probability p. Usually the last step, after normalize.
 *
 * Draws   as torchvision, but for the numbers of "random", which are made in another way.
 * Throws  ArgumentError "probability", "scale", "ratio", "value"; "channels" for a list that does not fit the picture.
 * Source  Zhong et al. 2017 (https://arxiv.org/abs/1708.04896); torchvision.transforms.v2.RandomErasing.
 *
 * @example
 * const erase = randomErasing({ p: 1, scale: [0.25, 0.25], ratio: [1, 1], value: 9 }); // a square of a quarter
 * const { data } = erase.apply({ data: new Uint8Array(16), channels: 1, height: 4, width: 4 });
 * data.filter((value) => value === 9).length; // 4
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  checkKnown("randomErasing", options, { p: 0, scale: 0, ratio: 0, value: 0 });
  const name = "randomErasing";
  const { p = 0.5, scale = [0.02, 0.33], ratio = [0.3, 3.3], value = 0 } = options;
  probability(name, p);
  const areas = range(name, "scale", scale, 0, 1);
  const ratios = range(name, "ratio", ratio, Number.MIN_VALUE);
  const values = value === "random" ? null : typeof value === "number" ? [value] : value;
  if (values && !(Array.isArray(values) && values.length > 0 && values.every(Number.isFinite)))
    throw new ArgumentError(
      name,
      "value",
      `value must be a number, one a channel, or "random"; got ${JSON.stringify(value)}.`,
    );
  const [low, high] = ratios.map((r) => Math.fround(Math.log(Math.fround(r)))) as [number, number];
  return sameSize({ name, p, scale: areas, ratio: ratios, value }, true, (picture, random) => {
    const { channels, height, width } = picture;
    if (values && values.length !== 1 && values.length !== channels)
      throw new ArgumentError(
        name,
        "channels",
        `value has ${values.length} entries, the picture has ${channels} channels: give one, or ${channels}.`,
      );
    if (!drawChance(random, p)) return picture;
    for (let i = 0; i < 10; i++) {
      const area = height * width * drawUniform(random, areas[0], areas[1]);
      const shape = Math.fround(Math.exp(drawUniform(random, low, high)));
      const h = roundHalfEven(Math.sqrt(area * shape));
      const w = roundHalfEven(Math.sqrt(area / shape));
      if (h >= height || w >= width) continue;
      const noise = values ? null : Float32Array.from({ length: channels * h * w }, () => drawNormal(random));
      const top = drawInteger(random, height - h + 1);
      const left = drawInteger(random, width - w + 1);
      const data = picture.data.slice();
      for (let c = 0; c < channels; c++)
        for (let y = 0; y < h; y++) {
          const at = (c * height + top + y) * width + left;
          if (noise) data.set(noise.subarray((c * h + y) * w, (c * h + y + 1) * w), at);
          else data.fill(values![c] ?? values![0]!, at, at + w);
        }
      return { ...picture, data };
    }
    return picture;
  });
}
