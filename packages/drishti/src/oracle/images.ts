/** @file The oracle's pictures: integer arithmetic only, so that they are the same in every language. */

/** A 32-bit mixing function, modulo 2³². */
function h32(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d) >>> 0;
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b) >>> 0;
  return (x ^ (x >>> 16)) >>> 0;
}

const directions = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
  [2, 1],
  [1, 2],
  [2, -1],
  [1, -2],
  [3, 1],
  [1, 3],
] as const;
const periods = [6, 6, 8, 8, 10, 10, 7, 7, 12, 12] as const;
const colours = [
  [8, 4, 2],
  [2, 8, 4],
  [4, 2, 8],
  [8, 8, 2],
  [2, 8, 8],
  [8, 2, 8],
  [6, 6, 6],
  [8, 5, 5],
  [5, 8, 5],
  [5, 5, 8],
] as const;

const floorDivide = (a: number, b: number) => Math.floor(a / b);
const modulo = (a: number, b: number) => ((a % b) + b) % b;

export interface Pictures {
  /** (count, channels, height, width), values (p − 127.5)/127.5. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/**
 * `count` pictures of ten classes: stripes whose direction, period and colour depend on the class, a blob whose radius
 * does, and noise. One label in sixteen is wrong on purpose.
 */
export function pictures(
  count: number,
  [channels, height, width]: readonly [number, number, number],
  salt: number,
): Pictures {
  const images = new Float32Array(count * channels * height * width);
  const labels = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const k = i % 10;
    const s = h32(Math.imul(i, 0x9e3779b1) + salt);
    const [a, b] = directions[k]!;
    const p = periods[k]!;
    const [dx, dy] = [s & 3, (s >>> 2) & 3];
    const cx = floorDivide(width, 2) + ((s >>> 4) & 7) - 4;
    const cy = floorDivide(height, 2) + ((s >>> 7) & 7) - 4;
    const r = 4 + floorDivide(k, 2);
    for (let c = 0; c < channels; c++) {
      const colour = channels === 3 ? colours[k]![c]! : 6;
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const t = modulo(a * (x + dx) + b * (y + dy) + 1024 * p, p);
          const stripe = floorDivide(Math.abs(2 * t - p) * 128, p);
          const distance = (x - cx) ** 2 + (y - cy) ** 2;
          const blob = Math.max(0, 96 - floorDivide(96 * distance, r * r));
          const noise = h32(((i * channels + c) * height + y) * width + x + salt) & 63;
          const pixel = Math.min(255, floorDivide(stripe * colour, 8) + blob + noise);
          images[at++] = (pixel - 127.5) / 127.5;
        }
      }
    }
    labels[i] = ((s >>> 20) & 15) === 0 ? (k + 1) % 10 : k;
  }
  return { images, labels };
}
