/** @file Convolution (cross-correlation) with its gradients, NCHW and OIHW, and the sum that is its bias gradient. */
import type { Params } from "../contract.ts";
import type { ReferenceKernels } from "./types.ts";

type Conv2dParams = Params<"conv2d_f32">;

/** `count` products side by side in a row: output[o + k] += input[i + k·step]·weight[w]. */
type Visit = (i: number, w: number, o: number, count: number, step: number) => void;

/**
 * Every product of a convolution. All three kernels are sums over these same triples, so they cannot disagree about padding,
 * stride, dilation or groups. Padding is zero: no product.
 */
function eachProduct(p: Conv2dParams, visit: Visit): void {
  const inPerGroup = p.inChannels / p.groups;
  const outPerGroup = p.outChannels / p.groups;
  const { strideWidth: step } = p;
  for (let n = 0; n < p.batch; n++) {
    for (let outChannel = 0; outChannel < p.outChannels; outChannel++) {
      const firstIn = Math.floor(outChannel / outPerGroup) * inPerGroup;
      for (let c = 0; c < inPerGroup; c++) {
        for (let ky = 0; ky < p.kernelHeight; ky++) {
          for (let kx = 0; kx < p.kernelWidth; kx++) {
            const w = ((outChannel * inPerGroup + c) * p.kernelHeight + ky) * p.kernelWidth + kx;
            // The column that the first output meets, and the outputs whose columns are inside.
            const column = kx * p.dilationWidth - p.padLeft;
            const first = Math.max(0, Math.ceil(-column / step));
            const end = Math.min(p.outWidth, Math.ceil((p.inWidth - column) / step));
            if (end <= first) continue;
            for (let oy = 0; oy < p.outHeight; oy++) {
              const iy = oy * p.strideHeight - p.padTop + ky * p.dilationHeight;
              if (iy < 0 || iy >= p.inHeight) continue;
              const o = ((n * p.outChannels + outChannel) * p.outHeight + oy) * p.outWidth + first;
              const i = ((n * p.inChannels + firstIn + c) * p.inHeight + iy) * p.inWidth + column + first * step;
              visit(i, w, o, end - first, step);
            }
          }
        }
      }
    }
  }
}

/** Sets (batch, channels, spatial) to each channel's bias, or to 0. */
function startFromBias(
  target: Float64Array,
  batch: number,
  channels: number,
  spatial: number,
  bias: Float64Array | null,
): void {
  for (let plane = 0; plane < batch * channels; plane++) {
    target.fill(bias ? bias[plane % channels]! : 0, plane * spatial, (plane + 1) * spatial);
  }
}

export const conv2d = {
  conv2d_f32(p, [input, weight, bias], [output]) {
    startFromBias(output, p.batch, p.outChannels, p.outHeight * p.outWidth, bias);
    eachProduct(p, (i, w, o, count, step) => {
      const factor = weight[w]!;
      for (let k = 0; k < count; k++) output[o + k]! += input[i + k * step]! * factor;
    });
  },

  /** Also the forward of a transposed convolution, whose bias belongs to this one's input channels. */
  conv2d_backward_input_f32(p, [gradOutput, weight, bias], [gradInput]) {
    startFromBias(gradInput, p.batch, p.inChannels, p.inHeight * p.inWidth, bias);
    eachProduct(p, (i, w, o, count, step) => {
      const factor = weight[w]!;
      for (let k = 0; k < count; k++) gradInput[i + k * step]! += gradOutput[o + k]! * factor;
    });
  },

  conv2d_backward_weight_f32(p, [gradOutput, input], [gradWeight]) {
    gradWeight.fill(0, 0, p.outChannels * (p.inChannels / p.groups) * p.kernelHeight * p.kernelWidth);
    eachProduct(p, (i, w, o, count, step) => {
      let sum = gradWeight[w]!;
      for (let k = 0; k < count; k++) sum += gradOutput[o + k]! * input[i + k * step]!;
      gradWeight[w] = sum;
    });
  },

  channel_sum_f32({ batch, channels, spatial }, [input], [output]) {
    output.fill(0, 0, channels);
    for (let i = 0; i < batch * channels * spatial; i++) {
      const channel = Math.floor(i / spatial) % channels;
      output[channel] = output[channel]! + input[i]!;
    }
  },
} satisfies Partial<ReferenceKernels>;
