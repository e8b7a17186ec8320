/** @file Normalisation: by the batch, by layers, groups and maps, and by neighbouring channels. */
import {
  abs,
  avgPool2d,
  batchNorm,
  div,
  groupNorm,
  instanceNorm,
  layerNorm,
  mean,
  mul,
  pad,
  pow,
  sqrt,
  sub,
  type Tensor,
} from "@drishti/core";
import type { OnnxNode } from "../attributes.ts";
import { numel } from "../value.ts";
import {
  axesOf,
  axisOf,
  type Context,
  computed,
  type Inputs,
  need,
  type Operator,
  type Operators,
  result,
  together,
  unary,
} from "./operator.ts";

const batchNormalization: Operator = {
  refuse: (node) =>
    node.opset < 9 && node.int("spatial", 1) === 0 ? "normalises each pixel by itself (spatial 0)" : undefined,
  run(node, inputs, context) {
    const values = [0, 1, 2, 3, 4].map((i) => need(node, inputs, i));
    const { tensors } = together(values, context);
    const [x, weight, bias, runningMean, runningVar] = tensors as [Tensor, Tensor, Tensor, Tensor, Tensor];
    const eps = node.float("epsilon", 1e-5);
    const momentum = node.float("momentum", 0.9);
    const type = values[0]!.type;
    const asks = node.opset >= 14 && node.flag("training_mode");
    if (!asks || !node.outputs[1]) {
      // Where the file leaves it to us, the model's mode decides. torch's momentum is the new value's share.
      // One that is held fast keeps to its statistics: batches would move what was frozen.
      const learns = weight.requiresGrad || bias.requiresGrad;
      const training = asks || (context.training && learns && x.numel > x.shape[1]!);
      const out = batchNorm(x, runningMean, runningVar, { weight, bias, eps, training, momentum: 1 - momentum });
      return [result(out, type)];
    }
    const axes = x.shape.map((_, i) => i).filter((i) => i !== 1);
    const average = mean(x, axes);
    const along = [1, x.shape[1]!, ...new Array<number>(x.ndim - 2).fill(1)];
    const spread = mean(pow(sub(x, average.reshape(along)), 2), axes);
    const out = batchNorm(x, average, spread, { weight, bias, eps });
    const blend = (before: Tensor, now: Tensor) => before.mul(momentum).add(now.mul(1 - momentum));
    return [result(out, type), result(blend(runningMean, average), type), result(blend(runningVar, spread), type)];
  },
};

/** Scale and shift of float operands; the second may be left out. */
function scaled(t: Tensor, scale: Tensor | undefined, shift: Tensor | undefined): Tensor {
  const product = scale ? t.mul(scale) : t;
  return shift ? product.add(shift) : product;
}

const layerNormalization: Operator = {
  run(node, inputs, context) {
    const given = [0, 1, 2].map((i) => inputs[i]);
    const x = need(node, inputs, 0);
    const { tensors } = together(
      given.filter((v) => v !== undefined),
      context,
    );
    const [t, scale, shift] = tensors as [Tensor, Tensor?, Tensor?];
    const axis = axisOf(node, node.int("axis", -1), t.ndim);
    const eps = node.float("epsilon", 1e-5);
    const shape = t.shape.slice(axis);
    const whole = (p: Tensor | undefined) => p === undefined || p.shape.join() === shape.join();
    const out =
      whole(scale) && whole(shift)
        ? layerNorm(t, shape, scale, shift, eps)
        : scaled(layerNorm(t, shape, null, null, eps), scale, shift);
    if (!node.outputs[1] && !node.outputs[2]) return [result(out, x.type)];
    const axes = t.shape.map((_, i) => i).slice(axis);
    const average = mean(t, axes, { keepdim: true });
    const variance = mean(pow(sub(t, average), 2), axes, { keepdim: true });
    return [result(out, x.type), result(average, x.type), result(pow(variance.add(eps), -0.5), x.type)];
  },
};

const groupNormalization = computed((tensors, node) => {
  const [x, scale, shift] = tensors as [Tensor, Tensor, Tensor];
  const groups = node.int("num_groups", 1);
  const eps = node.float("epsilon", 1e-5);
  // Until opset 20 there was one scale for each group.
  if (scale.numel === x.shape[1]) return groupNorm(x, groups, scale, shift, eps);
  const each = x.shape[1]! / groups;
  const spread = (t: Tensor) =>
    t
      .reshape([groups, 1])
      .expand([groups, each])
      .reshape([groups * each]);
  return groupNorm(x, groups, spread(scale), spread(shift), eps);
});

/** x/(bias + alpha/size·Σ x²)^beta over `size` neighbouring channels. Krizhevsky et al. 2012, section 3.3. */
function localResponse(x: Tensor, node: OnnxNode): Tensor {
  const size = node.int("size", 1);
  const [n, c] = x.shape as [number, number];
  const before = Math.floor((size - 1) / 2);
  // The channels as the rows of a picture: a mean over windows one column wide.
  const squares = mul(x, x).reshape([n, 1, c, numel(x.shape.slice(2))]);
  const around = pad(squares, [0, 0, before, size - 1 - before]);
  const means = avgPool2d(around, [size, 1], { stride: 1 }).reshape(x.shape);
  return div(x, pow(means.mul(node.float("alpha", 1e-4)).add(node.float("bias", 1)), node.float("beta", 0.75)));
}

function lpNormalization(x: Tensor, node: OnnxNode): Tensor {
  const axis = axisOf(node, node.int("axis", -1), x.ndim);
  const length =
    node.int("p", 2) === 1 ? abs(x).sum(axis, { keepdim: true }) : sqrt(mul(x, x).sum(axis, { keepdim: true }));
  return div(x, length);
}

function meanVariance(x: Tensor, node: OnnxNode): Tensor {
  const axes = axesOf(node, node.ints("axes") ?? [0, 2, 3], x.ndim);
  const centred = sub(x, mean(x, axes, { keepdim: true }));
  return div(centred, sqrt(mean(mul(centred, centred), axes, { keepdim: true })).add(1e-9));
}

function rms(node: OnnxNode, inputs: Inputs, context: Context) {
  const { tensors } = together([need(node, inputs, 0), need(node, inputs, 1)], context);
  const [x, scale] = tensors as [Tensor, Tensor];
  const axis = axisOf(node, node.int("axis", -1), x.ndim);
  const axes = x.shape.map((_, i) => i).slice(axis);
  const size = sqrt(mean(mul(x, x), axes, { keepdim: true }).add(node.float("epsilon", 1e-5)));
  return [result(mul(div(x, size), scale), need(node, inputs, 0).type)];
}

export const norms: Operators = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: computed((tensors, node) => {
    const [x, scale, shift] = tensors as [Tensor, Tensor, Tensor];
    return instanceNorm(x, scale, shift, node.float("epsilon", 1e-5));
  }),
  LayerNormalization: layerNormalization,
  GroupNormalization: groupNormalization,
  RMSNormalization: { run: rms },
  LRN: unary(localResponse),
  LpNormalization: unary(lpNormalization),
  MeanVarianceNormalization: unary(meanVariance),
};
