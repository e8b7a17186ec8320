import { ones, tensor } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { hostSegment } from "../autograd/watch.ts";
import { checkKnown } from "../base/known-options.ts";
import { defaultGenerator, fillBernoulli, type Generator } from "../base/rng/index.ts";
import type { Shape } from "../base/shape.ts";
import { numel } from "../base/shape.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { mul } from "./binary.ts";
import { affine } from "./unary.ts";

/** How much dropout() and dropout2d() set to 0, and when. */
export interface DropoutOptions {
  /** Share of elements set to 0. Default 0.5. */
  p?: number;
  /** Without it the input comes back as it is. Default true. */
  training?: boolean;
  /** Where the draws come from. Default: the generator that manualSeed() sets. */
  generator?: Generator;
}

/**
 * Zeroes each element with probability p and scales the others by 1/(1 − p), so the expectation stays.
 * The mask continues torch's random stream (Tensor.bernoulli_, two draws an element); p = 0 and p = 1 draw nothing.
 *
 * Options  p 0.5, training true, generator that of manualSeed().
 * Throws   ArgumentError "p" outside [0, 1].
 * Source   Srivastava et al. 2014; torch.nn.functional.dropout.
 *
 * @example
 * manualSeed(0);
 * await dropout(ones([8])).tolist(); // [0, 0, 2, 0, 0, 0, 2, 2]
 */
export function dropout<S extends Shape>(input: Tensor<S>, options?: DropoutOptions): Tensor<S>;
export function dropout(input: Tensor, options: DropoutOptions = {}): Tensor {
  checkKnown("dropout", options, { p: 0, training: 0, generator: 0 });
  const { p = 0.5, training = true, generator = defaultGenerator } = options;
  if (!(p >= 0 && p <= 1)) throw new ArgumentError("dropout", "p", say`p must lie in [0, 1], got ${{ p }}.`);
  if (!training || p === 0) return input;
  if (p === 1) return affine(input, 0, 0);
  const { shape, backend } = input;
  const mask = hostSegment(() => {
    const values = new Float32Array(numel(shape));
    fillBernoulli(generator, values, 1 - p);
    const scale = Math.fround(1 / Math.fround(1 - p)); // a float32 division, as torch does it
    for (let i = 0; i < values.length; i++) values[i]! *= scale;
    return tensor(values, { shape, device: backend });
  });
  return mul(input, mask);
}

/**
 * Zeroes whole channels of each sample with probability p and scales the others by 1/(1 − p).
 *
 * Shape    (N, C, …) → the same; the mask has N·C draws of torch's stream.
 * Options  p 0.5, training true, generator that of manualSeed().
 * Throws   ShapeError "rank" below 2 axes; ArgumentError "p" outside [0, 1].
 * Source   Tompson et al. 2015; torch.nn.functional.dropout2d.
 *
 * @example
 * manualSeed(0);
 * await dropout2d(ones([1, 3, 1, 2])).tolist(); // [[[[0, 0]], [[0, 0]], [[2, 2]]]]
 */
export function dropout2d<S extends Shape>(input: Tensor<S>, options?: DropoutOptions): Tensor<S>;
export function dropout2d(input: Tensor, options: DropoutOptions = {}): Tensor {
  checkKnown("dropout2d", options, { p: 0, training: 0, generator: 0 });
  if (input.ndim < 2)
    throw new ShapeError(
      "dropout2d",
      "rank",
      say`input must have at least 2 axes (N, C, …), got ${{ axes: input.ndim }}.`,
      [{ name: "input", shape: input.shape }],
    );
  const { p = 0.5, training = true } = options;
  if (!training || p === 0 || p === 1) return dropout(input, options);
  return mul(
    input,
    dropout(
      ones(
        input.shape.map((size, i) => (i < 2 ? size : 1)),
        { device: input.backend },
      ),
      options,
    ),
  );
}
