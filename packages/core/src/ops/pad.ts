import { tensor } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { numel, type Shape } from "../base/shape.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { gatherOp } from "./index-ops.ts";
import { reshape } from "./view.ts";

/** What pad() puts around: one value, a reflection without the border itself, the border again, or the other side. */
export type PadMode = "constant" | "reflect" | "replicate" | "circular";

/** What pad() fills the borders with. */
export interface PadOptions {
  /** Default "constant". */
  mode?: PadMode;
  /** What "constant" fills with. Default 0. */
  value?: number;
}

const modes: Record<PadMode, number> = { reflect: 0, replicate: 1, circular: 2, constant: 3 };

interface Borders {
  left: number;
  right: number;
  top: number;
  bottom: number;
  mode: PadMode;
  value: number;
}

function params(shape: readonly number[], out: readonly number[], p: Borders) {
  const [h = 1, w = 1] = shape.slice(-2);
  return {
    planes: shape.slice(0, -2).reduce((a, b) => a * b, 1),
    inHeight: h,
    inWidth: w,
    outHeight: out[out.length - 2]!,
    outWidth: out[out.length - 1]!,
    padTop: p.top,
    padLeft: p.left,
    mode: modes[p.mode],
  };
}

type PadOp<P> = Op<{ input: Tensor }, P>;

export const padOp: PadOp<Borders> = defineOp<{ input: Tensor }, Borders>({
  name: "pad",
  shape({ input }, { left, right, top, bottom, mode }) {
    const operands = [{ name: "input", shape: input.shape, axes: "…, H, W" }];
    if (input.shape.length < 2)
      throw new ShapeError(
        "pad",
        "rank",
        say`input must have at least 2 axes, got ${{ axes: input.shape.length }}.`,
        operands,
      );
    const h = input.shape[input.shape.length - 2]!;
    const w = input.shape[input.shape.length - 1]!;
    const most = mode === "reflect" ? [h - 1, w - 1] : mode === "circular" ? [h, w] : [Infinity, Infinity];
    if (Math.max(top, bottom) > most[0]! || Math.max(left, right) > most[1]!)
      throw new ShapeError(
        "pad",
        "too-wide",
        say`"${{ mode }}" can add at most ${{ rows: most[0] }} rows and ${{ columns: most[1] }} columns a side here, asked for ${{ padding: [left, right, top, bottom] }}.`,
        operands,
        "use less padding, or larger pictures.",
      );
    const [outH, outW] = [h + top + bottom, w + left + right];
    if (outH < 0 || outW < 0)
      throw new ShapeError(
        "pad",
        "negative",
        say`padding ${{ padding: [left, right, top, bottom] }} leaves a size of ${{ outH }} × ${{ outW }}.`,
        operands,
      );
    return [...input.shape.slice(0, -2), outH, outW];
  },
  forward({ input }, p, out) {
    if (out.numel > 0) run("pad2d_f32", { ...params(input.shape, out.shape, p), value: p.value }, [input], [out]);
  },
  backward: (gradOutput, _saved, p, { shapes }) => ({
    input: padBackwardOp({ input: gradOutput }, { ...p, shape: shapes.input }),
  }),
  differentiable: true,
});

/** The transpose: each copied value collects the gradients of all its copies. */
const padBackwardOp: PadOp<Borders & { shape: Shape }> = defineOp<{ input: Tensor }, Borders & { shape: Shape }>({
  name: "padBackward",
  shape: (_inputs, { shape }) => shape,
  forward({ input }, p, out) {
    if (out.numel > 0) run("pad2d_backward_f32", params(out.shape, input.shape, p), [input], [out]);
  },
  backward: (gradOutput, _saved, p) => ({ input: padOp({ input: gradOutput }, { ...p, value: 0 }) }),
  differentiable: true,
});

/** Borders of one axis, whichever it is: seen as the height of a stack of pictures. */
function padAxis(input: Tensor, axis: number, before: number, after: number, options: PadOptions): Tensor {
  const [lead, rest] = [input.shape.slice(0, axis), input.shape.slice(axis + 1)];
  const size = input.shape[axis]!;
  if (size + before + after < 0)
    throw new ShapeError(
      "pad",
      "negative",
      say`padding [${{ before }}, ${{ after }}] leaves nothing of axis ${{ axis }} of size ${{ size }}.`,
      [{ name: "input", shape: input.shape }],
    );
  const stack = reshape(input, [numel(lead), size, numel(rest)]);
  return reshape(pad(stack, [0, 0, before, after], options), [...lead, size + before + after, ...rest]);
}

/** Three axes by index: gradients of copies are added in row-major order, as torch's kernels for volumes do. */
function padVolume(input: Tensor, padding: readonly number[], mode: "reflect" | "replicate"): Tensor {
  const last = input.shape.slice(-3);
  const sources = last.map((size, i) => {
    const [before, after] = [padding[4 - 2 * i]!, padding[5 - 2 * i]!];
    const most = mode === "reflect" ? size - 1 : Number.POSITIVE_INFINITY;
    if (Math.max(before, after) > most || size + before + after < 1 || size === 0)
      throw new ShapeError(
        "pad",
        "too-wide",
        say`"${{ mode }}" cannot add [${{ before }}, ${{ after }}] to an axis of ${{ size }}.`,
        [{ name: "input", shape: input.shape }],
      );
    return Array.from({ length: size + before + after }, (_, k) => {
      const at = k - before;
      if (mode === "replicate") return Math.min(Math.max(at, 0), size - 1);
      return at < 0 ? -at : at >= size ? 2 * (size - 1) - at : at;
    });
  });
  const [depth = [], height = [], width = []] = sources;
  const flat = depth.flatMap((z) => height.flatMap((y) => width.map((x) => (z * last[1]! + y) * last[2]! + x)));
  const indices = tensor(Int32Array.from(flat), { device: input.backend });
  const planes = reshape(input, [numel(input.shape.slice(0, -3)), numel(last)]);
  const padded = gatherOp({ input: planes, indices }, { where: "pad", axis: 1, list: true });
  return reshape(padded, [...input.shape.slice(0, -3), depth.length, height.length, width.length]);
}

/**
 * Adds borders to the last axes: `padding` is [left, right], [left, right, top, bottom], or two more for each axis
 * before those (constant: any, else one more); negative values crop.
 *
 * Shape    (…, H, W) → (…, H + top + bottom, W + left + right).
 * Options  mode "constant" (value 0), "reflect", "replicate", "circular".
 * Throws   ShapeError "too-wide" when reflection or wrapping has not enough to copy, "rank", "negative"; ArgumentError
 *          "mode", "padding" unless two whole numbers an axis, "axes".
 * Source   torch.nn.functional.pad.
 *
 * @example
 * const x = tensor([[1, 2, 3]]);
 * await pad(x, [1, 2]).tolist(); // [[0, 1, 2, 3, 0, 0]]
 * await pad(x, [1, 2], { mode: "reflect" }).tolist(); // [[2, 1, 2, 3, 2, 1]]
 * await pad(x, [-1, 0]).tolist(); // [[2, 3]]
 */
export function pad<S extends Shape, const P extends readonly number[]>(
  input: Tensor<S> & Fit<["padded", P], S>,
  padding: P,
  options?: PadOptions,
): Tensor<Given<["padded", P], S>>;
export function pad(input: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  checkKnown("pad", options, { mode: 0, value: 0 });
  const { mode = "constant", value = 0 } = options;
  if (!(mode in modes))
    throw new ArgumentError(
      "pad",
      "mode",
      say`mode must be one of ${Object.keys(modes).join(", ")}, got "${{ mode }}".`,
    );
  if (padding.length === 0 || padding.length % 2 !== 0 || !padding.every(Number.isInteger))
    throw new ArgumentError("pad", "padding", say`padding must be two whole numbers an axis, got ${{ padding }}.`);
  if (padding.length > 2 * input.ndim)
    throw new ShapeError(
      "pad",
      "rank",
      say`padding for ${padding.length / 2} axes, input has ${{ axes: input.ndim }}.`,
      [{ name: "input", shape: input.shape }],
    );
  if (mode !== "constant" && (padding.length > 6 || (padding.length === 6 && input.ndim < 4) || input.ndim === 1))
    throw new ArgumentError(
      "pad",
      "axes",
      say`mode "${{ mode }}" pads one or two axes of a picture or three of a volume (C, D, H, W), got ${padding.length / 2} of ${{ axes: input.ndim }}; "constant" pads any.`,
    );
  if (input.ndim === 1) return padAxis(input, 0, padding[0]!, padding[1]!, options);
  if (padding.length === 6 && (mode === "reflect" || mode === "replicate")) return padVolume(input, padding, mode);
  if (padding.length > 4) {
    let t = pad(input, padding.slice(0, 4), options);
    for (let i = 4; i < padding.length; i += 2)
      t = padAxis(t, input.ndim - 1 - i / 2, padding[i]!, padding[i + 1]!, options);
    return t;
  }
  // What is cropped away is gone before the rest wraps around.
  if (mode === "circular" && padding.some((size) => size < 0))
    return pad(
      pad(
        input,
        padding.map((size) => Math.min(size, 0)),
      ),
      padding.map((size) => Math.max(size, 0)),
      options,
    );
  const [left = 0, right = 0, top = 0, bottom = 0] = padding;
  return padOp({ input }, { left, right, top, bottom, mode, value });
}
