import type { Tensor } from "../autograd/tensor.ts";
import { traced } from "../autograd/trace.ts";
import { checkKnown } from "../base/known-options.ts";
import type { Shape } from "../base/shape.ts";
import type { Written } from "../base/typed/dims.ts";
import type { Fit, Given } from "../base/typed/rules.ts";
import { ArgumentError, ShapeError, say } from "../errors/errors.ts";
import { adaptiveAvgPool2d } from "./adaptive-pool2d.ts";
import { add } from "./binary.ts";
import { takeAlong } from "./take-along.ts";

/** How interpolate() finds the values of its pixels: the nearest, a mix of the four around, or means. */
export type InterpolateMode = "nearest" | "nearest-exact" | "bilinear" | "area";

/** The size that interpolate() gives, and how it gets there. A single number stands for height and width. */
export interface InterpolateOptions {
  /** Height and width of the result. Either this or scaleFactor. */
  size?: number | readonly number[];
  /** Result over input; the result's size is rounded down. */
  scaleFactor?: number | readonly number[];
  /** Default "nearest". */
  mode?: InterpolateMode;
  /** bilinear: the corner pixels' centres stay where they are. Default false: the pictures' edges do. */
  alignCorners?: boolean;
}

const modes: readonly string[] = ["nearest", "nearest-exact", "bilinear", "area"];

/** Refuses what no input can make right. @internal */
export function checkInterpolate(where: string, options: InterpolateOptions): void {
  const { size, scaleFactor, mode = "nearest", alignCorners } = options;
  if (!modes.includes(mode))
    throw new ArgumentError(where, "mode", say`mode must be one of ${modes.join(", ")}, got "${{ mode }}".`);
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ArgumentError(where, "size", "give either size or scaleFactor.");
  if (alignCorners !== undefined && mode !== "bilinear")
    throw new ArgumentError(where, "alignCorners", say`alignCorners means nothing for mode "${{ mode }}".`);
  const list = [size ?? scaleFactor ?? 1].flat() as number[];
  if (
    list.length < 1 ||
    list.length > 2 ||
    list.some((v) => !(v > 0 && Number.isFinite(v)) || (size !== undefined && !Number.isInteger(v)))
  )
    throw new ArgumentError(
      where,
      size === undefined ? "scaleFactor" : "size",
      say`${size === undefined ? "scaleFactor must be one or two numbers > 0" : "size must be one or two whole numbers ≥ 1"}, got ${{ list }}.`,
    );
}

/** How one axis is read: sizes, and input pixels per output pixel where the caller said. */
interface Axis {
  readonly from: number;
  readonly to: number;
  readonly step: number | undefined;
}

/** Input pixels per output pixel in float32, torch's own precision: it decides which pixel is the nearest. */
const nearestStep = ({ from, to, step }: Axis): number => Math.fround(step ?? Math.fround(from / to));

function nearest(axis: Axis, offset: number): number[] {
  const { from, to } = axis;
  if (from === to && offset === 0) return Array.from({ length: to }, (_, i) => i);
  const step = nearestStep(axis);
  return Array.from({ length: to }, (_, i) =>
    Math.min(from - 1, Math.floor(Math.fround(Math.fround(i + offset) * step))),
  );
}

/** Two neighbours and the share of the second, for every output pixel. */
function neighbours({ from, to, step }: Axis, alignCorners: boolean) {
  const first: number[] = [];
  const second: number[] = [];
  const share: number[] = [];
  const scale = alignCorners ? (to > 1 ? (from - 1) / (to - 1) : 0) : (step ?? from / to);
  for (let i = 0; i < to; i++) {
    const at = alignCorners ? i * scale : Math.max(0, (i + 0.5) * scale - 0.5);
    const low = Math.min(from - 1, Math.floor(at));
    first.push(low);
    second.push(Math.min(from - 1, low + 1));
    share.push(Math.min(1, at - low));
  }
  return { first, second, share };
}

function resizeAxis(input: Tensor, dim: number, axis: Axis, mode: InterpolateMode, alignCorners: boolean): Tensor {
  if (mode !== "bilinear") return takeAlong(input, dim, nearest(axis, mode === "nearest" ? 0 : 0.5));
  if (axis.from === axis.to && (alignCorners || axis.step === undefined || axis.step === 1)) return input;
  const { first, second, share } = neighbours(axis, alignCorners);
  const low = takeAlong(
    input,
    dim,
    first,
    share.map((s) => 1 - s),
  );
  return add(low, takeAlong(input, dim, second, share));
}

/**
 * Pictures in another size.
 *
 * nearest        pixel ⌊i·in/out⌋;  nearest-exact ⌊(i + ½)·in/out⌋, which is centred.
 * bilinear       between the four pixels around: i·(in − 1)/(out − 1) with alignCorners, else (i + ½)·in/out − ½.
 * area           means, adaptiveAvgPool2d.
 *
 * Shape    (N, C, H, W) → (N, C, H′, W′), given by size, or ⌊H·scaleFactor⌋.
 * Options  mode "nearest", alignCorners false; either size or scaleFactor.
 * Throws   ShapeError "rank", "empty"; ArgumentError "mode", "size", "scaleFactor", "alignCorners".
 * Source   torch.nn.functional.interpolate; antialias and bicubic are not built.
 *
 * @example
 * await interpolate(tensor([[[[1, 3]]]]), { size: [1, 4], mode: "bilinear" }).tolist(); // [[[[1, 1.5, 2.5, 3]]]]
 * interpolate(zeros([1, 3, 4, 4]), { scaleFactor: 2 }).shape; // [1, 3, 8, 8]
 */
export function interpolate<S extends Shape, const P extends InterpolateOptions>(
  input: Tensor<S> & Fit<["upsample", P], S>,
  options?: Written<P, InterpolateOptions>,
): Tensor<Given<["upsample", P], S>>;
export function interpolate(input: Tensor, options: InterpolateOptions = {}): Tensor {
  checkKnown("interpolate", options, { size: 0, scaleFactor: 0, mode: 0, alignCorners: 0 });
  checkInterpolate("interpolate", options);
  const { size, scaleFactor, mode = "nearest", alignCorners = false } = options;
  const operands = [{ name: "input", shape: input.shape, axes: "N, C, H, W" }];
  if (input.ndim !== 4)
    throw new ShapeError(
      "interpolate",
      "rank",
      say`input must be (N, C, H, W), got ${{ axes: input.ndim }} axes.`,
      operands,
    );
  const axes = [0, 1].map((i): Axis => {
    const from = input.shape[i + 2]!;
    const pick = (v: number | readonly number[]) => (typeof v === "number" ? v : (v[i] ?? v[0]!));
    if (scaleFactor === undefined) return { from, to: pick(size!), step: undefined };
    const factor = pick(scaleFactor);
    return { from, to: Math.floor(from * factor), step: 1 / factor };
  });
  if (axes.some(({ from, to }) => from < 1 || to < 1))
    throw new ShapeError(
      "interpolate",
      "empty",
      say`${{ from: axes[0]!.from }} × ${{ axes1From: axes[1]!.from }} pixels cannot become ${{ to: axes[0]!.to }} × ${{ axes1To: axes[1]!.to }}.`,
      operands,
    );
  if (mode === "area") return adaptiveAvgPool2d(input, [axes[0]!.to, axes[1]!.to]);
  return traced("interpolate", { input }, { mode, alignCorners, steps: axes.map(({ step }) => step) }, () => {
    const rows = resizeAxis(input, 2, axes[0]!, mode, alignCorners);
    return resizeAxis(rows, 3, axes[1]!, mode, alignCorners);
  });
}
