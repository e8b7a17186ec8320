/**
 * @file Convolution, batch norm in training, ReLU and a max-pool of 2×2 as one operation: what lies between is NHWC, and of it
 * only the convolution's result is written, in a first layer only the quarter that wins its window.
 */
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { release, Tensor } from "../autograd/tensor.ts";
import { numel, type Shape } from "../base/shape.ts";
import { batchNormTrainOp } from "./batch-norm.ts";
import {
  type ConvInputs,
  convolve,
  type JoinedGeometry,
  joinedGeometry,
  joinedParams,
  positions,
} from "./conv-pool.ts";
import { type Conv2dOptions, conv2dOp } from "./conv2d.ts";
import { spreadOp } from "./max-pool2d.ts";

/** What the batch norm brings; its statistics are told, the variance that divides by n − 1. */
export interface TrainedNorm {
  readonly gamma?: Tensor;
  readonly beta?: Tensor;
  readonly eps: number;
  onStatistics(mean: Tensor, variance: Tensor): void;
}

type Inputs = ConvInputs & { gamma?: Tensor; beta?: Tensor };
type Geometry = JoinedGeometry &
  Pick<TrainedNorm, "eps" | "onStatistics"> & {
    /** The pool comes before the batch norm: the largest there is the largest behind it, or with a negative factor the least. */
    readonly poolsFirst: boolean;
  };
type Kept = { raw: Tensor; mean: Tensor; invStd: Tensor; index: Tensor };

/** The convolution by itself, its result NHWC. */
const bareParams = (input: Shape, weight: Shape, g: Geometry) =>
  Object.assign(joinedParams(input, weight, g), { outLayout: 1, relu: 0, poolHeight: 1, poolWidth: 1 });

function normParams({ output, eps }: Geometry) {
  const [batch, channels, height, width] = output as [number, number, number, number];
  return {
    batch,
    channels,
    height,
    width,
    eps,
    relu: 1,
    poolHeight: 2,
    poolWidth: 2,
    inBorder: 0,
    outLayout: 0,
    outBorder: 0,
    residualBorder: 0,
    gradBorder: 0,
    gradInBorder: 0,
  };
}

const convNormPoolOp: Op<Inputs, Geometry> = defineOp<Inputs, Geometry, Kept>({
  name: "conv2d",
  shape: (_inputs, { output }) => output.map((size, axis) => (axis > 1 ? size >> 1 : size)),
  saves: ["input", "weight", "gamma"],
  forward({ input, weight, bias, gamma, beta }, g, out) {
    const { backend } = out;
    const [n, channels, height, width] = out.shape as [number, number, number, number];
    const perChannel = () => Tensor.empty(backend, [channels]);
    const [mean, invStd, variance] = [perChannel(), perChannel(), perChannel()];
    const raw = Tensor.empty(backend, g.poolsFirst ? out.shape : g.output);
    const index = Tensor.empty(backend, [n, height, width, channels], "uint8");
    if (g.poolsFirst)
      run(
        "conv2d_norm_train_f32",
        Object.assign(joinedParams(input.shape, weight.shape, g), { rawPooled: 1, eps: g.eps }),
        [input, weight, bias, gamma, beta, null],
        [out, raw, mean, invStd, variance, index],
      );
    else {
      convolve(bareParams(input.shape, weight.shape, g), g.winograd, [input, weight, bias], [raw]);
      run("batch_norm_fused_train_f32", normParams(g), [raw, gamma, beta, null], [out, mean, invStd, variance, index]);
    }
    g.onStatistics(mean, variance);
    release(variance);
    return { raw, mean, invStd, index };
  },
  ownsExtra: true,
  backward(gradOutput, { input, weight, gamma, raw, mean, invStd, index }, g, { needs, shapes }) {
    const { backend } = gradOutput;
    const make = (shape: Shape) => Tensor.empty(backend, shape);
    const fresh = (key: keyof Inputs) => (needs[key] ? make(shapes[key]!) : undefined);
    const channels = [g.output[1]!];
    const grads = { input: fresh("input"), weight: fresh("weight"), bias: fresh("bias") };
    const norm = { gamma: make(channels), beta: make(channels) };
    if (g.poolsFirst) {
      // Nobody wants the input's. The kernel makes the weight's in any case.
      grads.weight ??= make(shapes.weight);
      run(
        "conv2d_norm_train_backward_f32",
        joinedParams(shapes.input, shapes.weight, g),
        [gradOutput, index, raw, input, weight, gamma, mean, invStd],
        [grads.weight, norm.gamma, norm.beta, grads.bias],
      );
      return { ...grads, ...norm };
    }
    const gradient = make(g.output);
    run(
      "batch_norm_fused_train_backward_f32",
      normParams(g),
      [gradOutput, index, null, raw, gamma, mean, invStd],
      [gradient, norm.gamma, norm.beta, null],
    );
    const p = bareParams(shapes.input, shapes.weight, g);
    const byTiles = g.winograd > 0 && Math.max(...g.before) <= 2;
    if (byTiles && grads.weight)
      run("conv2d_winograd_backward_weight_f32", p, [gradient, null, input], [grads.weight, grads.bias]);
    else if (grads.weight || grads.bias)
      run(
        "conv2d_fused_backward_f32",
        p,
        [gradient, null, null, grads.weight ? input : null, null, null],
        [null, grads.weight, grads.bias],
      );
    if (grads.input && !byTiles)
      run("conv2d_fused_backward_f32", p, [gradient, null, null, null, weight, null], [grads.input, null, null]);
    else if (grads.input)
      // A convolution of the gradient, with the filters turned and the channels' roles exchanged.
      convolve(
        Object.assign({}, p, {
          inChannels: p.outChannels,
          inHeight: p.outHeight,
          inWidth: p.outWidth,
          inLayout: 1,
          outChannels: p.inChannels,
          outHeight: p.inHeight,
          outWidth: p.inWidth,
          outLayout: 0,
          padTop: 2 - p.padTop,
          padLeft: 2 - p.padLeft,
        }),
        g.winograd,
        [gradient, weight],
        [grads.input],
        1,
      );
    release(gradient);
    return { ...grads, ...norm };
  },
  // Batch norm takes a bias before it out again: the convolution is made anew without.
  differentiable(gradOutput, { input, weight, gamma, output, index }, g, { needs, shapes }) {
    const spread = spreadOp({ gradOutput, indices: positions(index, g.output[3]!) }, { shape: g.output });
    const of = { input: g.output, weight: shapes.gamma, bias: shapes.beta };
    const all = { input: true, weight: true, bias: true };
    const made = conv2dOp({ input, weight }, g);
    const second = batchNormTrainOp.definition.differentiable as NonNullable<
      typeof batchNormTrainOp.definition.backward
    >;
    const norm = second(spread, { input: made, weight: gamma, output }, g, { needs: all, shapes: of });
    const conv = conv2dOp.definition.backward!(norm.input!, { input, weight, output }, g, { needs, shapes });
    return { ...conv, gamma: norm.weight, beta: norm.bias };
  },
});

/**
 * maxPool2d(relu(batchNorm(conv2d(inputs, options))), 2) with the batch's statistics; undefined as convPool(). @internal
 */
export function convNormPool(inputs: ConvInputs, options: Conv2dOptions, norm: TrainedNorm): Tensor | undefined {
  const { gamma, beta, eps, onStatistics } = norm;
  try {
    const g = joinedGeometry(inputs, options);
    if (!g) return undefined;
    const { input, weight } = inputs;
    const [out = 0, ...filter] = weight.shape;
    const poolsFirst =
      g.winograd === 0 &&
      !(input.requiresGrad && isGradEnabled()) &&
      [g.output[2]!, g.output[3]!].every((size) => size % 2 === 0) &&
      g.dilation[1] === 1 &&
      // Else the products of what a filter meets cost more than those that they save.
      numel(filter) <= 2 * out;
    return convNormPoolOp({ ...inputs, gamma, beta }, { ...g, eps, onStatistics, poolsFirst });
  } catch {
    return undefined;
  }
}
