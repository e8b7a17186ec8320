/**
 * @file Convolution, ReLU and a max-pool of 2×2 as one operation: what lies between is never written, and the gradients
 * leave out the products with what did not win its window.
 */
import { tensor } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { makeContiguous, release, Tensor } from "../autograd/tensor.ts";
import type { Shape } from "../base/shape.ts";
import { WINOGRAD_CHANNELS, WINOGRAD_PIXELS } from "../kernels/contract.ts";
import { type Conv2dOptions, type ConvGeometry, conv2dOp, convGeometry, convParams } from "./conv2d.ts";
import { spreadOp } from "./max-pool2d.ts";
import { permute } from "./view.ts";

export type ConvInputs = { input: Tensor; weight: Tensor; bias?: Tensor };
export type JoinedGeometry = ConvGeometry & {
  /** Before the pool. */
  readonly output: Shape;
  /** Outputs side by side in the weight for Winograd's algorithm, in tiles of 2×2 as a convolution takes by itself; 0: not so. */
  readonly winograd: number;
};

/** NCHW on both sides, no borders; what follows the convolution; and tiles of 2×2 for Winograd's algorithm. */
const always = {
  inLayout: 0,
  inBorder: 0,
  outLayout: 0,
  outBorder: 0,
  gradBorder: 0,
  gradInBorder: 0,
  residualBorder: 0,
  maskBorder: 0,
  addendBorder: 0,
  relu: 1,
  poolHeight: 2,
  poolWidth: 2,
  panel: 0,
  tile: 2,
  stride: 1,
  backward: 0,
};
/** Assigned, not spread: that takes tens of microseconds. */
export const joinedParams = (input: Shape, weight: Shape, g: JoinedGeometry) =>
  Object.assign(convParams(input, weight, g.output, g), always);

/** Where in planes of this width the winners stand, as max-pooling has it; −1 where ReLU let none pass. */
export function positions(index: Tensor, width: number): Tensor {
  const { backend, memory, numel: count, shape } = makeContiguous(permute(index, [0, 3, 1, 2]));
  const [rows, columns] = shape.slice(2) as [number, number];
  const at = (winner: number, i: number) =>
    winner > 3 ? -1 : (2 * (Math.floor(i / columns) % rows) + (winner >> 1)) * width + 2 * (i % columns) + (winner & 1);
  return tensor(Int32Array.from(backend.readSync!(memory, count), at), { shape, device: backend });
}

/** The convolution with what follows. @param panel outputs side by side for Winograd's algorithm, 0 without. */
export function convolve(
  p: ReturnType<typeof joinedParams>,
  panel: number,
  [input, weight, bias]: readonly [Tensor, Tensor, Tensor?],
  writes: readonly [Tensor, Tensor?],
  transposed: 0 | 1 = 0,
): void {
  if (panel === 0) {
    run("conv2d_fused_f32", p, [input, weight, null, bias, null], [writes[0], writes[1]]);
    return;
  }
  const how = Object.assign(p, { transposed, panel });
  const packed = Tensor.empty(input.backend, [16, p.outChannels + panel, p.inChannels]);
  run("conv2d_winograd_pack_f32", how, [weight, null], [packed]);
  run("conv2d_winograd_f32", how, [input, packed, bias, null, null], [writes[0], writes[1]]);
  release(packed);
}

const convPoolOp: Op<ConvInputs, JoinedGeometry> = defineOp<ConvInputs, JoinedGeometry, { index?: Tensor }>({
  name: "conv2d",
  shape: (_inputs, { output }) => output.map((size, axis) => (axis > 1 ? size >> 1 : size)),
  saves: ["input", "weight"],
  forward({ input, weight, bias }, g, out) {
    const { backend, shape } = out;
    const [n, channels, height, width] = shape as [number, number, number, number];
    const p = joinedParams(input.shape, weight.shape, g);
    // Which value of each window won, where a gradient may ask.
    const index = isGradEnabled() ? Tensor.empty(backend, [n, height, width, channels], "uint8") : undefined;
    convolve(p, g.winograd, [input, weight, bias], [out, index]);
    return { index };
  },
  ownsExtra: true,
  backward(gradOutput, { input, weight, index }, g, { needs, shapes }) {
    const fresh = (key: keyof ConvInputs) => (needs[key] ? Tensor.empty(gradOutput.backend, shapes[key]!) : undefined);
    const grads = { input: fresh("input"), weight: fresh("weight"), bias: fresh("bias") };
    run(
      "conv2d_fused_backward_f32",
      joinedParams(shapes.input, shapes.weight, g),
      [gradOutput, index, null, needs.weight ? input : null, needs.input ? weight : null, null],
      [grads.input, grads.weight, grads.bias],
    );
    return grads;
  },
  differentiable(gradOutput, { input, weight, index, output }, g, context) {
    const spread = spreadOp({ gradOutput, indices: positions(index!, g.output[3]!) }, { shape: g.output });
    return conv2dOp.definition.backward!(spread, { input, weight, output }, g, context);
  },
});

/**
 * How a convolution joins with what follows; undefined on a backend without the kernels, on the reference, which judges, for
 * groups, which have kernels of their own, and for less than a window. Throws what conv2d throws. @internal
 */
export function joinedGeometry(inputs: ConvInputs, options: Conv2dOptions): JoinedGeometry | undefined {
  const { input, weight } = inputs;
  const { lanes = 0, name, readSync } = input.backend;
  if (name === "reference" || !readSync || !input.backend.supports("conv2d_winograd_f32")) return undefined;
  const [out = 0, channels = 0, ...kernel] = weight.shape;
  const g = convGeometry(options, kernel as [number, number]);
  const output = conv2dOp.definition.shape(inputs, g);
  const [n = 0, , height = 0, width = 0] = output;
  const isWinograd =
    kernel.every((size) => size === 3) &&
    [...g.stride, ...g.dilation].every((step) => step === 1) &&
    Math.min(channels, out) >= WINOGRAD_CHANNELS &&
    n * height * width >= WINOGRAD_PIXELS;
  if (g.groups > 1 || input.numel === 0 || Math.min(height, width) < 2) return undefined;
  return { ...g, output, winograd: isWinograd ? 2 * lanes : 0 };
}

/**
 * maxPool2d(relu(conv2d(inputs, options)), 2). undefined where the parts are to run: see joinedGeometry(), and for whatever the
 * parts refuse, as their errors say where. @internal
 */
export function convPool(inputs: ConvInputs, options: Conv2dOptions): Tensor | undefined {
  try {
    const g = joinedGeometry(inputs, options);
    if (!g) return undefined;
    // The gradients of large pictures by Winograd's algorithm are quicker than without zeros.
    const [, channels = 0, height = 0, width = 0] = g.output;
    const { lanes = 0 } = inputs.input.backend;
    if (g.winograd && isGradEnabled() && height * width * (4 * lanes + 1.125 * channels) > 1e6) return undefined;
    return convPoolOp(inputs, g);
  } catch {
    return undefined;
  }
}
