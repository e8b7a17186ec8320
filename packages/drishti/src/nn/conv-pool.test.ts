/**
 * @file Conv2d, ReLU and MaxPool2d(2) in a Sequential run as one operation on the compiled backends: the reference, which runs
 * the parts, judges the values and gradients. Where somebody could notice, the parts run there, too.
 */
import { loadNative } from "@drishti/native";
import { describe, expect, it } from "vitest";
import { capture } from "../capture/index.ts";
import {
  type Backend,
  createReference,
  getBackend,
  grad,
  manualSeed,
  nn,
  noGrad,
  optim,
  randn,
  type Tensor,
  tensor,
  traceOps,
} from "../index.ts";

function native(): Backend | string {
  const result = loadNative({ threads: 2 });
  return "backend" in result ? result.backend : result.reason;
}
function wasm(): Backend | string {
  try {
    return getBackend("wasm");
  } catch (error) {
    return (error as Error).message;
  }
}

/** Of the largest value, against doubles: docs/numerics.md, "Captured functions". */
const BOUND = 5e-6;

interface Case {
  readonly conv: () => nn.Conv2d;
  /** With a batch norm behind the convolution. */
  readonly norm?: boolean;
  readonly shape: readonly number[];
  readonly kernels: readonly string[];
  /** Where the input wants no gradient, if others. */
  readonly first?: readonly string[];
}
const direct = ["conv2d_fused_f32", "conv2d_fused_backward_f32"];
const wide = ["conv2d_winograd_pack_f32", "conv2d_winograd_f32"];
const winograd = ["conv2d_winograd_pack_f32", "conv2d_winograd_f32", "conv2d_fused_backward_f32"];
const cases: Record<string, Case> = {
  "odd sizes": { conv: () => new nn.Conv2d(3, 5, 3, { padding: 1 }), shape: [2, 3, 7, 9], kernels: direct },
  "stride, no bias": {
    conv: () => new nn.Conv2d(4, 6, [3, 2], { stride: [2, 1], bias: false }),
    shape: [2, 4, 9, 8],
    kernels: direct,
  },
  "5×5 with dilation": {
    conv: () => new nn.Conv2d(2, 9, 5, { padding: [4, 3], dilation: 2 }),
    shape: [1, 2, 12, 11],
    kernels: direct,
  },
  "1×1": { conv: () => new nn.Conv2d(5, 3, 1), shape: [2, 5, 4, 4], kernels: direct },
  Winograd: { conv: () => new nn.Conv2d(32, 40, 3, { padding: 1 }), shape: [2, 32, 12, 13], kernels: winograd },
  "Winograd, wide padding": {
    conv: () => new nn.Conv2d(33, 32, 3, { padding: [0, 3] }),
    shape: [2, 33, 12, 14],
    kernels: winograd,
  },
  "batch norm, odd sizes": {
    conv: () => new nn.Conv2d(3, 5, 3, { padding: 1, bias: false }),
    norm: true,
    shape: [2, 3, 7, 9],
    kernels: ["conv2d_fused_f32", "conv2d_fused_backward_f32", "conv2d_fused_backward_f32"],
  },
  "batch norm, pooled before it where that saves": {
    conv: () => new nn.Conv2d(3, 14, 3, { padding: 1, bias: false }),
    norm: true,
    shape: [2, 3, 8, 6],
    kernels: ["conv2d_fused_f32", "conv2d_fused_backward_f32", "conv2d_fused_backward_f32"],
    first: ["conv2d_norm_train_f32", "conv2d_norm_train_backward_f32"],
  },
  "batch norm, Winograd": {
    conv: () => new nn.Conv2d(32, 40, 3, { padding: [1, 0], bias: false }),
    norm: true,
    shape: [2, 32, 12, 13],
    kernels: [...wide, "conv2d_winograd_backward_weight_f32", ...wide],
  },
  "batch norm, Winograd, wide padding": {
    conv: () => new nn.Conv2d(32, 33, 3, { padding: [0, 3], bias: false }),
    norm: true,
    shape: [2, 32, 12, 14],
    kernels: [...wide, "conv2d_fused_backward_f32", "conv2d_fused_backward_f32"],
  },
};

const layersOf = (conv: nn.Conv2d, norm = false): nn.Layer[] => [
  conv,
  ...(norm ? [new nn.BatchNorm2d(conv.outChannels, { eps: 0.01, momentum: 0.3 })] : []),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
];

type Leaf = "input" | "weight" | "bias";
const everything: readonly Leaf[] = ["input", "weight", "bias"];

/** The net of a case on a backend, with the same numbers on each; `wants` are the leaves with gradients. */
async function netOn(backend: Backend, { conv: make, norm, shape }: Case, wants: readonly Leaf[]) {
  manualSeed(5);
  const conv = make();
  const net = await new nn.Sequential(...layersOf(conv, norm)).to(backend);
  conv.weight.requiresGrad = wants.includes("weight");
  if (conv.bias) conv.bias.requiresGrad = wants.includes("bias");
  const input = randn(shape, { device: backend }).requiresGrad_(wants.includes("input"));
  const [, batchNorm] = net as unknown as Iterable<nn.Module>;
  const affine = batchNorm instanceof nn.BatchNorm2d ? [batchNorm.weight!, batchNorm.bias!] : [];
  for (const t of affine) {
    t.requiresGrad = wants.includes("bias");
    noGrad(() => t.add_(randn(t.shape, { device: backend }).mul(0.3)));
  }
  const leaves = [input, conv.weight, conv.bias, ...affine].filter((t): t is Tensor => t?.requiresGrad === true);
  const upstream = (y: Tensor) => randn(y.shape, { device: backend });
  return { net, conv, input, leaves, upstream };
}

async function kernelsOf(backend: Backend, body: () => unknown): Promise<string[]> {
  const names: string[] = [];
  const { run } = backend;
  backend.run = (kernel, ...rest) => {
    names.push(kernel);
    return run.call(backend, kernel, ...rest);
  };
  try {
    await body();
  } finally {
    backend.run = run;
  }
  return names;
}

async function near(actual: readonly Tensor[], expected: readonly Tensor[]): Promise<void> {
  expect(actual.length).toBe(expected.length);
  for (const [i, t] of expected.entries()) {
    const [values, wanted] = [Array.from(await actual[i]!.toArray()), Array.from(await t.toArray())];
    expect(actual[i]!.shape).toEqual(t.shape);
    const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const error = wanted.reduce((most, value, j) => Math.max(most, Math.abs(value - values[j]!)), 0);
    expect(largest).toBeGreaterThan(0);
    expect(error / largest).toBeLessThan(BOUND);
  }
}

const reference = createReference();

for (const [name, backend] of [
  ["native", native()],
  ["wasm", wasm()],
] as const) {
  const missing = typeof backend === "string";
  describe.skipIf(missing)(`${name}${missing ? ` (skipped: ${backend})` : ""}`, () => {
    const device = backend as Backend;

    it.each(Object.entries(cases))("%s: value and gradients", async (_name, which) => {
      for (const wants of [everything, ["input"], ["weight"], ["bias"]] as const) {
        const results = async (on: Backend) => {
          const { net, conv, input, leaves, upstream } = await netOn(on, which, wants);
          if (leaves.length === 0) return [];
          const y = net.forward(input);
          y.backward(upstream(y));
          expect(conv.bias?.grad === null).toBe(conv.bias !== null && !wants.includes("bias" as never));
          return [y, ...leaves.map((leaf) => leaf.grad!), ...[...net.namedBuffers()].map(([, buffer]) => buffer)];
        };
        await near(await results(device), await results(reference));
      }
    });

    it.each(Object.entries(cases))("%s: second derivatives", async (_name, which) => {
      const results = async (on: Backend) => {
        const { net, input, leaves, upstream } = await netOn(on, which, everything);
        const y = net.forward(input);
        const gradOutputs = upstream(y).requiresGrad_();
        const slopes = grad([y], leaves, { gradOutputs, createGraph: true });
        slopes
          .map((slope) => slope!.mul(slope!).sum())
          .reduce((a, b) => a.add(b))
          .backward();
        return [
          input.grad!,
          leaves[1]!.grad!,
          gradOutputs.grad!,
          ...leaves.slice(-2, -1).map((leaf) => leaf.grad!),
        ].slice(0, which.norm ? 4 : 3);
      };
      await near(await results(device), await results(reference));
    });

    it("second derivatives of a first layer, whose batch norm has positive, negative and no factors", async () => {
      const which = cases["batch norm, pooled before it where that saves"]!;
      const results = async (on: Backend) => {
        const { net, input, leaves, upstream } = await netOn(on, which, ["weight", "bias"]);
        const gamma = (net.at(1) as nn.BatchNorm2d).weight!;
        noGrad(() => gamma.write(Float32Array.from({ length: 14 }, (_, i) => ((i % 3) - 1) * (1 + i / 14))));
        const y = net.forward(input);
        const gradOutputs = upstream(y).requiresGrad_();
        const slopes = grad([y], leaves, { gradOutputs, createGraph: true });
        slopes
          .map((slope) => slope!.mul(slope!).sum())
          .reduce((a, b) => a.add(b))
          .backward();
        return [y, slopes[0]!, ...slopes.slice(-2), leaves[0]!.grad!, gradOutputs.grad!, gamma.grad!] as Tensor[];
      };
      await near(await results(device), await results(reference));
    });

    it.each(Object.entries(cases))("%s: as one, with gradients and without", async (_name, which) => {
      const { net, input, upstream } = await netOn(device, which, everything);
      const all = await kernelsOf(device, () => {
        const y = net.forward(input);
        y.backward(upstream(y));
      });
      expect(all.filter((kernel) => kernel.startsWith("conv2d"))).toEqual(which.kernels);
      expect(all.filter((kernel) => /pool|relu|channel_sum/.test(kernel))).toEqual([]);
      const { kernels, first = kernels } = which;
      const forward = await kernelsOf(device, () => noGrad(() => net.forward(input)));
      const own = forward.filter((kernel) => kernel.startsWith("conv2d"));
      expect(own).toEqual(first.slice(0, own.length));
      expect(forward.filter((kernel) => /pool|relu/.test(kernel))).toEqual([]);
      if (first === kernels) return;
      input.requiresGrad = false;
      const alone = await kernelsOf(device, () => {
        const y = net.forward(input);
        y.backward(upstream(y));
      });
      expect(alone.filter((kernel) => kernel.startsWith("conv2d"))).toEqual(first);
    });

    it("NaN wins, equal values go to the first, and nothing passes where all are 0 or less", async () => {
      const values = [2, 2, -1, -2, 2, 2, -3, -4, Number.NaN, 1, 0, -0, 5, 1, -1, 0];
      const conv = new nn.Conv2d(1, 1, [1, 2], { bias: false });
      const net = await new nn.Sequential(conv, new nn.ReLU(), new nn.MaxPool2d(2)).to(device);
      noGrad(() => conv.weight.write(Float32Array.of(1, 0)));
      const x = tensor(
        Float32Array.from({ length: 20 }, (_, i) => (i % 5 === 4 ? 0 : values[Math.floor(i / 5) * 4 + (i % 5)]!)),
        { shape: [1, 1, 4, 5], device },
      );
      const y = net.forward(x.requiresGrad_());
      expect(await y.tolist()).toEqual([
        [
          [
            [2, 0],
            [Number.NaN, 0],
          ],
        ],
      ]);
      y.backward(
        tensor(
          [
            [
              [
                [1, 2],
                [3, 4],
              ],
            ],
          ],
          { device },
        ),
      );
      expect(await x.grad!.tolist()).toEqual([
        [
          [
            [1, 0, 0, 0, 0],
            [0, 0, 0, 0, 0],
            [3, 0, 0, 0, 0],
            [0, 0, 0, 0, 0],
          ],
        ],
      ]);
    });

    it("the parts run where somebody could notice, or no kernel fits", async () => {
      class Own extends nn.Conv2d {}
      const parts: Record<string, () => { layers: nn.Layer[]; shape?: number[] }> = {
        "a hook": () => {
          const layers = layersOf(new nn.Conv2d(2, 2, 3));
          layers[1]!.registerForwardHook(() => undefined);
          return { layers };
        },
        "another forward": () => {
          const conv = new nn.Conv2d(2, 2, 3);
          const { forward } = conv;
          Object.assign(conv, { forward: (input: Tensor) => forward(input) });
          return { layers: layersOf(conv) };
        },
        "a class of one's own": () => ({ layers: layersOf(new Own(2, 2, 3)) }),
        groups: () => ({ layers: layersOf(new nn.Conv2d(2, 2, 3, { groups: 2 })) }),
        "padding that mirrors": () => ({
          layers: layersOf(new nn.Conv2d(2, 2, 3, { padding: 1, paddingMode: "reflect" })),
        }),
        "a larger window": () => ({ layers: [new nn.Conv2d(2, 2, 3), new nn.ReLU(), new nn.MaxPool2d(3)] }),
        "pictures whose gradients are quicker by Winograd's algorithm": () => ({
          layers: layersOf(new nn.Conv2d(32, 32, 3)),
          shape: [1, 32, 170, 170],
        }),
        "batch norm that does not learn": () => {
          const layers = layersOf(new nn.Conv2d(2, 2, 3), true);
          layers[1]!.eval();
          return { layers };
        },
        "batch norm over all batches": () => ({
          layers: [
            new nn.Conv2d(2, 2, 3),
            new nn.BatchNorm2d(2, { momentum: null }),
            new nn.ReLU(),
            new nn.MaxPool2d(2),
          ],
        }),
        "one picture": () => ({ layers: layersOf(new nn.Conv2d(2, 2, 3)), shape: [2, 6, 6] }),
        "an empty batch": () => ({ layers: layersOf(new nn.Conv2d(2, 2, 3)), shape: [0, 2, 6, 6] }),
      };
      for (const [why, make] of Object.entries(parts)) {
        const { layers, shape = [2, 2, 6, 6] } = make();
        const net = await new nn.Sequential(...layers).to(device);
        const names = await kernelsOf(device, () => net.forward(randn(shape, { device })));
        expect(
          names.some((kernel) => kernel.startsWith("conv2d_fused")),
          why,
        ).toBe(false);
      }
      const net = await new nn.Sequential(...layersOf(new nn.Conv2d(2, 2, 3))).to(device);
      const traced: string[] = [];
      traceOps(
        ({ name: op }) => traced.push(op),
        () => net.forward(randn([1, 2, 6, 6], { device })),
      );
      expect(traced).toEqual(["conv2d", "relu", "maxPool2d"]);
    });

    it.each([false, true])("captured without joining (batch norm: %s): eager mode's bits", async (norm) => {
      const run = async (captured: boolean) => {
        manualSeed(2);
        const layers = [...layersOf(new nn.Conv2d(3, 4, 3), norm), ...layersOf(new nn.Conv2d(4, 6, 3), norm)];
        const net = await new nn.Sequential(...layers).to(device);
        const optimizer = new optim.SGD(net.parameters(), { lr: 0.1 });
        const eager = (x: Tensor) => {
          optimizer.zeroGrad();
          const loss = net.forward(x).pow(2).mean();
          loss.backward();
          optimizer.step();
          return loss;
        };
        const step = captured ? capture(eager, { fuse: false }) : eager;
        const values: unknown[] = [];
        for (let i = 0; i < 5; i++) values.push(await step(randn([3, 3, 12, 12], { device })).item());
        if ("replays" in step) expect(step.replays).toBeGreaterThan(2);
        for (const t of net.stateDict().values()) values.push(await t.toArray());
        return values;
      };
      expect(await run(true)).toEqual(await run(false));
    });

    it("errors are those of the parts, and name the layer", async () => {
      const net = await new nn.Sequential(...layersOf(new nn.Conv2d(3, 4, 3))).to(device);
      const run = (...shape: number[]) => net.forward(randn(shape, { device }));
      expect(() => run(1, 2, 8, 8)).toThrow(/^conv2d: input has 2 channels, weight wants 3[\s\S]*in: 0$/);
      expect(() => run(1, 3, 3, 3)).toThrow(/^maxPool2d: the window of 2 × 2 [\s\S]*in: 2$/);
      const integers = tensor(
        [
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ],
        { dtype: "int32", device },
      );
      expect(() => net.forward(integers)).toThrow(/^conv2d: input has 1 channels[\s\S]*in: 0$/);
      expect(() => net.forward(randn([1, 3, 6, 6], { device: reference }))).toThrow(/different devices[\s\S]*in: 0$/);
      const y = run(1, 3, 6, 6);
      noGrad(() => (net.at(0) as unknown as nn.Conv2d).weight.mul_(2));
      expect(() => y.sum().backward()).toThrow(
        /weight \[4, 3, 3, 3\], which conv2d needs for its gradient, was changed/,
      );
    });
  });
}
