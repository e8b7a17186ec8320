import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { transposeGeometry } from "../ops/conv-transpose2d.ts";
import {
  convTranspose1d,
  flatOptions,
  single,
  type ConvTranspose1dOptions as TransposeOptions,
} from "../ops/conv1d.ts";
import { checkGroups, geometryOf } from "./conv.ts";
import { checkOptions } from "./given-options.ts";
import { checkSizes, defaultInit } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

/** What ConvTranspose1d takes after the kernel's size. */
export interface ConvTranspose1dOptions extends TransposeOptions {
  /** Add a learned bias. Default true. */
  bias?: boolean;
}

/**
 * Transposed convolution over sequences: each value adds itself, times the kernel, to a window of the result,
 * y[n,o,i·stride + u·dilation − padding] += x[n,c,i]·weight[c,o,u].
 *
 * Shape    (N, inChannels, L) or (inChannels, L) → (N, outChannels, L′) or (outChannels, L′),
 *          L′ = (L − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1.
 * Keys     weight (inChannels, outChannels/groups, k), bias (outChannels).
 * Options  stride 1, padding 0, outputPadding 0 (below stride or dilation), dilation 1, groups 1, bias true.
 * Init     weight and bias U(±1/√(outChannels/groups·k)).
 * Throws   ArgumentError at construction; ShapeError "rank", "channels", "too-small" in forward.
 * Source   torch.nn.ConvTranspose1d.
 *
 * @example
 * new nn.ConvTranspose1d(16, 8, 4, { stride: 2, padding: 1 }).forward(zeros([1, 16, 50])).shape; // [1, 8, 100]
 */
export class ConvTranspose1d<
  const I extends number = number,
  const O extends number = number,
  const K extends number | readonly number[] = number | readonly number[],
  const P extends ConvTranspose1dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["convTranspose1d", I, O, K, P];
  readonly options: ConvTranspose1dOptions;
  readonly #geometry: TransposeOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    given: Written<P, ConvTranspose1dOptions> = {} as Written<P, ConvTranspose1dOptions>,
  ) {
    super();
    checkOptions<ConvTranspose1dOptions>("ConvTranspose1d", given, {
      bias: 0,
      stride: 0,
      padding: 0,
      outputPadding: 0,
      groups: 0,
      dilation: 0,
    });
    const options: ConvTranspose1dOptions = given;
    const k = single("ConvTranspose1d", "kernelSize", kernelSize);
    const { groups = 1, bias = true } = options;
    checkSizes("ConvTranspose1d", { inChannels, outChannels, kernelSize: k, groups });
    checkGroups("ConvTranspose1d", groups, inChannels, outChannels);
    transposeGeometry(flatOptions("ConvTranspose1d", options));
    this.options = options;
    this.#geometry = geometryOf(options);
    this.weight = new Parameter(empty([inChannels, outChannels / groups, k]));
    this.bias = bias ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["convTranspose1d", I, O, K, P], S>,
  ): Tensor<Given<["convTranspose1d", I, O, K, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return convTranspose1d(input, this.weight, this.bias, this.#geometry);
  }
}
