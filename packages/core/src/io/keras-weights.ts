/** @file Keras' arrays as PyTorch has them: other names, and axes in another order. */
import type { TfjsTensor } from "./tfjs-weights.ts";

const names: Readonly<Record<string, string>> = {
  kernel: "weight",
  depthwise_kernel: "weight",
  gamma: "weight",
  beta: "bias",
  bias: "bias",
  moving_mean: "running_mean",
  moving_variance: "running_var",
};

/** The same values with axis i of the result being axis `order[i]` of the input. */
export function permuted({ shape, data }: TfjsTensor, order: readonly number[]): TfjsTensor {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const to = order.map((axis) => shape[axis]!);
  const out = new (data.constructor as Float32ArrayConstructor)(data.length);
  const index = new Array<number>(order.length).fill(0);
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from]!;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      from += strides[order[axis]!]!;
      if (++index[axis]! < to[axis]!) break;
      from -= to[axis]! * strides[order[axis]!]!;
      index[axis] = 0;
    }
  }
  return { shape: to, data: out };
}

/** A kernel as PyTorch's weight: convolution HWIO → OIHW, depthwise HWCM → (C·M)1HW, dense (in, out) → (out, in). */
function weightOf(kind: string, tensor: TfjsTensor): TfjsTensor {
  const { shape } = tensor;
  if (kind === "depthwise_kernel" && shape.length === 4) {
    const [h, w, channels, multiplier] = shape as [number, number, number, number];
    return { shape: [channels * multiplier, 1, h, w], data: permuted(tensor, [2, 3, 0, 1]).data };
  }
  if (kind !== "kernel") return tensor;
  return shape.length === 4 ? permuted(tensor, [3, 2, 0, 1]) : shape.length === 2 ? permuted(tensor, [1, 0]) : tensor;
}

/**
 * Weights by PyTorch's names, "conv1/kernel" as "conv1.weight", and with PyTorch's axes: for networks written with
 * Keras' layer names, such as `MobileNetV1`.
 *
 * Shape    kernels (H, W, I, O) → (O, I, H, W), depthwise ones (H, W, C, M) → (C · M, 1, H, W), dense ones (I, O) → (O,
 *          I); everything else as it is.
 * Names    kernel, depthwise_kernel and gamma: weight; beta: bias; moving_mean: running_mean; moving_variance:
 *          running_var.
 *
 * @example
 * const kernel = { shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
 * kerasStateDict(new Map([["fc/kernel", kernel]])).get("fc.weight"); // { "shape": [2, 3], "data": [1, 3, 5, 2, 4, 6] }
 */
export function kerasStateDict(tensors: ReadonlyMap<string, TfjsTensor>): Map<string, TfjsTensor> {
  const state = new Map<string, TfjsTensor>();
  for (const [name, tensor] of tensors) {
    const parts = name.split("/");
    const kind = parts.pop()!;
    state.set([...parts, names[kind] ?? kind].join("."), weightOf(kind, tensor));
  }
  return state;
}
