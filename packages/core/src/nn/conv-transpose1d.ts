import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { convTranspose1d, single, type ConvTranspose1dOptions as TransposeOptions } from "../ops/conv1d.ts";
import { checkGroups } from "./conv.ts";
import { checkSizes, defaultInit } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";

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
export class ConvTranspose1d extends Module {
  readonly options: ConvTranspose1dOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | readonly number[],
    options: ConvTranspose1dOptions = {},
  ) {
    super();
    const k = single("ConvTranspose1d", "kernelSize", kernelSize);
    const { groups = 1, bias = true } = options;
    checkSizes("ConvTranspose1d", { inChannels, outChannels, kernelSize: k, groups });
    checkGroups("ConvTranspose1d", groups, inChannels, outChannels);
    this.options = options;
    this.weight = new Parameter(empty([inChannels, outChannels / groups, k]));
    this.bias = bias ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward(input: Tensor): Tensor {
    return convTranspose1d(input, this.weight, this.bias, this.options);
  }
}
