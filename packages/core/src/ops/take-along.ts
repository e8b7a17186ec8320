/** @file Entries of an axis in any order, each times a constant: what resizing is made of. */

import { fill, tensor } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { padAxes, Tensor } from "../autograd/tensor.ts";
import { normalizeDim } from "../base/shape.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import { mul } from "./binary.ts";

/** `count` entries of the result from `to`, every `toStep`-th, come from `from`, every `fromStep`-th. */
interface Run {
  readonly to: number;
  readonly toStep: number;
  readonly from: number;
  readonly fromStep: number;
  readonly count: number;
}

/** Whether every `period`-th index grows by one: an enlargement by a whole factor. */
function repeats(indices: readonly number[], period: number): boolean {
  return indices.every((index, i) => index === indices[i % period]! + Math.floor(i / period));
}

/** The same copies in as few strided steps as the common cases allow. */
function runsOf(indices: readonly number[]): Run[] {
  const { length } = indices;
  if (length === 0) return [];
  const [first = 0, next = first + 1] = indices;
  if (next > first && indices.every((index, i) => index === first + i * (next - first)))
    return [{ to: 0, toStep: 1, from: first, fromStep: next - first, count: length }];
  for (let period = 2; period <= 4; period++)
    if (length > period && repeats(indices, period))
      return Array.from({ length: period }, (_, p) => ({
        to: p,
        toStep: period,
        from: indices[p]!,
        fromStep: 1,
        count: Math.ceil((length - p) / period),
      }));
  return indices.map((from, to) => ({ to, toStep: 1, from, fromStep: 1, count: 1 }));
}

/** `count` entries of an axis, every `step`-th from `start`: a view. */
function stepped(t: Tensor, axis: number, start: number, step: number, count: number): Tensor {
  const shape = t.shape.map((size, i) => (i === axis ? count : size));
  const strides = t.strides.map((stride, i) => (i === axis ? stride * step : stride));
  return new Tensor(t.storage, t.dtype, shape, strides, t.offset + start * t.strides[axis]!);
}

/** `to` = `from`, or `to` += `from`, between views of one shape. */
function move(kernel: "copy_strided_f32" | "add_strided_f32", from: Tensor, to: Tensor): void {
  if (from.numel === 0) return;
  run(
    kernel,
    { ndim: 8, shape: padAxes(to.shape, 1), stridesA: padAxes(from.strides, 0), stridesB: padAxes(to.strides, 0) },
    [from],
    [to],
  );
}

interface Taking {
  axis: number;
  runs: readonly Run[];
  /** Of the axis, taken. */
  length: number;
  indices: readonly number[];
}

const takeOp: Op<{ input: Tensor }, Taking> = defineOp<{ input: Tensor }, Taking>({
  name: "takeAlong",
  shape: ({ input }, { axis, length }) => input.shape.map((size, i) => (i === axis ? length : size)),
  forward({ input }, { axis, runs }, out) {
    for (const { to, toStep, from, fromStep, count } of runs)
      move("copy_strided_f32", stepped(input, axis, from, fromStep, count), stepped(out, axis, to, toStep, count));
  },
  backward: (gradOutput, _saved, p, { shapes }) => ({
    input: giveBackOp({ input: gradOutput }, { ...p, size: shapes.input[p.axis]! }),
  }),
  differentiable: true,
});

/** takeOp's transpose: an entry taken several times collects all its gradients. */
const giveBackOp: Op<{ input: Tensor }, Taking & { size: number }> = defineOp<
  { input: Tensor },
  Taking & { size: number }
>({
  name: "takeAlongBackward",
  shape: ({ input }, { axis, size }) => input.shape.map((s, i) => (i === axis ? size : s)),
  forward({ input }, { axis, runs }, out) {
    fill(out, 0);
    for (const { to, toStep, from, fromStep, count } of runs)
      move("add_strided_f32", stepped(input, axis, to, toStep, count), stepped(out, axis, from, fromStep, count));
  },
  backward: (gradOutput, _saved, p) => ({ input: takeOp({ input: gradOutput }, p) }),
  differentiable: true,
});

/** out[…, i, …] = input[…, indices[i], …]·weights[i] along one axis. @internal */
export function takeAlong(
  input: Tensor,
  axis: number,
  indices: readonly number[],
  weights?: readonly number[],
): Tensor {
  const taken = takeOp({ input }, { axis, runs: runsOf(indices), length: indices.length, indices });
  if (!weights) return taken;
  const along = input.shape.map((_, i) => (i === axis ? indices.length : 1));
  return mul(taken, tensor(Float64Array.from(weights), { shape: along, device: input.backend }));
}

/** indexSelect by plain numbers: nothing waits for the device. @internal */
export function takeNumbers(input: Tensor, dim: number, indices: readonly number[]): Tensor {
  const axis = normalizeDim("indexSelect", dim, input.ndim);
  const size = input.shape[axis] ?? 1;
  const bad = indices.find((index) => !Number.isInteger(index) || index < -size || index >= size);
  if (bad !== undefined)
    throw new ArgumentError(
      "indexSelect",
      "index",
      say`index ${{ index: bad }} is outside axis ${{ dim }} of size ${{ size }}.`,
    );
  return takeAlong(
    input,
    axis,
    indices.map((index) => (index < 0 ? index + size : index)),
  );
}
