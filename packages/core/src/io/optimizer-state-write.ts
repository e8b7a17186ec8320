/** @file An optimiser's state as PyTorch's own optimisers take it. */
import { counts, type FoundOptimizerState } from "./optimizer-state.ts";
import type { PyTorchInput } from "./pytorch-write.ts";

/** What is read of an optimiser: every one of drishti/optim fits. */
export interface OptimizerToWrite {
  readonly paramGroups: readonly { readonly params: readonly { readonly shape: readonly number[] }[] }[];
  stateDict(): Promise<{
    readonly state: Record<
      number,
      Record<string, number | { shape: readonly number[]; data: Float32Array | Float64Array }>
    >;
    readonly paramGroups: readonly (FoundOptimizerState["paramGroups"][number] & {
      initialAccumulatorValue?: number;
    })[];
  }>;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });

/**
 * What `torch.load` gives back for PyTorch's `optimizer.load_state_dict()`: written alone or in a checkpoint by
 * `writePyTorch`. Parameters are told by their position, so PyTorch's optimiser must be of the same class and made of the
 * same parameters in the same order and groups. What only says how PyTorch computes (foreach, fused …) is left to it.
 *
 * Source   torch.optim.Optimizer.state_dict; `optimizerStateOf` is the way back.
 *
 * @example
 * const w = new nn.Parameter(tensor([1, 2]));
 * const optimizer = new optim.Adam([w]);
 * w.mul(w).sum().backward();
 * optimizer.step();
 * const file = writePyTorch(new Map([["optimizer", await optimizerStateToPyTorch(optimizer)]]));
 * optimizerStateOf(readPyTorch(file).value).state[0]!.step; // 1
 */
export async function optimizerStateToPyTorch(optimizer: OptimizerToWrite): Promise<Map<string, PyTorchInput>> {
  const { state, paramGroups } = await optimizer.stateDict();
  const written = new Map<PyTorchInput, PyTorchInput>();
  for (const [position, entry] of Object.entries(state)) {
    const entries = Object.entries(entry).map(([key, value]) => {
      const name = snake(key);
      return [name, typeof value === "number" && counts.has(name) ? scalar(value) : value] as const;
    });
    written.set(Number(position), new Map<string, PyTorchInput>(entries));
  }
  // PyTorch's Adagrad makes its sums when it is made, not at a parameter's first gradient.
  paramGroups.forEach(({ initialAccumulatorValue: start, params }, g) => {
    if (start === undefined) return;
    params.forEach((position, i) => {
      if (written.has(position)) return;
      const { shape } = optimizer.paramGroups[g]!.params[i]!;
      const data = new Float32Array(shape.reduce((product, size) => product * size, 1)).fill(start);
      written.set(
        position,
        new Map<string, PyTorchInput>([
          ["step", scalar(0)],
          ["sum", { shape, data }],
        ]),
      );
    });
  });
  const groups = paramGroups.map((group) => {
    const options = Object.entries(group).filter(([, value]) => value !== undefined);
    return new Map(options.map(([key, value]) => [snake(key), value as PyTorchInput]));
  });
  return new Map<string, PyTorchInput>([
    ["state", written],
    ["param_groups", groups],
  ]);
}
