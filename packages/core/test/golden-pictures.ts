/** @file Pictures by formula and what torchvision made of them: scripts/golden-transforms.py, read. */
import type { ImageShape, Picture } from "../src/data/index.ts";

export interface GoldenCase {
  readonly fn: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly kind: "noise" | "smooth";
  readonly input: ImageShape;
  readonly floats: boolean;
  readonly shape: ImageShape;
  readonly data: string;
}

export function goldenPicture({ kind, input, floats }: Pick<GoldenCase, "kind" | "input" | "floats">): Picture {
  const [channels, height, width] = input;
  const plane = height * width;
  const bytes = Uint8Array.from({ length: channels * plane }, (_, i) => {
    if (kind === "noise") return (i * 7919 + 13) % 256;
    const [c, y, x] = [Math.floor(i / plane), Math.floor((i % plane) / width), i % width];
    return ((40 * c + 9 * y + 5 * x + ((x * y) % 7)) % 200) + 20;
  });
  return { data: floats ? Float32Array.from(bytes, (value) => value / 255) : bytes, channels, height, width };
}

export function goldenArray({ data, floats }: Pick<GoldenCase, "data" | "floats">): Uint8Array | Float32Array {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return floats ? new Float32Array(bytes.buffer) : bytes;
}

/** The largest difference between two arrays of one length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
