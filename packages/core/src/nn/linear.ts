import { empty } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { linear } from "../ops/linear.ts";
import { checkOptions } from "./given-options.ts";
import { calculateFanInAndFanOut, kaimingUniform_, uniform_ } from "./init.ts";
import { Module } from "./module.ts";
import { Parameter } from "./parameter.ts";
import type { Fit, Given, Unshaped } from "./typed-layer.ts";

/** Weight and bias as torch.nn.Linear and Conv draw them: kaiming uniform with a = √5, then U(±1/√fanIn). @internal */
export function defaultInit(weight: Parameter, bias: Parameter | null): void {
  if (weight.numel > 0) kaimingUniform_(weight, { a: Math.sqrt(5) });
  if (!bias) return;
  const { fanIn } = calculateFanInAndFanOut(weight);
  if (fanIn > 0) uniform_(bias, -1 / Math.sqrt(fanIn), 1 / Math.sqrt(fanIn));
}

/** Refuses a size that is no whole number ≥ 1. @internal */
export function checkSizes(where: string, sizes: Record<string, number>): void {
  for (const [name, value] of Object.entries(sizes))
    if (!Number.isInteger(value) || value < 1)
      throw new ArgumentError(where, name, say`${name} must be a whole number ≥ 1, got ${{ [name]: value }}.`);
}

/**
 * Dense layer: y = x·weightᵀ + bias.
 *
 * Shape    (…, inFeatures) → (…, outFeatures).
 * Keys     weight (outFeatures, inFeatures), bias (outFeatures).
 * Options  bias true.
 * Init     weight and bias U(±1/√inFeatures).
 * Throws   ArgumentError "inFeatures", "outFeatures" unless whole numbers ≥ 1; ShapeError "features" in forward.
 * Source   torch.nn.Linear.
 *
 * @example
 * new nn.Linear(128, 10).forward(zeros([4, 128])).shape; // [4, 10]
 */
export class Linear<const I extends number = number, const O extends number = number> extends Module {
  declare readonly shapeRule: ["linear", I, O];
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: Parameter;
  readonly bias: Parameter | null;

  constructor(
    inFeatures: I,
    outFeatures: O,
    options: { /** Add a learned bias. Default true. */ bias?: boolean } = {},
  ) {
    super();
    checkOptions("Linear", options, { bias: 0 });
    checkSizes("Linear", { inFeatures, outFeatures });
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = new Parameter(empty([outFeatures, inFeatures]));
    this.bias = (options.bias ?? true) ? new Parameter(empty([outFeatures])) : null;
    defaultInit(this.weight, this.bias);
  }

  forward<S extends Shape>(input: Tensor<S> & Fit<["linear", I, O], S>): Tensor<Given<["linear", I, O], S>>;
  forward(input: Unshaped): Tensor;
  forward(input: Tensor): Tensor {
    return linear(input, this.weight, this.bias);
  }

  override extraRepr(): string {
    return `${this.inFeatures}, ${this.outFeatures}${this.bias ? "" : ", bias false"}`;
  }
}
