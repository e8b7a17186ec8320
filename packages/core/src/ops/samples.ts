/**
 * @file What the files x.samples.ts hold: for each op inputs to try and calls to refuse, as data. The checks that read
 * them stand in testing/op-checks.ts; adding a case is one line.
 */
import type { Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";

/**
 * How an input is filled.
 *   normal     standard normal
 *   positive   0.25 to 1.75
 *   distinct   no two values equal, and none within 1/16 of 0: for functions with kinks there
 *   mask       bool, about half of them set
 *   classes    int32 from 0 to n − 1
 *   constant   int32, all the same
 */
export type SampleValues =
  | "normal"
  | "positive"
  | "distinct"
  | "mask"
  | { readonly classes: number }
  | { readonly constant: number };

interface Inputs {
  /** What the case is for. */
  readonly name: string;
  readonly shapes: readonly Shape[];
  /** One for each input; those left out are "normal". */
  readonly values?: readonly SampleValues[];
}

/** One call as a samples file writes it. */
export interface SampleInput<O> extends Inputs {
  readonly options?: O;
  /** The result's shape. */
  readonly output: Shape;
  /** Inputs whose first axis counts the batch: 0 and 1 are tried in its place. Default: the first input; [] for none. */
  readonly batched?: readonly number[];
  /** Inputs that the op takes as constants: they get no gradient. */
  readonly constants?: readonly number[];
}

/** A call that must be refused with this code. */
export interface ErrorInput<O> extends Inputs {
  readonly options?: O;
  readonly code: string;
}

type Call = (inputs: readonly Tensor[]) => Tensor;

export interface Sample extends Inputs {
  readonly output: Shape;
  readonly batched: readonly number[];
  readonly constants: readonly number[];
  readonly call: Call;
}

export interface Refusal extends Inputs {
  readonly code: string;
  readonly call: Call;
}

/** All that is known of one op. */
export interface OpSuite {
  readonly name: string;
  readonly samples: readonly Sample[];
  readonly errors: readonly Refusal[];
}

/** Binds samples and refusals to the op; `op` takes the inputs as a list and the case's options. */
export function suite<O>(
  name: string,
  op: (inputs: readonly [Tensor, ...Tensor[]], options: O) => Tensor,
  samples: readonly SampleInput<O>[],
  errors: readonly ErrorInput<O>[] = [],
): OpSuite {
  const bind =
    (options: O | undefined): Call =>
    (inputs) =>
      op(inputs as readonly [Tensor, ...Tensor[]], options ?? ({} as O));
  return {
    name,
    samples: samples.map(({ options, batched = [0], constants = [], ...rest }) => ({
      ...rest,
      batched,
      constants,
      call: bind(options),
    })),
    errors: errors.map(({ options, ...rest }) => ({ ...rest, call: bind(options) })),
  };
}
