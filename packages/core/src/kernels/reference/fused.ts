/** @file Convolution and batch norm with residual, ReLU and max-pool, and their gradients, made of the plain kernels. */
import type { Params } from "../contract.ts";
import { batchNorm } from "./batch-norm.ts";
import { conv2d } from "./conv2d.ts";
import { fromPlanes, type Lie, toPlanes } from "./layouts.ts";
import { operandSizes } from "./operand-sizes.ts";
import type { ReferenceKernels } from "./types.ts";
import { winogradConv, winogradGradWeight, winogradWeight } from "./winograd.ts";

/** Sizes before pooling, and what comes behind. */
interface Tail {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outLayout: number;
  readonly relu: number;
  readonly poolHeight: number;
  readonly poolWidth: number;
}
type ConvParams = Params<
  | "conv2d_fused_f32"
  | "conv2d_fused_backward_f32"
  | "conv2d_winograd_f32"
  | "conv2d_winograd_backward_weight_f32"
  | "conv2d_norm_train_f32"
  | "conv2d_norm_train_backward_f32"
>;

const convTail = (p: ConvParams): Tail => ({ ...p, channels: p.outChannels, height: p.outHeight, width: p.outWidth });
const convInput = (p: ConvParams, border: number): Lie => ({
  ...p,
  channels: p.inChannels,
  height: p.inHeight,
  width: p.inWidth,
  layout: p.inLayout,
  border,
});
const whole = (t: Tail, border: number): Lie => ({ ...t, layout: t.outLayout, border });
const pooled = (t: Tail, border: number): Lie => ({
  ...whole(t, border),
  height: Math.floor(t.height / t.poolHeight),
  width: Math.floor(t.width / t.poolWidth),
});
const indexOf = (t: Tail): Lie => ({ ...pooled(t, 0), layout: 1 });

/** Each pooled value in NCHW order, with the places of its window. */
function eachWindow(t: Tail, visit: (output: number, places: readonly number[]) => void): void {
  const { height, width } = pooled(t, 0);
  let output = 0;
  for (let plane = 0; plane < t.batch * t.channels; plane++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const places: number[] = [];
        for (let i = 0; i < t.poolHeight; i++) {
          for (let j = 0; j < t.poolWidth; j++)
            places.push((plane * t.height + y * t.poolHeight + i) * t.width + x * t.poolWidth + j);
        }
        visit(output++, places);
      }
    }
  }
}

/** values (NCHW) plus residual, ReLU, pool: into output and index; returns where the values came from. */
function finish(
  t: Tail,
  values: Float64Array,
  residual: Float64Array | null,
  residualBorder: number,
  output: Float64Array,
  outBorder: number,
  index: Uint8Array | null,
): readonly number[] {
  const added = residual && toPlanes(residual, whole(t, residualBorder));
  const sums = added ? values.map((x, i) => x + added[i]!) : values;
  const results: number[] = [];
  const winners: number[] = [];
  const won: number[] = [];
  eachWindow(t, (_, places) => {
    let best = sums[places[0]!]!;
    let winner = 0;
    for (const [i, at] of places.entries()) {
      const value = sums[at]!;
      if (value > best || Number.isNaN(value)) {
        best = value;
        winner = i;
      }
    }
    const dead = t.relu > 0 && best <= 0;
    results.push(dead ? 0 : t.relu === 2 && best > 6 ? 6 : best);
    winners.push(dead ? places.length : winner);
    won.push(places[winner]!);
  });
  fromPlanes(results, pooled(t, outBorder), output);
  if (index) fromPlanes(winners, indexOf(t), index);
  return won;
}

/** The gradient before pool and ReLU, NCHW. */
function spread(
  t: Tail,
  gradOutput: Float64Array,
  gradBorder: number,
  index: Uint8Array | null,
  output: Float64Array | null,
  outBorder: number,
): Float64Array {
  const gradient = new Float64Array(t.batch * t.channels * t.height * t.width);
  const upstream = toPlanes(gradOutput, pooled(t, gradBorder));
  const winners = index && toPlanes(index, indexOf(t));
  const results = !index && t.relu === 1 && output ? toPlanes(output, pooled(t, outBorder)) : null;
  eachWindow(t, (o, places) => {
    if (results && results[o]! <= 0) return;
    const place = places[winners ? winners[o]! : 0];
    if (place !== undefined) gradient[place] = upstream[o]!;
  });
  return gradient;
}

/** Each weight's place in OIHW and in the packed order. */
function eachPacked(p: Params<"conv2d_pack_f32">, visit: (oihw: number, packed: number, output: number) => void): void {
  const taps = p.kernelHeight * p.kernelWidth;
  const depth = taps * p.inChannels;
  const ofGroup = p.outChannels / p.groups;
  const blocks = Math.ceil(ofGroup / p.panel);
  for (let o = 0; o < p.outChannels; o++) {
    const lane = o % ofGroup;
    const block = Math.floor(o / ofGroup) * blocks + Math.floor(lane / p.panel);
    for (let i = 0; i < depth; i++) {
      const k = p.inLayout === 0 ? i : (i % taps) * p.inChannels + Math.floor(i / taps);
      visit(o * depth + i, (block * depth + k) * p.panel + (lane % p.panel), o);
    }
  }
}

export const fused = {
  conv2d_pack_f32(p, [weight, scale], [packed]) {
    packed.fill(0, 0, operandSizes.conv2d_pack_f32(p)[2]!);
    eachPacked(p, (oihw, at, o) => {
      packed[at] = weight[oihw]! * (scale ? scale[o]! : 1);
    });
  },

  conv2d_fused_f32(p, [input, given, scale, bias, residual], [output, index]) {
    let weight = given;
    if (p.panel > 0) {
      const inChannels = p.inChannels / p.groups;
      weight = new Float64Array(p.outChannels * inChannels * p.kernelHeight * p.kernelWidth);
      eachPacked({ ...p, inChannels }, (oihw, at) => {
        weight[oihw] = given[at]!;
      });
    }
    const t = convTail(p);
    const spatial = p.outHeight * p.outWidth;
    const values = new Float64Array(p.batch * p.outChannels * spatial);
    conv2d.conv2d_f32(p, [toPlanes(input, convInput(p, p.inBorder)), weight, null], [values]);
    for (let i = 0; i < values.length; i++) {
      const c = Math.floor(i / spatial) % p.outChannels;
      values[i] = values[i]! * (scale ? scale[c]! : 1) + (bias ? bias[c]! : 0);
    }
    finish(t, values, residual, p.residualBorder, output, p.outBorder, index);
  },

  conv2d_winograd_pack_f32: winogradWeight,

  conv2d_winograd_f32(p, [input, weight, bias, residual, mask], [output, index]) {
    const spatial = p.outHeight * p.outWidth;
    const passes = mask && toPlanes(mask, convInput(p, p.maskBorder));
    const planes = toPlanes(input, convInput(p, p.inBorder)).map((x, i) => (passes && passes[i]! <= 0 ? 0 : x));
    const values = winogradConv(p, planes, weight);
    if (bias) for (let i = 0; i < values.length; i++) values[i]! += bias[Math.floor(i / spatial) % p.outChannels]!;
    finish(convTail(p), values, residual, p.residualBorder, output, p.outBorder, index);
  },

  conv2d_winograd_backward_weight_f32(p, [gradOutput, output, input], [gradWeight, gradBias]) {
    const gradient = spread(convTail(p), gradOutput, p.gradBorder, null, output, p.outBorder);
    winogradGradWeight(p, gradient, toPlanes(input, convInput(p, p.inBorder)), gradWeight);
    const sizes = { batch: p.batch, channels: p.outChannels, spatial: p.outHeight * p.outWidth };
    if (gradBias) conv2d.channel_sum_f32(sizes, [gradient], [gradBias]);
  },

  conv2d_fused_backward_f32(p, [gradOutput, index, output, input, weight, addend], [gradInput, gradWeight, gradBias]) {
    const gradient = spread(convTail(p), gradOutput, p.gradBorder, index, output, p.outBorder);
    if (gradInput && weight) {
      const planes = new Float64Array(p.batch * p.inChannels * p.inHeight * p.inWidth);
      conv2d.conv2d_backward_input_f32(p, [gradient, weight, null], [planes]);
      const added = addend && toPlanes(addend, convInput(p, p.addendBorder));
      fromPlanes(added ? planes.map((x, i) => x + added[i]!) : planes, convInput(p, p.gradInBorder), gradInput);
    }
    if (gradWeight && input) {
      conv2d.conv2d_backward_weight_f32(p, [gradient, toPlanes(input, convInput(p, p.inBorder))], [gradWeight]);
    }
    if (gradBias) {
      const sizes = { batch: p.batch, channels: p.outChannels, spatial: p.outHeight * p.outWidth };
      conv2d.channel_sum_f32(sizes, [gradient], [gradBias]);
    }
  },

  batch_norm_fused_train_f32(p, [input, weight, bias, residual], [output, mean, invStd, variance, index]) {
    const sizes = { ...p, spatial: p.height * p.width };
    const planes = toPlanes(input, { ...p, layout: 1, border: p.inBorder });
    const values = new Float64Array(planes.length);
    batchNorm.batch_norm_train_f32(sizes, [planes, weight, bias], [values, mean, invStd, variance]);
    finish(p, values, residual, p.residualBorder, output, p.outBorder, index);
  },

  conv2d_norm_train_f32(
    p,
    [input, weight, bias, normWeight, normBias, residual],
    [output, raw, mean, invStd, variance, index],
  ) {
    const t = convTail(p);
    const made = new Float64Array(p.batch * p.outChannels * p.outHeight * p.outWidth);
    conv2d.conv2d_f32(p, [toPlanes(input, convInput(p, p.inBorder)), weight, bias], [made]);
    const values = new Float64Array(made.length);
    const sizes = { batch: p.batch, channels: p.outChannels, spatial: p.outHeight * p.outWidth, eps: p.eps };
    batchNorm.batch_norm_train_f32(sizes, [made, normWeight, normBias], [values, mean, invStd, variance]);
    const won = finish(t, values, residual, p.residualBorder, output, p.outBorder, index);
    if (p.rawPooled)
      fromPlanes(
        won.map((at) => made[at]!),
        indexOf(t),
        raw,
      );
    else fromPlanes(made, { ...whole(t, 0), layout: 1 }, raw);
  },

  conv2d_norm_train_backward_f32(
    p,
    [gradOutput, index, raw, input, weight, normWeight, mean, invStd],
    [gradWeight, gradNormWeight, gradNormBias, gradBias],
  ) {
    const t = convTail(p);
    const upstream = toPlanes(gradOutput, pooled(t, p.gradBorder));
    const winners = toPlanes(index, indexOf(t));
    const values = toPlanes(raw, indexOf(t));
    const small = pooled(t, 0);
    gradNormWeight.fill(0, 0, p.outChannels);
    gradNormBias.fill(0, 0, p.outChannels);
    for (let i = 0; i < upstream.length; i++) {
      const c = Math.floor(i / (small.height * small.width)) % p.outChannels;
      if (winners[i]! >= p.poolHeight * p.poolWidth) continue;
      gradNormWeight[c]! += upstream[i]! * (values[i]! - mean[c]!) * invStd[c]!;
      gradNormBias[c]! += upstream[i]!;
    }
    // What batch norm passes on: scale·(g − mean of g − x̂·mean of g·x̂), x̂ by the convolution made again.
    const planes = toPlanes(input, convInput(p, p.inBorder));
    const spatial = p.outHeight * p.outWidth;
    const made = new Float64Array(p.batch * p.outChannels * spatial);
    conv2d.conv2d_f32(p, [planes, weight, null], [made]);
    const gradient = spread(t, gradOutput, p.gradBorder, index, null, 0);
    const count = p.batch * spatial;
    for (let c = 0; c < p.outChannels; c++) {
      const each = (visit: (i: number) => void) => {
        for (let n = 0; n < p.batch; n++)
          for (let i = 0; i < spatial; i++) visit((n * p.outChannels + c) * spatial + i);
      };
      let sum = 0;
      each((i) => {
        sum += made[i]!;
      });
      const [shift, slope] = [gradNormBias[c]! / count, (gradNormWeight[c]! * invStd[c]!) / count];
      each((i) => {
        gradient[i] =
          (normWeight ? normWeight[c]! : 1) * invStd[c]! * (gradient[i]! - shift - (made[i]! - sum / count) * slope);
      });
    }
    conv2d.conv2d_backward_weight_f32(p, [gradient, planes], [gradWeight]);
    gradBias?.fill(0, 0, p.outChannels);
  },

  batch_norm_fused_train_backward_f32(
    p,
    [gradOutput, index, output, input, weight, mean, invStd],
    [gradInput, gradWeight, gradBias, gradResidual],
  ) {
    const sizes = { ...p, spatial: p.height * p.width, eps: 0 };
    const gradient = spread(p, gradOutput, p.gradBorder, index, output, p.outBorder);
    const planes = toPlanes(input, { ...p, layout: 1, border: p.inBorder });
    const result = new Float64Array(planes.length);
    batchNorm.batch_norm_train_backward_f32(
      sizes,
      [gradient, planes, weight, mean, invStd],
      [result, gradWeight, gradBias],
    );
    fromPlanes(result, { ...p, layout: 1, border: p.gradInBorder }, gradInput);
    if (gradResidual) fromPlanes(gradient, whole(p, p.residualBorder), gradResidual);
  },
} satisfies Partial<ReferenceKernels>;
