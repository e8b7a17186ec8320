import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { type Pair, pair, type Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { convNormPool, type TrainedNorm } from "../ops/conv-norm-pool.ts";
import { convPool } from "../ops/conv-pool.ts";
import {
  convTranspose2d,
  type ConvTranspose2dOptions as TransposeOptions,
  transposeGeometry,
} from "../ops/conv-transpose2d.ts";
import { conv1dPadded, single } from "../ops/conv1d.ts";
import { type Conv2dOptions as ConvOptions, conv2d, conv2dPadded, convGeometry } from "../ops/conv2d.ts";
import { checkOptions } from "./given-options.ts";
import { checkSizes, defaultInit } from "./linear.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped, Written } from "./typed-layer.ts";

/** What Conv2d takes after the kernel's size; numbers, or [height, width]. */
export interface Conv2dOptions extends ConvOptions {
  /** Add a learned bias. Default true. */
  bias?: boolean;
  /** What stands around the input: zeros, the picture mirrored, its edge repeated or its other end. Default "zeros". */
  paddingMode?: "zeros" | "reflect" | "replicate" | "circular";
}

/** What the function behind a layer takes of its options. @internal */
export function geometryOf<O extends { bias?: unknown; paddingMode?: unknown }>(
  options: O,
): Omit<O, "bias" | "paddingMode"> {
  const { bias: _bias, paddingMode: _paddingMode, ...geometry } = options;
  return geometry;
}

/** @internal */
export function checkGroups(where: string, groups: number, inChannels: number, outChannels: number): void {
  if (!Number.isInteger(groups) || groups < 1 || inChannels % groups !== 0 || outChannels % groups !== 0)
    throw new ArgumentError(
      where,
      "groups",
      say`groups ${{ groups }} must divide inChannels ${{ inChannels }} and outChannels ${{ outChannels }}.`,
    );
}

function checkPaddingMode(where: string, paddingMode: string): void {
  if (!["zeros", "reflect", "replicate", "circular"].includes(paddingMode))
    throw new ArgumentError(
      where,
      "paddingMode",
      say`paddingMode must be zeros, reflect, replicate or circular, got "${{ paddingMode }}".`,
    );
}

/**
 * Convolution over images: outChannels filters of inChannels/groups × kernelSize each.
 *
 * Shape    (N, inChannels, H, W) → (N, outChannels, H′, W′), H′ = ⌊(H + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * Keys     weight (outChannels, inChannels/groups, kH, kW), bias (outChannels).
 * Options  stride 1, padding 0 | "same" | "valid", dilation 1, groups 1, bias true, paddingMode "zeros".
 * Init     weight and bias U(±1/√(inChannels/groups·kH·kW)).
 * Throws   ArgumentError at construction; ShapeError "channels", "kernel-too-large" in forward.
 * Source   torch.nn.Conv2d.
 *
 * @example
 * new nn.Conv2d(3, 16, 3, { padding: 1 }).forward(zeros([1, 3, 32, 32])).shape; // [1, 16, 32, 32]
 */
export class Conv2d<
  const I extends number = number,
  const O extends number = number,
  const K extends number | readonly number[] = number | readonly number[],
  const P extends Conv2dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["conv2d", I, O, K, P];
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: Pair;
  readonly options: Conv2dOptions;
  readonly #geometry: ConvOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    given: Written<P, Conv2dOptions> = {} as Written<P, Conv2dOptions>,
  ) {
    super();
    checkOptions<Conv2dOptions>("Conv2d", given, {
      bias: 0,
      paddingMode: 0,
      stride: 0,
      padding: 0,
      dilation: 0,
      groups: 0,
    });
    const options: Conv2dOptions = given;
    const [kh, kw] = pair(kernelSize, "Conv2d", "kernelSize");
    const { groups = 1, bias = true, paddingMode = "zeros" } = options;
    checkSizes("Conv2d", { inChannels, outChannels, kernelHeight: kh, kernelWidth: kw });
    checkGroups("Conv2d", groups, inChannels, outChannels);
    checkPaddingMode("Conv2d", paddingMode);
    convGeometry(options, [kh, kw]);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = [kh, kw];
    this.options = options;
    this.#geometry = geometryOf(options);
    this.weight = new Parameter(empty([outChannels, inChannels / groups, kh, kw]));
    this.bias = bias ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["conv2d", I, O, K, P], S>): Tensor<Given<["conv2d", I, O, K, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    const { paddingMode = "zeros" } = this.options;
    if (paddingMode === "zeros") return conv2d(input, this.weight, this.bias, this.#geometry);
    return conv2dPadded(input, this.weight, this.bias, this.#geometry, paddingMode);
  }

  /** forward, batch norm if given, ReLU and MaxPool2d(2) as one operation; undefined where none does that. @internal */
  pooled(input: Tensor, norm?: TrainedNorm): Tensor | undefined {
    const { weight, bias, options } = this;
    if ((options.paddingMode ?? "zeros") !== "zeros") return undefined;
    const inputs = { input, weight, bias: bias ?? undefined };
    return norm ? convNormPool(inputs, this.#geometry, norm) : convPool(inputs, this.#geometry);
  }

  override extraRepr(): string {
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = this.options;
    const shown = Object.entries({ stride, padding, dilation, groups }).filter(
      ([key, value]) => String(value) !== (key === "padding" ? "0" : "1"),
    );
    return [
      `${this.inChannels}, ${this.outChannels}, ${this.kernelSize.join("×")}`,
      ...shown.map(([key, value]) => `${key} ${value}`),
    ].join(", ");
  }
}

/** What Conv1d takes after the kernel's size. */
export interface Conv1dOptions {
  /** Step between windows. Default 1. */
  stride?: number;
  /** Values added at both ends; "same" keeps the length (stride 1 only), "valid" is 0. Default 0. */
  padding?: number | "same" | "valid";
  /** Distance between the kernel's taps. Default 1. */
  dilation?: number;
  /** Channels are cut into this many independent groups. Default 1. */
  groups?: number;
  /** Add a learned bias. Default true. */
  bias?: boolean;
  /** What stands at both ends: zeros, the sequence mirrored, its edge repeated or its other end. Default "zeros". */
  paddingMode?: "zeros" | "reflect" | "replicate" | "circular";
}

/**
 * Convolution over sequences: y[n,o,i] = bias[o] + Σ x[n,c,i·stride + u·dilation − padding]·weight[o,c,u], over c and
 * u.
 *
 * Shape    (N, inChannels, L) or (inChannels, L) → (N, outChannels, L′) or (outChannels, L′),
 *          L′ = ⌊(L + 2·padding − dilation·(k − 1) − 1)/stride⌋ + 1.
 * Keys     weight (outChannels, inChannels/groups, k), bias (outChannels).
 * Options  stride 1, padding 0 | "same" | "valid", dilation 1, groups 1, bias true, paddingMode "zeros".
 * Init     weight and bias U(±1/√(inChannels/groups·k)).
 * Throws   ArgumentError at construction; ShapeError "rank", "channels", "kernel-too-large" in forward.
 * Source   torch.nn.Conv1d.
 *
 * @example
 * new nn.Conv1d(1, 4, 5, { stride: 2, padding: 2 }).forward(zeros([8, 1, 100])).shape; // [8, 4, 50]
 */
export class Conv1d<
  const I extends number = number,
  const O extends number = number,
  const K extends number | readonly number[] = number | readonly number[],
  const P extends Conv1dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["conv1d", I, O, K, P];
  readonly options: Conv1dOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    given: Written<P, Conv1dOptions> = {} as Written<P, Conv1dOptions>,
  ) {
    super();
    checkOptions<Conv1dOptions>("Conv1d", given, {
      stride: 0,
      padding: 0,
      dilation: 0,
      groups: 0,
      bias: 0,
      paddingMode: 0,
    });
    const options: Conv1dOptions = given;
    const k = single("Conv1d", "kernelSize", kernelSize);
    checkSizes("Conv1d", { inChannels, outChannels, kernelSize: k });
    checkGroups("Conv1d", options.groups ?? 1, inChannels, outChannels);
    checkPaddingMode("Conv1d", options.paddingMode ?? "zeros");
    const { stride = 1, padding = 0, dilation = 1 } = options;
    const flat = (name: string, value: number | readonly number[]) => single("Conv1d", name, value);
    convGeometry(
      {
        stride: flat("stride", stride),
        padding: typeof padding === "string" ? padding : flat("padding", padding),
        dilation: flat("dilation", dilation),
      },
      [1, k],
    );
    this.options = options;
    this.weight = new Parameter(empty([outChannels, inChannels / (options.groups ?? 1), k]));
    this.bias = (options.bias ?? true) ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["conv1d", I, O, K, P], S>): Tensor<Given<["conv1d", I, O, K, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return conv1dPadded(input, this.weight, this.bias, this.options, this.options.paddingMode ?? "zeros");
  }
}

/** What ConvTranspose2d takes after the kernel's size; numbers, or [height, width]. */
export interface ConvTranspose2dOptions extends TransposeOptions {
  /** Add a learned bias. Default true. */
  bias?: boolean;
  /** Only zeros: what a transposed convolution reads is always its input. Default "zeros". */
  paddingMode?: "zeros";
}

/**
 * Transposed convolution: each pixel adds itself, times the kernel, to a window of the result,
 * y[n,o,i·stride + u·dilation − padding,…] += x[n,c,i,…]·weight[c,o,u,…]. What enlarges maps in a decoder.
 *
 * Shape    (N, inChannels, H, W) or (inChannels, H, W) → the same with outChannels, H′ and W′,
 *          H′ = (H − 1)·stride − 2·padding + dilation·(k − 1) + outputPadding + 1.
 * Keys     weight (inChannels, outChannels/groups, kH, kW), bias (outChannels).
 * Options  stride 1, padding 0, outputPadding 0 (below stride or dilation), dilation 1, groups 1, bias true.
 * Init     weight and bias U(±1/√(outChannels/groups·kH·kW)).
 * Throws   ArgumentError at construction; ShapeError "rank", "channels", "too-small" in forward.
 * Source   torch.nn.ConvTranspose2d.
 *
 * @example
 * new nn.ConvTranspose2d(16, 8, 2, { stride: 2 }).forward(zeros([1, 16, 7, 7])).shape; // [1, 8, 14, 14]
 */
export class ConvTranspose2d<
  const I extends number = number,
  const O extends number = number,
  const K extends number | readonly number[] = number | readonly number[],
  const P extends ConvTranspose2dOptions = Record<never, never>,
> extends Module {
  declare readonly shapeRule: ["convTranspose2d", I, O, K, P];
  readonly options: ConvTranspose2dOptions;
  readonly #geometry: TransposeOptions;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inChannels: I,
    outChannels: O,
    kernelSize: K,
    given: Written<P, ConvTranspose2dOptions> = {} as Written<P, ConvTranspose2dOptions>,
  ) {
    super();
    checkOptions<ConvTranspose2dOptions>("ConvTranspose2d", given, {
      bias: 0,
      paddingMode: 0,
      stride: 0,
      padding: 0,
      outputPadding: 0,
      groups: 0,
      dilation: 0,
    });
    const options: ConvTranspose2dOptions = given;
    const [kh, kw] = pair(kernelSize, "ConvTranspose2d", "kernelSize");
    const groups = options.groups ?? 1;
    checkSizes("ConvTranspose2d", { inChannels, outChannels, kernelHeight: kh, kernelWidth: kw });
    checkGroups("ConvTranspose2d", groups, inChannels, outChannels);
    if ((options.paddingMode ?? "zeros") !== "zeros")
      throw new ArgumentError(
        "ConvTranspose2d",
        "paddingMode",
        say`paddingMode must be zeros, got "${{ paddingMode: options.paddingMode }}": pad the input before the layer instead.`,
      );
    transposeGeometry(options);
    this.options = options;
    this.#geometry = geometryOf(options);
    this.weight = new Parameter(empty([inChannels, outChannels / groups, kh, kw]));
    this.bias = (options.bias ?? true) ? new Parameter(empty([outChannels])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(
    input: Tensor<S> & Fit<["convTranspose2d", I, O, K, P], S>,
  ): Tensor<Given<["convTranspose2d", I, O, K, P], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return convTranspose2d(input, this.weight, this.bias, this.#geometry);
  }
}
