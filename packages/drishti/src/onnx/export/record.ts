/** @file What a model does to a batch, as a list of operations between numbered values. */
import { type DType, type Generator, noGrad, randn, Tensor, traceOps } from "@drishti/core";
import { ArgumentError } from "@drishti/core/errors";
import { evalMode } from "@drishti/core/models";
import type { Layer, Module } from "@drishti/core/nn";

/** One operation, by its core name. Inputs and output are indices into `values`. */
export interface RecordedOp {
  readonly name: string;
  readonly inputs: Readonly<Record<string, number | undefined>>;
  readonly params: unknown;
  readonly output: number;
  /** Dotted path of the module that ran it. */
  readonly path: string;
}

export interface RecordedValue {
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Key of a parameter or buffer. */
  readonly key?: string;
  /** A tensor that came from nowhere: made on the way, or held by the model under no key. */
  readonly constant?: Tensor;
}

export interface Recording {
  readonly ops: readonly RecordedOp[];
  readonly values: readonly RecordedValue[];
  /** values[0] is the input. */
  readonly output: number;
}

/** Runs the model in eval mode on a batch of random pictures. */
export function record(model: Layer, shape: readonly number[], generator: Generator): Recording {
  const state = new Map([...model.stateDict()].map(([key, tensor]) => [tensor, key]));
  const device = model.parameters().next().value?.backend;
  const input = randn(shape, { device, generator });
  const values: RecordedValue[] = [];
  const indices = new Map<Tensor, number>();
  const add = (t: Tensor, extra: Pick<RecordedValue, "key" | "constant"> = {}) => {
    indices.set(t, values.length);
    return values.push({ shape: t.shape, dtype: t.dtype, ...extra }) - 1;
  };
  // A constant may be recycled once its reader has run: a handle of our own keeps it.
  const indexOf = (t: Tensor) => {
    const key = state.get(t);
    return indices.get(t) ?? add(t, key === undefined ? { constant: t.alias() } : { key });
  };
  add(input);
  const ops: RecordedOp[] = [];
  const place = pathOf(model);
  const restore = evalMode(model);
  try {
    const output = noGrad(() =>
      traceOps(
        ({ name, inputs, params, output: out }) => {
          const given = Object.entries(inputs).map(([key, t]) => [key, t && indexOf(t)] as const);
          ops.push({ name, inputs: Object.fromEntries(given), params, output: add(out), path: place.current });
        },
        () => model.forward(input),
      ),
    );
    if (!(output instanceof Tensor))
      throw new ArgumentError("exportOnnx", "output", `the model must return one tensor, it returns ${typeof output}.`);
    return { ops, values, output: indexOf(output) };
  } finally {
    restore();
    place.stop();
  }
}

/** Follows which module is running. */
function pathOf(model: Layer): { readonly current: string; stop(): void } {
  const stack: string[] = [];
  const removers: (() => void)[] = [];
  for (const [path, module] of model.namedModules() as Iterable<[string, Module]>) {
    removers.push(
      module.registerForwardPreHook(() => {
        stack.push(path);
        return undefined;
      }),
      module.registerForwardHook(() => {
        stack.pop();
        return undefined;
      }),
    );
  }
  return {
    get current() {
      return stack.at(-1) ?? "";
    },
    stop: () => {
      for (const remove of removers) remove();
    },
  };
}
