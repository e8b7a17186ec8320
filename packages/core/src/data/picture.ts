/** @file One picture's channels: grey from colour and back, so that any picture fits a model. */
import { ShapeError, say } from "../errors/errors.ts";
import type { Picture } from "./dataset.ts";

/**
 * The picture with 1 or 3 channels. Colour to grey: 0.299 R + 0.587 G + 0.114 B (ITU-R 601), on bytes in the
 * whole-number form of Pillow's `convert("L")`; grey to colour: the same plane three times.
 *
 * Throws  ShapeError "channels" for other counts.
 * Source  Pillow's `Image.convert("L")` and `convert("RGB")`.
 *
 * @example
 * toChannels({ data: Uint8Array.of(255, 0, 0), channels: 3, height: 1, width: 1 }, 1).data; // [76]
 */
export function toChannels(picture: Picture, channels: number): Picture {
  if (picture.channels === channels) return picture;
  const { data, height, width } = picture;
  const plane = height * width;
  const make = (count: number) => (data instanceof Uint8Array ? new Uint8Array(count) : new Float32Array(count));
  if (picture.channels === 1 && channels === 3) {
    const out = make(3 * plane);
    for (let c = 0; c < 3; c++) out.set(data, c * plane);
    return { data: out, channels, height, width };
  }
  if (picture.channels !== 3 || channels !== 1)
    throw new ShapeError(
      "toChannels",
      "channels",
      say`cannot make ${{ channels }} channels of ${{ pictureChannels: picture.channels }}: only 1 ↔ 3 is defined.`,
      [{ name: "picture", shape: [picture.channels, height, width], axes: "C, H, W" }],
    );
  const out = make(plane);
  const bytes = data instanceof Uint8Array;
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [data[i]!, data[plane + i]!, data[2 * plane + i]!];
    out[i] = bytes ? (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16 : 0.299 * r + 0.587 * g + 0.114 * b;
  }
  return { data: out, channels, height, width };
}
