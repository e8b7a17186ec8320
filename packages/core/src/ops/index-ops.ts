/** @file The operations behind gather, scatter and their like: each is the other's gradient. */
import { zeros } from "../autograd/create.ts";
import { defineOp, type Op, run } from "../autograd/define-op.ts";
import { copyStrided, type Tensor } from "../autograd/tensor.ts";
import type { KernelRefusal } from "../backends/backend.ts";
import { numel, type Shape } from "../base/shape.ts";
import { say, TargetError } from "../errors/errors.ts";

/** How indices lie beside the axis. */
export interface Place {
  /** The function that a refusal names. */
  readonly where: string;
  readonly axis: number;
  /** One list of indices for every line, instead of one for each element. */
  readonly list: boolean;
}
type Target = Place & { readonly shape: Shape };

/** The kernels' sizes; `whole` has the axis in full, `count` entries of it are named. */
export function sizes(whole: Shape, count: number, { axis, list }: Place) {
  const inner = numel(whole.slice(axis + 1));
  const index = list
    ? { indexOuter: 0, indexAxis: 1, indexInner: 0 }
    : { indexOuter: count * inner, indexAxis: inner, indexInner: 1 };
  return { outer: numel(whole.slice(0, axis)), size: whole[axis]!, count, inner, ...index };
}

export function refused({ facts: [index, position] }: KernelRefusal, size: number, { where, axis }: Place): Error {
  return new TargetError(
    where,
    "index-range",
    say`index ${{ index }} at position ${{ position }} is outside 0 … ${size - 1}, the entries of axis ${{ axis }}.`,
  );
}

export function pickedShape(input: Shape, indices: Shape, { axis, list }: Place): Shape {
  return list ? input.with(axis, indices[0]!) : indices;
}

type Gather = Op<{ input: Tensor; indices: Tensor }, Place>;

/** input's entries that the indices name. @internal */
export const gatherOp: Gather = defineOp<{ input: Tensor; indices: Tensor }, Place>({
  name: "gather",
  inputTypes: { indices: "int32" },
  shape: ({ input, indices }, p) => pickedShape(input.shape, indices.shape, p),
  saves: ["indices"],
  forward({ input, indices }, p, out) {
    if (out.numel > 0) run("gather_f32", sizes(input.shape, out.shape[p.axis]!, p), [input, indices], [out]);
  },
  // An entry named several times collects all its gradients.
  backward: (source, { indices }, p, { shapes }) => ({
    input: scatterAddOp({ source, indices }, { ...p, shape: shapes.input }),
  }),
  differentiable: true,
  refused: (refusal, { input }, p) => refused(refusal, input.shape[p.axis]!, p),
});

export type Scatter = Op<{ source: Tensor; indices: Tensor; input?: Tensor }, Target>;

function scatterBy(kernel: "scatter_add_f32" | "scatter_f32", name: string, gradInput: (...args: Parts) => Tensor) {
  const op: Scatter = defineOp<{ source: Tensor; indices: Tensor; input?: Tensor }, Target>({
    name,
    inputTypes: { indices: "int32" },
    shape: (_inputs, { shape }) => shape,
    saves: ["indices"],
    forward({ source, indices, input }, p, out) {
      copyStrided(input ?? zeros(p.shape, { device: out.backend }), out);
      if (source.numel > 0) run(kernel, sizes(p.shape, source.shape[p.axis]!, p), [source, indices], [out]);
    },
    backward: (gradOutput, { indices }, p, { needs }) => ({
      source: needs.source ? gatherOp({ input: gradOutput, indices }, p) : undefined,
      input: needs.input ? gradInput(gradOutput, indices, p) : undefined,
    }),
    differentiable: true,
    refused: (refusal, _inputs, p) => refused(refusal, p.shape[p.axis]!, p),
  });
  return op;
}
type Parts = [gradOutput: Tensor, indices: Tensor, p: Target];

/** The source's entries added to where the indices say, in `input` or in zeros. @internal */
export const scatterAddOp: Scatter = scatterBy("scatter_add_f32", "scatterAdd", (g) => g);

/** The same, stored: the last of several for one place stays. @internal */
export const scatterOp: Scatter = scatterBy("scatter_f32", "scatter", (input, indices, p) =>
  scatterOp({ input, indices, source: zeros(pickedShape(p.shape, indices.shape, p), { device: input.backend }) }, p),
);
