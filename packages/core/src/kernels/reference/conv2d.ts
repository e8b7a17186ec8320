/** @file Convolution (cross-correlation) with its gradients, NCHW and OIHW, and the sum that is its bias gradient. */
import type { Params } from "../contract.ts";
import type { ReferenceKernels } from "./types.ts";

type Conv2dParams = Params<"conv2d_f32">;

/**
 * Every product of a convolution: output[o] += input[i]·weight[w]. All three kernels are sums over these same
 * triples, so they cannot disagree about padding, stride, dilation or groups.
 */
function eachProduct(p: Conv2dParams, visit: (i: number, w: number, o: number) => void): void {
  const inPerGroup = p.inChannels / p.groups;
  const outPerGroup = p.outChannels / p.groups;
  for (let n = 0; n < p.batch; n++) {
    for (let outChannel = 0; outChannel < p.outChannels; outChannel++) {
      const firstIn = Math.floor(outChannel / outPerGroup) * inPerGroup;
      for (let oy = 0; oy < p.outHeight; oy++) {
        for (let ox = 0; ox < p.outWidth; ox++) {
          const o = ((n * p.outChannels + outChannel) * p.outHeight + oy) * p.outWidth + ox;
          for (let c = 0; c < inPerGroup; c++) {
            for (let ky = 0; ky < p.kernelHeight; ky++) {
              const iy = oy * p.strideHeight - p.padTop + ky * p.dilationHeight;
              if (iy < 0 || iy >= p.inHeight) continue; // padding is zero: no product
              for (let kx = 0; kx < p.kernelWidth; kx++) {
                const ix = ox * p.strideWidth - p.padLeft + kx * p.dilationWidth;
                if (ix < 0 || ix >= p.inWidth) continue;
                const i = ((n * p.inChannels + firstIn + c) * p.inHeight + iy) * p.inWidth + ix;
                const w = ((outChannel * inPerGroup + c) * p.kernelHeight + ky) * p.kernelWidth + kx;
                visit(i, w, o);
              }
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
    eachProduct(p, (i, w, o) => {
      output[o] = output[o]! + input[i]! * weight[w]!;
    });
  },

  /** Also the forward of a transposed convolution, whose bias belongs to this one's input channels. */
  conv2d_backward_input_f32(p, [gradOutput, weight, bias], [gradInput]) {
    startFromBias(gradInput, p.batch, p.inChannels, p.inHeight * p.inWidth, bias);
    eachProduct(p, (i, w, o) => {
      gradInput[i] = gradInput[i]! + gradOutput[o]! * weight[w]!;
    });
  },

  conv2d_backward_weight_f32(p, [gradOutput, input], [gradWeight]) {
    gradWeight.fill(0, 0, p.outChannels * (p.inChannels / p.groups) * p.kernelHeight * p.kernelWidth);
    eachProduct(p, (i, w, o) => {
      gradWeight[w] = gradWeight[w]! + gradOutput[o]! * input[i]!;
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
