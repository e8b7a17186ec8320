/** @file Convolution, batch norm and activation in a row: the brick of the small networks. */
import { checkKnown } from "../base/known-options.ts";
import { BatchNorm2d, Conv2d, type Layer, Sequential } from "../nn/index.ts";

export interface ConvNormOptions {
  /** Default 3; the padding keeps the size at stride 1. */
  kernelSize?: number;
  stride?: number;
  groups?: number;
  /** What follows; none when absent. */
  activation?: () => Layer;
}

/** Conv2d without bias, BatchNorm2d, activation. Keys 0 and 1. torchvision.ops.misc.Conv2dNormActivation. */
export function convNorm(inChannels: number, outChannels: number, options: ConvNormOptions = {}): Sequential {
  checkKnown("convNorm", options, { kernelSize: 0, stride: 0, groups: 0, activation: 0 });
  const { kernelSize = 3, stride = 1, groups = 1, activation } = options;
  const padding = Math.floor((kernelSize - 1) / 2);
  const row: Layer[] = [
    new Conv2d(inChannels, outChannels, kernelSize, { stride, padding, groups, bias: false }),
    new BatchNorm2d(outChannels),
  ];
  if (activation) row.push(activation());
  return new Sequential(...row);
}

/** `value` rounded to a multiple of 8, never below nine tenths of it: MobileNet's rule for scaled widths. */
export function multipleOf8(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}
