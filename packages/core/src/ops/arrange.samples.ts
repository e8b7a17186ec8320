import { tensor } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { flip, type IndexItem, index, maskedSelect, repeat, roll, tile, tril, triu } from "./arrange.ts";
import { maskedFill } from "./binary.ts";
import { einsum } from "./einsum.ts";
import { chunk } from "./join.ts";
import { suite } from "./samples.ts";
import { diagonal, slice } from "./view.ts";

type At = { readonly device: Tensor["backend"] };

const indices = (at: At, ...values: number[]) => tensor(Int32Array.from(values), at);
const mask = (at: At) => tensor([true, false, true], at);

export const arrangeSuites = [
  suite<{ dims: number | number[] }>("flip", ([x], { dims }) => flip(x, dims), [
    { name: "one axis", shapes: [[2, 3]], options: { dims: -1 }, output: [2, 3] },
    { name: "two axes", shapes: [[2, 3, 4]], options: { dims: [1, 2] }, output: [2, 3, 4] },
  ]),
  suite<{ shifts: number | number[]; dims?: number | number[] }>(
    "roll",
    ([x], { shifts, dims }) => roll(x, shifts, dims),
    [
      { name: "over all elements", shapes: [[2, 3]], options: { shifts: 4 }, output: [2, 3] },
      { name: "two axes", shapes: [[2, 3, 4]], options: { shifts: [1, -5], dims: [1, 2] }, output: [2, 3, 4] },
    ],
    [{ name: "one shift for two axes", shapes: [[2, 3]], options: { shifts: [1], dims: [0, 1] }, code: "shifts" }],
  ),
  suite<{ repeats: number[] }>("tile", ([x], { repeats }) => tile(x, repeats), [
    { name: "fewer numbers than axes", shapes: [[2, 3, 2]], options: { repeats: [2, 3] }, output: [2, 6, 6] },
  ]),
  suite<{ repeats: number[] }>(
    "repeat",
    ([x], { repeats }) => repeat(x, repeats),
    [{ name: "a new axis, too", shapes: [[2, 3]], options: { repeats: [2, 3, 1] }, output: [2, 6, 3], batched: [] }],
    [{ name: "too few numbers", shapes: [[2, 3]], options: { repeats: [2] }, code: "repeats" }],
  ),
  suite<{ diagonal?: number }>(
    "tril",
    ([x], { diagonal: by }) => tril(x, by),
    [
      { name: "a batch", shapes: [[2, 3, 4]], output: [2, 3, 4] },
      { name: "moved up", shapes: [[2, 3, 4]], options: { diagonal: 1 }, output: [2, 3, 4] },
    ],
    [{ name: "a vector", shapes: [[3]], code: "rank" }],
  ),
  suite<{ diagonal?: number }>("triu", ([x], { diagonal: by }) => triu(x, by), [
    { name: "moved down", shapes: [[2, 4, 3]], options: { diagonal: -2 }, output: [2, 4, 3] },
  ]),
  suite<object>("maskedSelect", ([x]) => maskedSelect(x, x.gt(0)), [
    { name: "what is positive", shapes: [[3, 4]], values: ["positive"], output: [12], batched: [] },
  ]),
  suite<object>("maskedFill", ([x, mask]) => maskedFill(x, mask!, -3), [
    { name: "a mask for each row", shapes: [[2, 3], [3]], values: ["normal", "mask"], output: [2, 3] },
  ]),
  suite<{ start?: number; end?: number; step?: number; dim: number }>(
    "slice",
    ([x], { dim, start, end, step }) => slice(x, dim, start, end, step),
    [
      { name: "every second", shapes: [[2, 7, 3]], options: { dim: 1, start: 1, step: 2 }, output: [2, 3, 3] },
      { name: "from behind", shapes: [[2, 7]], options: { dim: -1, start: -4, end: -1 }, output: [2, 3] },
      { name: "beyond the end", shapes: [[2, 3]], options: { dim: 1, start: 2, end: 9 }, output: [2, 1] },
    ],
    [{ name: "backwards", shapes: [[4]], options: { dim: 0, step: -1 }, code: "step" }],
  ),
  suite<{ dims: [number, number] }>(
    "diagonal",
    ([x], { dims }) => diagonal(x, ...dims),
    [{ name: "of the outer axes", shapes: [[3, 2, 4]], options: { dims: [0, -1] }, output: [2, 3], batched: [] }],
    [{ name: "of one axis", shapes: [[3, 3]], options: { dims: [1, -1] }, code: "dim" }],
  ),
  suite<{ chunks: number; dim: number; piece: number }>(
    "chunk",
    ([x], { chunks, dim, piece }) => chunk(x, chunks, dim)[piece]!,
    [{ name: "a smaller last piece", shapes: [[2, 7]], options: { chunks: 3, dim: 1, piece: 2 }, output: [2, 1] }],
    [{ name: "no pieces", shapes: [[2]], options: { chunks: 0, dim: 0, piece: 0 }, code: "chunks" }],
  ),
  suite<{ items: (at: At) => IndexItem[] }>(
    "index",
    ([x], { items }) => index(x, items({ device: x.backend })),
    [
      {
        name: "a number, a slice, all",
        shapes: [[3, 4, 5]],
        options: { items: () => [-1, [1, 4, 2], null] },
        output: [2, 5],
        batched: [],
      },
      {
        name: "one index, some twice",
        shapes: [[2, 4, 3]],
        options: { items: (at) => [null, indices(at, 3, 0, 3, -2, 1)] },
        output: [2, 5, 3],
        batched: [],
      },
      {
        name: "an element of each row",
        shapes: [[3, 4, 2]],
        options: { items: (at) => [indices(at, 0, 1, 2), indices(at, 3, 1, -4)] },
        output: [3, 2],
        batched: [],
      },
      {
        name: "a mask behind a slice",
        shapes: [[4, 3]],
        options: { items: (at) => [[1], mask(at)] },
        output: [3, 2],
        batched: [],
      },
    ],
    [
      { name: "more items than axes", shapes: [[2]], options: { items: () => [0, 0] }, code: "items" },
      {
        name: "tensors apart",
        shapes: [[2, 2, 2]],
        options: { items: (at) => [indices(at, 0), null, indices(at, 0)] },
        code: "apart",
      },
      {
        name: "outside",
        shapes: [[2, 2]],
        options: { items: (at) => [indices(at, 1), indices(at, 2)] },
        code: "index-range",
      },
      {
        name: "a mask of another size",
        shapes: [[2, 3]],
        options: { items: (at) => [mask(at)] },
        code: "mask-shape",
      },
    ],
  ),
  suite<{ equation: string }>(
    "einsum",
    (inputs, { equation }) => einsum(equation, ...inputs),
    [
      {
        name: "a matrix product, transposed",
        shapes: [
          [2, 3],
          [3, 4],
        ],
        options: { equation: "ij,jk->ki" },
        output: [4, 2],
        batched: [],
      },
      {
        name: "a batch with sums on one side",
        shapes: [
          [2, 3, 4],
          [2, 4, 5, 2],
        ],
        options: { equation: "bik,bkjs->bij" },
        output: [2, 3, 5],
        batched: [0, 1],
      },
      {
        name: "three operands, bilinear",
        shapes: [
          [2, 3],
          [4, 3, 5],
          [2, 5],
        ],
        options: { equation: "bi,oij,bj->bo" },
        output: [2, 4],
        batched: [0, 2],
      },
      {
        name: "a trace for each, and no arrow",
        shapes: [[3, 2, 3], [2]],
        options: { equation: "iji,k" },
        output: [2, 2],
        batched: [],
      },
      { name: "an outer product", shapes: [[3], [2]], options: { equation: "i,j->ij" }, output: [3, 2], batched: [0] },
      {
        name: "all axes in front, of which one side has fewer",
        shapes: [
          [2, 3, 2, 4],
          [3, 4, 2],
        ],
        options: { equation: "...ij,...jk->...ik" },
        output: [2, 3, 2, 2],
      },
      {
        name: "channels mixed, the axes behind left alone",
        shapes: [
          [2, 3, 2, 2],
          [4, 3],
        ],
        options: { equation: "nc...,oc->no..." },
        output: [2, 4, 2, 2],
      },
      {
        name: "axes of size 1 that are repeated, and no arrow",
        shapes: [
          [2, 1, 3],
          [3, 4],
        ],
        options: { equation: "...k,kj" },
        output: [2, 1, 4],
      },
      {
        name: "axes without a letter summed over",
        shapes: [
          [2, 1, 3],
          [4, 3],
        ],
        options: { equation: "...i,...i->i" },
        output: [3],
        batched: [],
      },
    ],
    [
      {
        name: "sizes that differ",
        shapes: [
          [2, 3],
          [4, 5],
        ],
        options: { equation: "ij,jk" },
        code: "sizes",
      },
      { name: "another number of axes", shapes: [[2, 3]], options: { equation: "ijk->i" }, code: "rank" },
      {
        name: "axes without a letter of sizes that differ",
        shapes: [
          [2, 3],
          [3, 3],
        ],
        options: { equation: "...i,...i->i" },
        code: "sizes",
      },
      { name: "two times three dots", shapes: [[2, 3]], options: { equation: "...i...->i" }, code: "equation" },
      { name: "an operand too few", shapes: [[2, 3]], options: { equation: "ij,jk->ik" }, code: "operands" },
      { name: "a letter from nowhere", shapes: [[2]], options: { equation: "i->z" }, code: "equation" },
    ],
  ),
];
