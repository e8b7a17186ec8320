import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { convTranspose1d, single, type ConvTranspose1dOptions as TransposeOptions } from "../ops/conv1d.ts";
import { checkGroups } from "./conv.ts";
import { checkSizes, defaultInit } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

export interface ConvTranspose1dOptions extends TransposeOptions {
  /** Default true. */
  bias?: boolean;
}

/**
 * Transposed convolution over sequences (N, C, L).
 *
 * Keys     weight (inChannels, outChannels/groups, k), bias (outChannels).
 * Init     weight and bias U(±1/√(outChannels/groups·k)).
 * Source   torch.nn.ConvTranspose1d.
 */
export class ConvTranspose1d<
  const I extends number = number,
  const O extends number = number,
  const K extends number | readonly number[] = number | readonly number[],
  const P extends ConvTranspose1dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["convTranspose1d", I, O, K, P];
  readonly options: ConvTranspose1dOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    given: Written<P, ConvTranspose1dOptions> = {} as Written<P, ConvTranspose1dOptions>,
  ) {
    super();
    const options: ConvTranspose1dOptions = given;
    const k = single("ConvTranspose1d", "kernelSize", kernelSize);
    const { groups = 1, bias = true } = options;
    checkSizes("ConvTranspose1d", { inChannels, outChannels, kernelSize: k, groups });
    checkGroups("ConvTranspose1d", groups, inChannels, outChannels);
    this.options = options;
    this.weight = new Parameter(empty([inChannels, outChannels / groups, k]));
    this.bias = bias ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["convTranspose1d", I, O, K, P], S>,
  ): Tensor<Given<["convTranspose1d", I, O, K, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return convTranspose1d(input, this.weight, this.bias, this.options as TransposeOptions);
  }
}
