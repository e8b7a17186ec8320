/** @file The comparison must pass a backend that only rounds, and fail deliberately broken ones. */
import { describe, expect, it } from "vitest";
import type { Backend, BufferView } from "../backends/backend.ts";
import { createReference } from "../backends/reference.ts";
import type { TypedArray } from "../base/dtype.ts";
import { type KernelName, kernelNames } from "../kernels/contract.ts";
import { compareKernel } from "./compare-kernel.ts";
import { kernelSamples } from "./kernel-samples.ts";

type Views = readonly (BufferView | null)[];
type AnyParams = Record<string, number | readonly number[]>;

/** The reference with every run replaced. */
function altered(
  run: (base: Backend, kernel: KernelName, params: AnyParams, reads: Views, writes: Views) => void,
): Backend {
  const base = createReference();
  const replaced: Pick<Backend, "run"> = {
    run: (kernel, params, reads, writes) => run(base, kernel, { ...params } as unknown as AnyParams, reads, writes),
  };
  return Object.assign(Object.create(base) as Backend, replaced);
}

/** The reference, with what it wrote passed through `change`. */
function changed(change: (data: TypedArray, view: BufferView) => TypedArray): Backend {
  return altered((base, kernel, params, reads, writes) => {
    base.run(kernel, params as never, reads, writes);
    for (const view of writes) {
      if (view?.buffer.type !== "f32") continue;
      const whole = { buffer: view.buffer, offset: 0 };
      base.write(whole, change(base.readSync!(whole, view.buffer.length), view));
    }
  });
}

const withParams = (change: (p: AnyParams) => AnyParams): Backend =>
  altered((base, kernel, params, reads, writes) => base.run(kernel, change(params) as never, reads, writes));

describe("a backend that rounds its results to float32 passes", () => {
  it.each(kernelNames)("%s", async (kernel) => {
    const { failures, worst } = await compareKernel(
      changed((data) => Float32Array.from(data)),
      kernel,
    );
    expect(failures).toEqual([]);
    expect(worst).toBeLessThanOrEqual(0.5); // rounding once takes at most a quarter of the tightest bound
  });
});

const mutants: readonly (readonly [string, KernelName, Backend])[] = [
  ["an error of 1e-5 of the result", "exp_f32", changed((data) => data.map((x) => x * (1 + 1e-5)))],
  ["NaN turned into 0", "relu_f32", changed((data) => data.map((x) => (Number.isNaN(x) ? 0 : x)))],
  ["the last bit of a copy", "copy_strided_f32", changed((data) => data.map((x) => x * (1 + 2 ** -22)))],
  [
    "a write behind the end",
    "neg_f32",
    changed((data) => {
      data[data.length - 5] = 0;
      return data;
    }),
  ],
  [
    "the offset of the output ignored",
    "fill_f32",
    altered((base, kernel, params, reads, writes) =>
      base.run(
        kernel,
        params as never,
        reads,
        writes.map((view) => view && { ...view, offset: 0 }),
      ),
    ),
  ],
  [
    "an input overwritten",
    "neg_f32",
    altered((base, kernel, params, reads, writes) => {
      base.run(kernel, params as never, reads, writes);
      if (reads[0] && reads[0].buffer.length > 8) base.write(reads[0], Float64Array.of(1));
    }),
  ],
  ...(["stride", "dilation"] as const).map(
    (what) =>
      [
        `height and width of the ${what} exchanged`,
        "conv2d_f32",
        withParams((p) => ({ ...p, [`${what}Height`]: p[`${what}Width`]!, [`${what}Width`]: p[`${what}Height`]! })),
      ] as const,
  ),
  ["left padding for top", "conv2d_backward_weight_f32", withParams((p) => ({ ...p, padTop: p.padLeft! }))],
  ["padding counted", "avg_pool2d_f32", withParams((p) => ({ ...p, countIncludePad: 1 }))],
  ["dampening forgotten", "sgd_f32", withParams((p) => ({ ...p, dampening: 0 }))],
  ["weight decay coupled", "adam_f32", withParams((p) => ({ ...p, decoupled: 0 }))],
  [
    "another target ignored",
    "nll_loss_f32",
    withParams((p) => ({ ...p, ignoreIndex: p.ignoreIndex === 2 ? 1 : -100 })),
  ],
  ["replicated for reflected", "pad2d_f32", withParams((p) => ({ ...p, mode: p.mode === 0 ? 1 : p.mode! }))],
  ["eps left out, small", "batch_norm_eval_f32", withParams((p) => ({ ...p, eps: 0 }))],
];

describe("a broken backend is caught:", () => {
  it.each(mutants)("%s", async (_name, kernel, backend) => {
    expect((await compareKernel(backend, kernel)).failures).not.toEqual([]);
  });
});

it("every kernel has several samples, and an empty one unless it has no empty form", () => {
  for (const kernel of kernelNames) expect(kernelSamples[kernel].length, kernel).toBeGreaterThan(2);
});
