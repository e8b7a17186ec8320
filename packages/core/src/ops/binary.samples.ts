import type { Tensor } from "../autograd/tensor.ts";
import { add, div, maximum, minimum, mul, type Operand, pow, sub, where } from "./binary.ts";
import { type SampleInput, type SampleValues, suite } from "./samples.ts";

function pairs(values: readonly SampleValues[]): SampleInput<object>[] {
  return [
    {
      name: "one shape",
      shapes: [
        [2, 3],
        [2, 3],
      ],
      values,
      output: [2, 3],
      batched: [0, 1],
    },
    { name: "a row for all", shapes: [[2, 3, 4], [4]], values, output: [2, 3, 4] },
    {
      name: "a number per channel",
      shapes: [
        [2, 3, 2, 2],
        [3, 1, 1],
      ],
      values,
      output: [2, 3, 2, 2],
    },
    {
      name: "both repeated",
      shapes: [
        [3, 1],
        [1, 4],
      ],
      values,
      output: [3, 4],
      batched: [],
    },
    { name: "a scalar", shapes: [[], [2, 3]], values, output: [2, 3], batched: [1] },
  ];
}

const broadcast = [
  {
    name: "sizes that do not broadcast",
    shapes: [
      [2, 3],
      [2, 4],
    ],
    code: "broadcast",
  },
];

const binary = (name: string, op: (a: Tensor, b: Operand) => Tensor, values: readonly SampleValues[] = []) =>
  suite<object>(name, ([a, b]) => op(a, b!), pairs(values), broadcast);

const withNumber = (name: string, op: (a: Tensor, b: Operand) => Tensor) =>
  suite<object>(`${name} a number`, ([a]) => op(a, 1.75), [
    { name: "each element", shapes: [[2, 3]], values: ["positive"], output: [2, 3] },
  ]);

export const binarySuites = [
  binary("add", add),
  binary("sub", sub),
  binary("mul", mul),
  binary("div", div, ["normal", "positive"]),
  binary("pow", pow, ["positive", "normal"]),
  // Distinct within each; the two differ by a quarter of the spacing.
  suite<object>("maximum", ([a, b]) => maximum(a, mul(b!, 1.03)), pairs(["distinct", "distinct"]), broadcast),
  suite<object>("minimum", ([a, b]) => minimum(a, mul(b!, 1.03)), pairs(["distinct", "distinct"]), broadcast),
  withNumber("add", add),
  withNumber("sub", sub),
  withNumber("mul", mul),
  withNumber("div", div),
  withNumber("pow", pow),
  suite<object>(
    "where",
    ([condition, a, b]) => where(condition, a!, b!),
    [
      {
        name: "one shape",
        shapes: [
          [2, 3],
          [2, 3],
          [2, 3],
        ],
        values: ["mask"],
        output: [2, 3],
        batched: [0, 1, 2],
      },
      { name: "all repeated", shapes: [[3, 1], [1, 4], []], values: ["mask"], output: [3, 4], batched: [] },
    ],
    [{ name: "sizes that do not broadcast", shapes: [[2, 3], [2, 3], [2]], values: ["mask"], code: "broadcast" }],
  ),
];
