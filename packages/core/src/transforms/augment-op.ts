/** @file The fourteen operations that AutoAugment, RandAugment and TrivialAugment choose from. */
import type { Picture } from "../data/index.ts";
import { roundHalfEven } from "../data/transforms/options.ts";
import { affine, rotate, type WarpOptions } from "./functional/affine.ts";
import { adjustSharpness } from "./functional/blur.ts";
import { adjustBrightness, adjustContrast, adjustSaturation } from "./functional/color.ts";
import { autocontrast, equalize, invert, posterize, solarize } from "./functional/tone.ts";

type Run = (picture: Picture, magnitude: number, warp: WarpOptions) => Picture;

const degrees = (slope: number) => Math.atan(slope) * (180 / Math.PI);
const corner = { center: [0, 0] }; // shears keep the upper left corner where it is
const noShift = [0, 0];

const operations = {
  Identity: (p) => p,
  ShearX: (p, m, warp) => affine(p, 0, noShift, 1, [degrees(m), 0], { ...warp, ...corner }),
  ShearY: (p, m, warp) => affine(p, 0, noShift, 1, [0, degrees(m)], { ...warp, ...corner }),
  TranslateX: (p, m, warp) => affine(p, 0, [Math.trunc(m), 0], 1, noShift, warp),
  TranslateY: (p, m, warp) => affine(p, 0, [0, Math.trunc(m)], 1, noShift, warp),
  Rotate: rotate,
  Brightness: (p, m) => adjustBrightness(p, 1 + m),
  Color: (p, m) => adjustSaturation(p, 1 + m),
  Contrast: (p, m) => adjustContrast(p, 1 + m),
  Sharpness: (p, m) => adjustSharpness(p, 1 + m),
  Posterize: (p, m) => posterize(p, Math.trunc(m)),
  Solarize: solarize,
  AutoContrast: autocontrast,
  Equalize: equalize,
  Invert: invert,
} satisfies Record<string, Run>;

export type OperationName = keyof typeof operations;

export function applyOperation(name: OperationName, picture: Picture, magnitude: number, warp: WarpOptions): Picture {
  return (operations[name] as Run)(picture, magnitude, warp);
}

/** What an operation's magnitudes are: bins from weak to strong, and whether the sign is drawn. */
export interface Magnitudes {
  readonly name: OperationName;
  /** Null: the operation has none. */
  readonly at: ((bin: number) => number) | null;
  readonly signed: boolean;
}

export interface Space {
  readonly shear: number;
  /** Pixels, by width and height of the picture. */
  readonly translate: (size: number) => number;
  readonly rotate: number;
  readonly color: number;
  /** Bits taken away at most. */
  readonly posterize: number;
  /** Bits that are left before that. Default 8. */
  readonly posterizeFrom?: number;
}

/** The operations in torchvision's order, with `bins` magnitudes each. */
export function magnitudes(
  { shear, translate, rotate: turn, color, posterize: bits, posterizeFrom = 8 }: Space,
  bins: number,
  { height, width }: Picture,
): Record<OperationName, Magnitudes> {
  const signed = (name: OperationName, most: number) => ({ name, at: linspace(0, most, bins), signed: true });
  const plain = (name: OperationName, at: Magnitudes["at"] = null) => ({ name, at, signed: false });
  return {
    Identity: plain("Identity"),
    ShearX: signed("ShearX", shear),
    ShearY: signed("ShearY", shear),
    TranslateX: signed("TranslateX", translate(width)),
    TranslateY: signed("TranslateY", translate(height)),
    Rotate: signed("Rotate", turn),
    Brightness: signed("Brightness", color),
    Color: signed("Color", color),
    Contrast: signed("Contrast", color),
    Sharpness: signed("Sharpness", color),
    Posterize: plain("Posterize", (bin) => posterizeFrom - roundHalfEven(Math.fround(bin / ((bins - 1) / bits)))),
    Solarize: plain("Solarize", linspace(255, 0, bins)),
    AutoContrast: plain("AutoContrast"),
    Equalize: plain("Equalize"),
    Invert: plain("Invert"),
  };
}

/** torch.linspace in float32: from both ends to the middle. */
function linspace(start: number, end: number, steps: number): (i: number) => number {
  const { fround } = Math;
  const [from, to] = [fround(start), fround(end)];
  const step = fround(fround(to - from) / (steps - 1));
  return (i) => fround(i < steps / 2 ? from + fround(step * i) : to - fround(step * (steps - i - 1)));
}
