import { zeros } from "../autograd/create.ts";
import { defineOp, run } from "../autograd/define-op.ts";
import { Tensor } from "../autograd/tensor.ts";
import { type Shape, sameShape } from "../base/shape.ts";
import { ArgumentError, BackendError, ShapeError, TargetError } from "../errors/errors.ts";
import { scatterToIndices } from "./max-pool2d.ts";
import { poolGeometry } from "./pool-shape.ts";
import { mapped } from "./unary.ts";

export interface MaxUnpool2dOptions {
  /** Default: the window's size. */
  stride?: number | readonly number[] | null;
  /** Default 0. */
  padding?: number | readonly number[];
  /** Height and width of the result, where several would fit. Default (H − 1)·stride − 2·padding + kernel. */
  outputSize?: readonly number[] | null;
}

/** The indices as numbers; every one must lie in a plane of `area`. */
function readIndices(indices: Tensor, area: number): Int32Array {
  const { backend } = indices;
  if (!backend.readSync)
    throw new BackendError(
      "maxUnpool2d",
      "read",
      `${backend.name} cannot be read at once, which maxUnpool2d needs to check its indices.`,
    );
  const values = backend.readSync(indices.memory, indices.numel) as Int32Array;
  const bad = values.findIndex((v) => v < 0 || v >= area);
  if (bad >= 0)
    throw new TargetError(
      "maxUnpool2d",
      "index-range",
      `index ${values[bad]} at position ${bad} is outside a plane of ${area} pixels. Take the indices from maxPool2d of the same geometry.`,
    );
  return values;
}

const unpoolOp = defineOp<{ input: Tensor; indices: Tensor }, { outputShape: Shape }>({
  name: "maxUnpool2d",
  inputTypes: { indices: "int32" },
  shape: (_inputs, { outputShape }) => outputShape,
  saves: ["indices"],
  // Windows that overlap name a pixel several times, each with the pixel's own value: sum over how many.
  forward({ input, indices }, { outputShape }, out) {
    if (out.numel === 0) return;
    readIndices(indices, out.size(-1) * out.size(-2));
    const total = scatterToIndices(input, indices, outputShape);
    const hits = scatterToIndices(mapped("affine_f32", zerosLike(input), 1, 1), indices, outputShape);
    const flat = {
      ndim: 8,
      shape: [1, 1, 1, 1, 1, 1, 1, out.numel],
      stridesA: [0, 0, 0, 0, 0, 0, 0, 1],
      stridesB: [0, 0, 0, 0, 0, 0, 0, 1],
    };
    run("div_f32", flat, [total, mapped("clamp_f32", hits, 1, Number.POSITIVE_INFINITY)], [out]);
  },
  // gradInput[i] = gradOutput[indices[i]]; no kernel reads by index, so the host does.
  backward(gradOutput, { indices }, _p, { shapes }) {
    const area = gradOutput.size(-1) * gradOutput.size(-2);
    const at = readIndices(indices, area);
    const values = gradOutput.backend.readSync!(gradOutput.memory, gradOutput.numel);
    const perPlane = shapes.input.slice(-2).reduce((a, b) => a * b, 1);
    const gathered = Float64Array.from(at, (index, i) => values[Math.floor(i / perPlane) * area + index]!);
    const gradInput = Tensor.empty(gradOutput.backend, shapes.input);
    return { input: gradInput.write(gathered) };
  },
});

function zerosLike(t: Tensor): Tensor {
  return zeros(t.shape, { device: t.backend });
}

/**
 * Puts each maximum back where maxPool2dWithIndices found it, zeros elsewhere. Where windows overlap and name a pixel
 * several times, each of them gets the pixel's whole gradient, as in torch.
 *
 * Shape    input and indices (N, C, H, W) or (C, H, W) → (N, C, H′, W′).
 * Throws   ShapeError "rank", "indices"; ArgumentError "outputSize" more than a stride off; TargetError "index-range".
 * Source   torch.nn.functional.max_unpool2d.
 */
export function maxUnpool2d(
  input: Tensor,
  indices: Tensor,
  kernelSize: number | readonly number[],
  options: MaxUnpool2dOptions = {},
): Tensor {
  const { kernel, stride, padding } = poolGeometry("maxUnpool2d", kernelSize, options);
  const operands = [
    { name: "input", shape: input.shape, axes: input.ndim === 3 ? "C, H, W" : "N, C, H, W" },
    { name: "indices", shape: indices.shape },
  ];
  if (input.ndim !== 3 && input.ndim !== 4)
    throw new ShapeError(
      "maxUnpool2d",
      "rank",
      `input must be (N, C, H, W) or (C, H, W), got ${input.ndim} axes.`,
      operands,
    );
  if (!sameShape(input.shape, indices.shape))
    throw new ShapeError("maxUnpool2d", "indices", "input and indices must have one shape.", operands);
  const usual = ([0, 1] as const).map((i) => (input.size(i - 2) - 1) * stride[i] - 2 * padding[i] + kernel[i]);
  const size = options.outputSize?.slice(-2) ?? usual;
  if (size.length !== 2 || size.some((s, i) => !Number.isInteger(s) || Math.abs(s - usual[i]!) >= stride[i as 0 | 1]))
    if (!sameShape(size, usual))
      throw new ArgumentError(
        "maxUnpool2d",
        "outputSize",
        `outputSize [${size.join(", ")}] must lie within a stride of [${usual.join(", ")}].`,
      );
  return unpoolOp({ input, indices }, { outputShape: [...input.shape.slice(0, -2), ...size] });
}
