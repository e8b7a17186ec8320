export { affine, type RotateOptions, rotate, type WarpOptions } from "./affine.ts";
export { adjustSharpness, gaussianBlur } from "./blur.ts";
export { adjustBrightness, adjustContrast, adjustSaturation, rgbToGrayscale } from "./color.ts";
export { type FiveCrops, fiveCrop, tenCrop } from "./crops.ts";
export { type Displacement, elastic } from "./elastic.ts";
export type { GridInterpolation } from "./grid.ts";
export { adjustHue } from "./hue.ts";
export { perspective } from "./perspective.ts";
export { autocontrast, equalize, invert, posterize, solarize } from "./tone.ts";
