/** @file Every backward kernel against central differences of its forward, in doubles, over the forward's samples. */
import { describe, expect, it } from "vitest";
import { normals, uniforms } from "../../testing/kernel-samples/values.ts";
import { kernelSamples, sampleCalls } from "../../testing/kernel-samples.ts";
import { contract, type KernelName, kernelNames, parseOperand } from "../contract.ts";
import { compute } from "./compute.ts";

type AnyParams = Readonly<Record<string, number | readonly number[]>>;

interface Rule {
  readonly forward: KernelName;
  /** The backward's operands that are not called as in the forward: what they are there. */
  readonly names?: Readonly<Record<string, string | null>>;
  readonly params?: (forward: AnyParams) => AnyParams;
  /** Samples that the backward has no form for. */
  readonly except?: RegExp;
}

const ofInput = (forward: KernelName): Rule => ({ forward, names: { saved: "input" } });
const ofOutput = (forward: KernelName): Rule => ({ forward, names: { saved: "output" } });
const product = (...factors: readonly unknown[]) => (factors as number[]).reduce((a, b) => a * b, 1);
const poolSizes = (p: AnyParams) => ({
  planes: p.planes!,
  inSize: product(p.inHeight, p.inWidth),
  outSize: product(p.outHeight, p.outWidth),
});

/** An operand gradX is the gradient of the forward's x, unless `names` says otherwise. */
const rules: readonly (readonly [KernelName, Rule])[] = [
  ["relu_backward_f32", ofOutput("relu_f32")],
  ["leaky_relu_backward_f32", ofInput("leaky_relu_f32")],
  ["sigmoid_backward_f32", ofOutput("sigmoid_f32")],
  ["tanh_backward_f32", ofOutput("tanh_f32")],
  ["gelu_backward_f32", ofInput("gelu_f32")],
  ["gelu_tanh_backward_f32", ofInput("gelu_tanh_f32")],
  ["silu_backward_f32", ofInput("silu_f32")],
  ["clamp_backward_f32", ofInput("clamp_f32")],
  ["softmax_backward_f32", { forward: "softmax_f32" }],
  ["log_softmax_backward_f32", { forward: "log_softmax_f32" }],
  ["linear_backward_input_f32", { forward: "linear_f32" }],
  ["linear_backward_weight_f32", { forward: "linear_f32" }],
  ["conv2d_backward_input_f32", { forward: "conv2d_f32", names: { bias: null } }],
  ["conv2d_backward_weight_f32", { forward: "conv2d_f32" }],
  [
    "channel_sum_f32",
    {
      forward: "conv2d_f32",
      names: { input: "gradOutput", output: "bias" },
      params: (p) => ({
        batch: p.batch!,
        channels: p.outChannels!,
        spatial: product(p.outHeight, p.outWidth),
      }),
    },
  ],
  ["pad2d_backward_f32", { forward: "pad2d_f32" }],
  ["max_pool2d_backward_f32", { forward: "max_pool2d_f32", params: poolSizes }],
  ["max_pool2d_backward_f32", { forward: "adaptive_max_pool2d_f32", params: poolSizes }],
  ["avg_pool2d_backward_f32", { forward: "avg_pool2d_f32" }],
  ["adaptive_avg_pool2d_backward_f32", { forward: "adaptive_avg_pool2d_f32" }],
  ["batch_norm_train_backward_f32", { forward: "batch_norm_train_f32" }],
  ["batch_norm_eval_backward_f32", { forward: "batch_norm_eval_f32" }],
  [
    "conv2d_fused_backward_f32",
    {
      forward: "conv2d_fused_f32",
      except: /scale|packed/,
      params: (p) => ({ ...p, gradBorder: p.outBorder!, gradInBorder: p.inBorder!, addendBorder: 0 }),
    },
  ],
  [
    "conv2d_winograd_backward_weight_f32",
    {
      forward: "conv2d_fused_f32",
      except: /^(?!(residual and ReLU|plain, no border given|one pixel)$)/,
      params: (p) => ({ ...p, gradBorder: p.outBorder!, tile: 4 }),
    },
  ],
  [
    "conv2d_winograd_backward_weight_f32",
    {
      forward: "conv2d_fused_f32",
      except: /^(?!stride 2, few)/,
      params: (p) => ({ ...p, gradBorder: p.outBorder!, tile: 2 }),
    },
  ],
  [
    "batch_norm_fused_train_backward_f32",
    {
      forward: "batch_norm_fused_train_f32",
      params: (p) => ({ ...p, gradBorder: p.outBorder!, gradInBorder: p.inBorder! }),
    },
  ],
  [
    "conv2d_norm_train_backward_f32",
    {
      forward: "conv2d_norm_train_f32",
      // Its gradient is 0, and differences of what does not change are nothing but rounding.
      names: { gradBias: "nothing" },
      except: /^(?!.*pool first)/,
      params: (p) => ({ ...p, gradBorder: p.outBorder! }),
    },
  ],
  ["max_pool2d_nhwc_backward_f32", { forward: "max_pool2d_nhwc_f32" }],
  ["avg_pool2d_nhwc_backward_f32", { forward: "avg_pool2d_nhwc_f32" }],
  ["nll_loss_backward_f32", { forward: "nll_loss_f32", names: { gradInput: "logProb" } }],
  [
    "add_strided_f32",
    {
      forward: "copy_strided_f32",
      names: { input: "gradOutput", output: "input" },
      params: (p) => ({ ...p, stridesA: p.stridesB!, stridesB: p.stridesA! }),
    },
  ],
];

/** Differences mean nothing at kinks, infinities and NaN; these kinds keep away from them. */
const smooth = new Set<unknown>(["normal", "positive", "unit", "negative", "small", "large", "offset"]);
const isSmooth = (kind: unknown): boolean => {
  if (typeof kind === "string") return smooth.has(kind);
  if (typeof kind === "object" && kind !== null && "kind" in kind) return isSmooth(kind.kind);
  return !Array.isArray(kind);
};
const most = 5_000;

const reads = (kernel: KernelName) => contract[kernel].reads.map((text) => parseOperand(text).name);
const writes = (kernel: KernelName) => contract[kernel].writes.map((text) => parseOperand(text).name);
/** gradInput → input */
const ungrad = (name: string) => name.charAt(4).toLowerCase() + name.slice(5);

/** Σ upstream·output with input `which` moved by `step` along `direction`. */
function lossAt(
  forward: KernelName,
  params: never,
  inputs: readonly (ArrayLike<number> | null)[],
  upstream: Float64Array,
  which: number,
  direction: Float64Array,
  step: number,
): number {
  const moved = inputs.map((data, i) =>
    i === which ? Float64Array.from(data!, (x, k) => x + step * direction[k]!) : data,
  );
  const output = compute(forward, params, moved).output!;
  return upstream.reduce((sum, g, i) => sum + g * output[i]!, 0);
}

describe.each(rules)("%s is the gradient", (backward, { forward, names = {}, params = (p) => p, except }) => {
  const calls = [...sampleCalls(forward)].filter((call, i) => {
    const kinds = Object.values(kernelSamples[forward][i]!.values ?? {});
    const size = Math.max(...call.reads.map((data) => data?.length ?? 0));
    if (except?.test(call.name)) return false;
    return kinds.every(isSmooth) && size > 0 && size <= most && call.writeSizes[0]! > 0;
  });

  it.each(calls.map((call) => [call.name, call] as const))(`of ${forward}: %s`, (_name, call) => {
    const normal = normals(uniforms(call.reads[0]!.length));
    const random = (length: number) => Float64Array.from({ length }, normal);
    const forwardParams = call.params as never;
    const outputs = compute(forward, forwardParams, call.reads);
    const upstream = random(outputs.output!.length);

    const operand = (name: string): ArrayLike<number> | null => {
      const known = name in names ? names[name]! : name;
      if (known === null) return null;
      if (known === "gradOutput") return upstream;
      return outputs[known] ?? call.reads[reads(forward).indexOf(known)] ?? null;
    };
    const backwardParams = params(call.params as unknown as AnyParams) as never;
    const gradients = compute(backward, backwardParams, reads(backward).map(operand));

    for (const name of writes(backward)) {
      const which = reads(forward).indexOf(names[name] ?? ungrad(name));
      const input = call.reads[which];
      if (!input) continue; // the sample leaves this operand out
      const gradient = gradients[name]!;
      expect(gradient).toHaveLength(input.length);
      const direction = random(input.length);
      const step = 1e-5;
      const along = (s: number) => lossAt(forward, forwardParams, call.reads, upstream, which, direction, s);
      const difference = (along(step) - along(-step)) / (2 * step);
      const terms = gradient.map((g, i) => g * direction[i]!) as Float64Array;
      const scale = terms.reduce((sum, t) => sum + Math.abs(t), 0);
      const error = Math.abs(terms.reduce((sum, t) => sum + t, 0) - difference);
      expect(error, `${name}: error of ${error} in ${scale}`).toBeLessThanOrEqual(1e-7 * scale + 1e-12);
    }
  });

  it("has samples to be checked by", () => expect(calls.length).toBeGreaterThan(1));
});

it("no backward kernel is left out", () => {
  const checked = rules.map(([kernel]) => kernel);
  expect(kernelNames.filter((name) => name.includes("backward") && !checked.includes(name))).toEqual([]);
});
