/** @file Channels in another order: networks from Caffe and OpenCV want blue first. */
import { ArgumentError, ShapeError, say } from "../../errors/errors.ts";
import type { Transform } from "./transform.ts";

/**
 * Output channel i is input channel `order[i]`. Bytes stay bytes.
 *
 * order   A permutation of 0, 1, …, as many as the picture has channels.
 * Throws  ArgumentError "order" for a list that is none; ShapeError "channels" for a picture of another count.
 * Source  torchvision.transforms.v2's `Lambda(lambda x: x[[2, 1, 0]])`; Pillow's and OpenCV's RGB ↔ BGR.
 *
 * @example
 * permuteChannels([2, 1, 0]).apply({ data: Uint8Array.of(1, 2, 3), channels: 3, height: 1, width: 1 }).data; // [3, 2, 1]
 */
export function permuteChannels(order: readonly number[]): Transform {
  const sorted = Array.isArray(order) ? [...order].sort((a, b) => a - b) : [];
  if (sorted.length === 0 || !sorted.every((channel, i) => channel === i))
    throw new ArgumentError(
      "permuteChannels",
      "order",
      `order must have each of 0, 1, … once, got ${JSON.stringify(order)}.`,
    );
  const check = (channels: number): void => {
    if (channels !== order.length)
      throw new ShapeError(
        "permuteChannels",
        "channels",
        say`the order is of ${{ count: order.length }} channels, the picture has ${{ channels }}.`,
      );
  };
  return {
    name: "permuteChannels",
    random: false,
    apply(picture) {
      const { data, channels, height, width } = picture;
      check(channels);
      const plane = height * width;
      const out = data instanceof Uint8Array ? new Uint8Array(data.length) : new Float32Array(data.length);
      for (const [to, from] of order.entries()) out.set(data.subarray(from * plane, (from + 1) * plane), to * plane);
      return { data: out, channels, height, width };
    },
    outputShape(shape) {
      check(shape[0]);
      return shape;
    },
    toJSON: () => ({ name: "permuteChannels", order: [...order] }),
  };
}
