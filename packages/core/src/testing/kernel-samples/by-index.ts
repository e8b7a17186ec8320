/** @file Samples of the kernels by index and of those that run along or sort a line. */
import type { Params } from "../../kernels/contract.ts";
import type { KernelSample, KernelSamples, ValueKind } from "./types.ts";

type Sizes = Pick<Params<"gather_f32">, "outer" | "size" | "count" | "inner">;
type ByIndex = Params<"gather_f32">;

/** An index for every element. */
const full = (s: Sizes): ByIndex => ({ ...s, indexOuter: s.count * s.inner, indexAxis: s.inner, indexInner: 1 });
/** One list for every line. */
const list = (s: Sizes): ByIndex => ({ ...s, indexOuter: 0, indexAxis: 1, indexInner: 0 });
/** One index for every row of `inner`. */
const rows = (s: Sizes): ByIndex => ({ ...s, indexOuter: s.count, indexAxis: 1, indexInner: 0 });

const sizes: readonly Sizes[] = [
  { outer: 1, size: 1, count: 1, inner: 1 },
  { outer: 3, size: 5, count: 7, inner: 1 },
  { outer: 2, size: 7, count: 4, inner: 19 },
  { outer: 1, size: 11, count: 300, inner: 67 },
  { outer: 1, size: 5, count: 9, inner: 1_030 },
  { outer: 130, size: 33, count: 257, inner: 1 },
  { outer: 2, size: 3, count: 0, inner: 4 },
  { outer: 0, size: 3, count: 2, inner: 4 },
];

const indexed: readonly KernelSample<"gather_f32">[] = sizes.flatMap((s) =>
  Object.entries({ full, list, rows }).map(([name, layout]) => ({
    name: `[${s.outer}, ${s.size} → ${s.count}, ${s.inner}], ${name}`,
    params: layout(s),
    values: { indices: { below: s.size } },
  })),
);

const lines = [
  { outer: 1, size: 1, inner: 1 },
  { outer: 5, size: 10, inner: 1 },
  { outer: 3, size: 5, inner: 7 },
  { outer: 1, size: 13, inner: 67 },
  { outer: 2, size: 1000, inner: 3 },
  { outer: 2, size: 70_001, inner: 1 },
  { outer: 4_001, size: 3, inner: 5 },
  { outer: 0, size: 5, inner: 3 },
  { outer: 2, size: 0, inner: 3 },
];
const few = [
  { outer: 7, size: 13, inner: 1 },
  { outer: 7, size: 40, inner: 5 },
  { outer: 2, size: 150, inner: 1 },
];

function running(input: ValueKind, special: readonly ValueKind[] = []): readonly KernelSample<"cumsum_f32">[] {
  const call = (at: (typeof lines)[number], reverse: number, exclusive: number, kind: ValueKind) => ({
    name: `[${at.outer}, ${at.size}, ${at.inner}], reverse ${reverse}, exclusive ${exclusive}`,
    params: { ...at, reverse, exclusive },
    values: { input: kind },
  });
  return [
    ...lines.map((at, i) => call(at, i % 2, (i >> 1) % 2, input)),
    ...[0, 1, 2, 3].map((bits) => call(few[1]!, bits & 1, bits >> 1, input)),
    ...special.map((kind) => call(few[0]!, 0, 0, kind)),
  ];
}

const kinds: readonly ValueKind[] = ["normal", "ties", "nan", "extremes"];
const sorts: readonly KernelSample<"sort_f32">[] = [0, 1].flatMap((descending) => [
  ...lines.map((at) => ({
    name: `[${at.outer}, ${at.size}, ${at.inner}], descending ${descending}`,
    params: { ...at, descending },
  })),
  ...few.flatMap((at) =>
    kinds.map((input) => ({
      name: `[${at.outer}, ${at.size}, ${at.inner}], descending ${descending}, ${input}`,
      params: { ...at, descending },
      values: { input },
    })),
  ),
]);

/** What is large costs the reference seconds: one count and one kind of values are enough to see the kernel cut it. */
function topkCases(at: (typeof lines)[number]): { counts: readonly number[]; inputs: readonly ValueKind[] } {
  if (at.outer * at.size * at.inner > 5_000) return { counts: [Math.min(5, at.size - 1)], inputs: ["normal"] };
  const counts = [...new Set([0, 1, 5, at.size])].filter((count) => count <= at.size);
  return { counts, inputs: kinds };
}

const topks: readonly KernelSample<"topk_f32">[] = [0, 1].flatMap((largest) =>
  [...lines, ...few].flatMap((at) => {
    const { counts, inputs } = topkCases(at);
    return counts.flatMap((count) =>
      inputs.map((input) => ({
        name: `${count} of [${at.outer}, ${at.size}, ${at.inner}], largest ${largest}, ${input}`,
        params: { ...at, count, largest },
        values: { input },
      })),
    );
  }),
);

export const byIndex = {
  gather_f32: indexed,
  gather_i32: indexed,
  scatter_f32: indexed,
  scatter_add_f32: indexed,
  cumsum_f32: running("normal", ["nan", "specials"]),
  cumsum_i32: running("normal", ["wide"]),
  cumprod_f32: running("unit", ["normal", "nan", "specials"]),
  sort_f32: sorts,
  topk_f32: topks,
} satisfies Partial<KernelSamples>;
