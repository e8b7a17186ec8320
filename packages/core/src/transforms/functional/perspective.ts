/** @file Perspective: a picture as seen from the side, given where four points of it go. */
import { checkKnown } from "../../base/known-options.ts";
import type { Picture } from "../../data/index.ts";
import { ArgumentError } from "../../errors/errors.ts";
import type { WarpOptions } from "./affine.ts";
import { type Places, placeOf, samplePlaces } from "./grid.ts";

type Points = readonly (readonly [x: number, y: number])[];

const { fround } = Math;

/**
 * The picture bent so that the four start points lie at the end points, straight lines staying straight. The source of the
 * pixel (x, y) is ((a·x + b·y + c)/(g·x + h·y + 1), (d·x + e·y + f)/(g·x + h·y + 1)).
 *
 * Shape   as it is.
 * Points  four [x, y] in pixels, no three of them on a line: usually upper left, upper right, lower right, lower left.
 * Options interpolation "nearest" (torchvision "bilinear"), fill 0.
 * Throws  ArgumentError "points" unless four that determine the view, "interpolation", "fill"; "channels" for a fill that
 *         does not fit the picture.
 * Source  torchvision.transforms.v2.functional.perspective, on tensors; the eight numbers in doubles, as since 0.17.
 *
 * @example
 * const picture = { data: Uint8Array.of(1, 2, 3, 4), channels: 1, height: 2, width: 2 };
 * const corners: [number, number][] = [[0, 0], [1, 0], [1, 1], [0, 1]];
 * const further = corners.map(([x, y]): [number, number] => [x + 1, y]);
 * perspective(picture, corners, further).data; // [0, 1, 0, 3]
 */
export function perspective(
  picture: Picture,
  startPoints: Points,
  endPoints: Points,
  options: Pick<WarpOptions, "interpolation" | "fill"> = {},
): Picture {
  checkKnown("perspective", options, { interpolation: 0, fill: 0 });
  const { height, width } = picture;
  const places = placesOf(coefficients(startPoints, endPoints), height, width);
  return samplePlaces("perspective", picture, places, height, width, options);
}

/** a … h, of eight linear equations. */
function coefficients(start: Points, end: Points): number[] {
  const fail = (text: string): never => {
    throw new ArgumentError("perspective", "points", text);
  };
  for (const points of [start, end])
    if (points.length !== 4 || !points.every((point) => point.length === 2 && point.every(Number.isFinite)))
      fail(`four points [x, y] must be given, got ${JSON.stringify(points)}.`);
  const rows = end.flatMap(([x, y], i) => {
    const [u, v] = start[i]!;
    return [
      [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
      [0, 0, 0, x, y, 1, -v * x, -v * y, v],
    ];
  });
  for (let k = 0; k < 8; k++) {
    let best = k;
    for (let i = k + 1; i < 8; i++) if (Math.abs(rows[i]![k]!) > Math.abs(rows[best]![k]!)) best = i;
    [rows[k], rows[best]] = [rows[best]!, rows[k]!];
    const pivot = rows[k]!;
    if (Math.abs(pivot[k]!) < 1e-9)
      fail(`no three points must lie on one line, got ${JSON.stringify(start)} to ${JSON.stringify(end)}.`);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[k]! / pivot[k]!;
      for (let j = k; j < 9; j++) row[j] = row[j]! - factor * pivot[j]!;
    }
  }
  return rows.map((row, k) => row[8]! / row[k]!);
}

/** In float32, step by step as torchvision. */
function placesOf(coefficients: readonly number[], height: number, width: number): Places {
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  const [a, b, c, d, e, f, g, h] = coefficients.map(fround) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const across = [a, b, c].map((value) => fround(value / halfWidth)) as [number, number, number];
  const down = [d, e, f].map((value) => fround(value / halfHeight)) as [number, number, number];
  const x = new Float32Array(height * width);
  const y = new Float32Array(height * width);
  for (let row = 0, k = 0; row < height; row++)
    for (let col = 0; col < width; col++, k++) {
      const [u, v] = [col + 0.5, row + 0.5];
      const depth = fround(u * g + v * h + 1);
      const at = ([p, q, r]: readonly [number, number, number]) =>
        fround(fround(fround(u * p + v * q + r) / depth) - 1);
      x[k] = placeOf(at(across), halfWidth);
      y[k] = placeOf(at(down), halfHeight);
    }
  return { x, y };
}
