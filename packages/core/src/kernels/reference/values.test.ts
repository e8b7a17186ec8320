/** @file Values that somebody else worked out: manuals, papers, and what C and torch do with NaN, ties and borders. */
import { describe, expect, it } from "vitest";
import { compute } from "./compute.ts";
import { RefusedData } from "./types.ts";

const nan = Number.NaN;
const inf = Number.POSITIVE_INFINITY;

type Unary = "relu_f32" | "sign_f32" | "clamp_f32" | "leaky_relu_f32" | "pow_scalar_f32" | "sigmoid_f32";
const apply = (kernel: Unary, input: readonly number[], alpha = 0, beta = 0) => [
  ...compute(kernel, { count: input.length, alpha, beta }, [input]).output!,
];

describe("element by element", () => {
  it("NaN passes through", () => {
    for (const kernel of ["relu_f32", "leaky_relu_f32", "sigmoid_f32"] as const)
      expect(apply(kernel, [nan]), kernel).toEqual([nan]);
    expect(apply("clamp_f32", [nan, -2, 0, 2], -1, 1)).toEqual([nan, -1, 0, 1]);
  });
  it("sign is 0 for NaN, as torch.sign", () => {
    expect(apply("sign_f32", [nan, -inf, -0.5, 0, 3])).toEqual([0, -1, -1, 0, 1]);
  });
  it("relu's gradient is 0 at 0", () => {
    expect([
      ...compute("relu_backward_f32", { count: 3, alpha: 0, beta: 0 }, [
        [5, 5, 5],
        [0, 2, nan],
      ]).gradInput!,
    ]).toEqual([0, 5, 5]);
  });
  it("clamp's gradient passes at both borders", () => {
    const p = { count: 5, alpha: -1, beta: 1 };
    const { gradInput } = compute("clamp_backward_f32", p, [
      [1, 2, 3, 4, 5],
      [-1.5, -1, 0, 1, nan],
    ]);
    expect([...gradInput!]).toEqual([0, 2, 3, 4, 0]);
  });
  it("pow as C99 (annex F) has it", () => {
    expect(apply("pow_scalar_f32", [nan, 0, -2], 0)).toEqual([1, 1, 1]);
    expect(apply("pow_scalar_f32", [1, -1, 2, -inf], inf)).toEqual([1, 1, inf, inf]);
    expect(apply("pow_scalar_f32", [1, 2], nan)).toEqual([1, nan]);
    expect(apply("pow_scalar_f32", [-8, 4, 0], 1 / 2)).toEqual([nan, 2, 0]);
  });
});

it("casts cut towards zero; bytes keep the low 8 bits; NaN is true", () => {
  expect([...compute("cast_f32_i32", { count: 4 }, [[1.9, -1.9, 0.5, -0.5]]).output!]).toEqual([1, -1, 0, 0]);
  expect([...compute("cast_f32_u8", { count: 3 }, [[0.9, 254.99, 255]]).output!]).toEqual([0, 254, 255]);
  expect([...compute("cast_i32_u8", { count: 3 }, [[-1, 256, 511]]).output!]).toEqual([255, 0, 255]);
  expect([...compute("cast_f32_bool", { count: 4 }, [[0, -0, nan, 0.1]]).output!]).toEqual([0, 0, 1, 1]);
});

const one = [1, 1, 1, 1, 1, 1];
describe("broadcasting", () => {
  const table = {
    ndim: 2,
    shape: [...one, 2, 3],
    stridesA: [0, 0, 0, 0, 0, 0, 1, 0],
    stridesB: [0, 0, 0, 0, 0, 0, 0, 1],
  };
  it("a column and a row make a table", () => {
    expect([
      ...compute("sub_f32", table, [
        [10, 20],
        [1, 2, 3],
      ]).output!,
    ]).toEqual([9, 8, 7, 19, 18, 17]);
    expect([
      ...compute("lt_f32", table, [
        [2, nan],
        [1, 2, 3],
      ]).output!,
    ]).toEqual([0, 0, 1, 0, 0, 0]);
    const where = { ...table, stridesCondition: table.stridesB };
    expect([
      ...compute("where_f32", where, [
        [1, 0, 2],
        [10, 20],
        [1, 2, 3],
      ]).output!,
    ]).toEqual([10, 2, 10, 20, 2, 20]);
  });
  it("int32 wraps around, products with all their low bits", () => {
    const pair = {
      ndim: 1,
      shape: [...one, 1, 2],
      stridesA: [0, 0, 0, 0, 0, 0, 0, 1],
      stridesB: [0, 0, 0, 0, 0, 0, 0, 1],
    };
    expect([
      ...compute("add_i32", pair, [
        [2147483647, 5],
        [1, 6],
      ]).output!,
    ]).toEqual([-2147483648, 11]);
    expect([
      ...compute("mul_i32", pair, [
        [123456789, -3],
        [987654321, 7],
      ]).output!,
    ]).toEqual([-67153019, -21]);
  });
  it("a copy between strides transposes and leaves the rest alone", () => {
    const p = {
      ndim: 2,
      shape: [...one, 2, 3],
      stridesA: [0, 0, 0, 0, 0, 0, 3, 1],
      stridesB: [0, 0, 0, 0, 0, 0, 1, 3],
    };
    const before = { output: [-1, -1, -1, -1, -1, -1, -1, -1, -1] };
    expect([...compute("copy_strided_i32", p, [[1, 2, 3, 4, 5, 6]], before).output!]).toEqual([
      1, 4, -1, 2, 5, -1, 3, 6, -1,
    ]);
  });
});

describe("along an axis", () => {
  const line = (size: number) => ({ outer: 1, size, inner: 1 });
  it("argmax takes the first largest, and the first NaN before all", () => {
    const argmax = (x: readonly number[]) => compute("argmax_f32", line(x.length), [x]).output![0];
    expect([argmax([1, 3, 3]), argmax([1, nan, 9, nan]), argmax([nan, 1]), argmax([-inf, -inf])]).toEqual([1, 1, 0, 0]);
  });
  it("softmax of 1, 2, 3, and of values whose powers overflow", () => {
    const { output } = compute("softmax_f32", line(3), [[1001, 1002, 1003]]);
    [0.09003057317038046, 0.24472847105479764, 0.6652409557748218].forEach((y, i) => {
      expect(output![i]).toBeCloseTo(y, 14);
    });
    const logs = compute("log_softmax_f32", line(3), [[1, 2, 3]]).output!;
    [-2.4076059644443806, -1.4076059644443806, -0.4076059644443806].forEach((y, i) => {
      expect(logs[i]).toBeCloseTo(y, 14);
    });
  });
  it("reduces the middle axis only", () => {
    expect([...compute("sum_f32", { outer: 2, size: 2, inner: 2 }, [[1, 2, 3, 4, 5, 6, 7, 8]]).output!]).toEqual([
      4, 6, 12, 14,
    ]);
  });
});

it("matrix products with either operand transposed", () => {
  const p = { batch: 1, m: 2, n: 2, k: 3, transposeA: 0, transposeB: 0, batchStrideA: 0, batchStrideB: 0 };
  const [a, at] = [
    [1, 2, 3, 4, 5, 6],
    [1, 4, 2, 5, 3, 6],
  ];
  const [b, bt] = [
    [7, 8, 9, 10, 11, 12],
    [7, 9, 11, 8, 10, 12],
  ];
  const expected = Float64Array.of(58, 64, 139, 154);
  for (const transposeA of [0, 1])
    for (const transposeB of [0, 1])
      expect(
        compute("matmul_f32", { ...p, transposeA, transposeB }, [transposeA ? at : a, transposeB ? bt : b]).output,
      ).toEqual(expected);
});

/** The examples of numpy.pad's manual: [1, 2, 3, 4, 5] by (2, 3). */
it.each([
  ["reflect", 0, [3, 2, 1, 2, 3, 4, 5, 4, 3, 2]],
  ["replicate (numpy's edge)", 1, [1, 1, 1, 2, 3, 4, 5, 5, 5, 5]],
  ["circular (numpy's wrap)", 2, [4, 5, 1, 2, 3, 4, 5, 1, 2, 3]],
  ["constant", 3, [9, 9, 1, 2, 3, 4, 5, 9, 9, 9]],
] as const)("pads by %s", (_name, mode, expected) => {
  const p = { planes: 1, inHeight: 1, inWidth: 5, outHeight: 1, outWidth: 10, padTop: 0, padLeft: 2, mode, value: 9 };
  expect([...compute("pad2d_f32", p, [[1, 2, 3, 4, 5]]).output!]).toEqual(expected);
});

it("batch norm divides by n to normalise and reports the variance by n − 1", () => {
  const p = { batch: 2, channels: 2, spatial: 2, eps: 0 };
  // channel 0: 1, 2, 3, 4 (mean 2.5, variance 1.25 and 5/3); channel 1: 0, 0, 8, 8 (mean 4, variance 16 and 64/3)
  const { output, mean, invStd, variance } = compute("batch_norm_train_f32", p, [
    [1, 2, 0, 0, 3, 4, 8, 8],
    [1, 10],
    [0, 5],
  ]);
  expect([...mean!]).toEqual([2.5, 4]);
  expect([...invStd!]).toEqual([1 / Math.sqrt(1.25), 0.25]);
  expect([...variance!]).toEqual([5 / 3, 64 / 3]);
  expect([...output!.subarray(2, 4), ...output!.subarray(6)]).toEqual([-5, -5, 15, 15]);
  expect(output![0]).toBeCloseTo(-1.5 / Math.sqrt(1.25), 15);
});

describe("negative log-likelihood", () => {
  const p = { batch: 3, classes: 2, spatial: 1, ignoreIndex: -100 };
  const logProb = [-1, -2, -3, -4, -5, -6];
  it("weighs by class and leaves ignored targets out", () => {
    const { output, weights } = compute("nll_loss_f32", p, [logProb, [1, -100, 0], [10, 100]]);
    expect([...output!]).toEqual([200, 0, 50]);
    expect([...weights!]).toEqual([100, 0, 10]);
  });
  it("refuses a target outside the classes, with the target and its position", () => {
    for (const target of [2, -1]) {
      let refusal: unknown;
      try {
        compute("nll_loss_f32", p, [logProb, [0, target, 1], null]);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(RefusedData);
      expect(refusal).toMatchObject({ status: 1, facts: [target, 1] });
    }
  });
});

describe("optimisers", () => {
  it("SGD with momentum by hand: two steps, dampening from the second on, nesterov", () => {
    const p = {
      count: 1,
      learningRate: 0.5,
      momentum: 0.5,
      dampening: 0.25,
      weightDecay: 0.5,
      nesterov: 0,
      first: 1,
      maximize: 0,
    };
    // g = 1 + 0.5·2 = 2, b = 2, x = 2 − 1 = 1; then g = 1 + 0.5 = 1.5, b = 1 + 0.75·1.5 = 2.125, x = 1 − 1.0625
    const step1 = compute("sgd_f32", p, [[1]], { param: [2], momentumBuffer: [99] });
    expect([step1.param![0], step1.momentumBuffer![0]]).toEqual([1, 2]);
    const step2 = compute("sgd_f32", { ...p, first: 0 }, [[1]], {
      param: step1.param!,
      momentumBuffer: step1.momentumBuffer!,
    });
    expect([step2.param![0], step2.momentumBuffer![0]]).toEqual([-0.0625, 2.125]);
    // nesterov's first step: g + 0.5·b = 3
    expect(compute("sgd_f32", { ...p, nesterov: 1 }, [[1]], { param: [2] }).param![0]).toBe(0.5);
    // without momentum the buffer is not touched
    const plain = compute("sgd_f32", { ...p, momentum: 0, maximize: 1 }, [[1]], { param: [2], momentumBuffer: [99] });
    expect([plain.param![0], plain.momentumBuffer![0]]).toEqual([2, 99]); // −1 + 0.5·2 = 0
  });

  const first = {
    count: 2,
    learningRate: 0.1,
    beta1: 0.9,
    beta2: 0.999,
    oneMinusBeta1: 0.1,
    oneMinusBeta2: 0.001,
    eps: 0,
    weightDecay: 0,
    stepSize: 1,
    invBias2Sqrt: 1 / Math.sqrt(0.001),
    decoupled: 0,
    maximize: 0,
  };
  const zeros = { expAvg: [0, 0], expAvgSq: [0, 0], maxExpAvgSq: null };
  it("Adam's first step is the learning rate, whatever the gradient's size (Kingma & Ba 2015, section 2.1)", () => {
    const { param } = compute("adam_f32", first, [[1000, -1e-3]], { param: [1, 1], ...zeros });
    expect(param![0]).toBeCloseTo(0.9, 14);
    expect(param![1]).toBeCloseTo(1.1, 14);
  });
  it("AdamW shrinks the parameter apart from that (Loshchilov & Hutter 2019, algorithm 2)", () => {
    const p = { ...first, weightDecay: 0.5, decoupled: 1 };
    const { param } = compute("adam_f32", p, [[1000, -1e-3]], { param: [1, 1], ...zeros });
    expect(param![0]).toBeCloseTo(0.95 - 0.1, 14);
    expect(param![1]).toBeCloseTo(0.95 + 0.1, 14);
  });
  it("amsgrad keeps the largest second moment", () => {
    const state = { param: [1, 1], expAvg: [0, 0], expAvgSq: [0, 0], maxExpAvgSq: [4, 0] };
    const { param, maxExpAvgSq } = compute("adam_f32", { ...first, stepSize: 1, invBias2Sqrt: 1 }, [[1, 1]], state);
    expect(maxExpAvgSq![0]).toBe(4);
    expect(maxExpAvgSq![1]).toBe(0.001);
    expect(param![0]).toBeCloseTo(1 - 0.1 / 2, 14);
  });
});

describe("by index", () => {
  // The examples of torch's manual.
  it("gather: torch.gather(t, 1, [[0, 0], [1, 0]])", () => {
    const p = { outer: 2, size: 2, count: 2, inner: 1, indexOuter: 2, indexAxis: 1, indexInner: 1 };
    const { output } = compute("gather_f32", p, [
      [1, 2, 3, 4],
      [0, 0, 1, 0],
    ]);
    expect([...output!]).toEqual([1, 1, 4, 3]);
  });
  it("scatter: torch.zeros(3, 5).scatter_(0, [[0, 1, 2, 0]], src)", () => {
    const p = { outer: 1, size: 3, count: 1, inner: 4, indexOuter: 4, indexAxis: 4, indexInner: 1 };
    const { output } = compute("scatter_f32", p, [
      [1, 2, 3, 4],
      [0, 1, 2, 0],
    ]);
    expect([...output!]).toEqual([1, 0, 0, 4, 0, 2, 0, 0, 0, 0, 3, 0]);
  });
  it("an index named twice: scatter keeps the last, scatter_add both", () => {
    const p = { outer: 1, size: 2, count: 3, inner: 1, indexOuter: 3, indexAxis: 1, indexInner: 1 };
    const read = [
      [5, 7, 11],
      [1, 1, 0],
    ];
    expect([...compute("scatter_f32", p, read).output!]).toEqual([11, 7]);
    expect([...compute("scatter_add_f32", p, read, { output: [100, 200] }).output!]).toEqual([111, 212]);
  });
  it.each([-1, 2])("refuses index %i of 2, naming it and its place", (index) => {
    const p = { outer: 1, size: 2, count: 3, inner: 1, indexOuter: 3, indexAxis: 1, indexInner: 1 };
    const call = () =>
      compute("gather_f32", p, [
        [5, 7],
        [0, 1, index],
      ]);
    expect(call).toThrow(RefusedData);
    expect(call).toThrow(`${index}, 2`);
  });
});

describe("sorted", () => {
  const p = { outer: 1, size: 6, inner: 1 };
  const line = [0, nan, -0, 2, -inf, 2];
  it("NaN last, equals in their order", () => {
    const { values, indices } = compute("sort_f32", { ...p, descending: 0 }, [line]);
    expect([...indices!]).toEqual([4, 0, 2, 3, 5, 1]);
    expect([...values!]).toEqual([-inf, 0, -0, 2, 2, nan]);
  });
  it("NaN first when descending", () => {
    expect([...compute("sort_f32", { ...p, descending: 1 }, [line]).indices!]).toEqual([1, 3, 5, 0, 2, 4]);
  });
  it("the two smallest", () => {
    const { indices } = compute("topk_f32", { ...p, count: 2, largest: 0 }, [line]);
    expect([...indices!]).toEqual([4, 0]);
  });
});

it("running sums and products, from both ends, with and without the element", () => {
  const p = { outer: 1, size: 4, inner: 1 };
  const of = (kernel: "cumsum_f32" | "cumprod_f32", reverse: number, exclusive: number) => [
    ...compute(kernel, { ...p, reverse, exclusive }, [[2, 3, 5, 7]]).output!,
  ];
  expect(of("cumsum_f32", 0, 0)).toEqual([2, 5, 10, 17]);
  expect(of("cumsum_f32", 1, 0)).toEqual([17, 15, 12, 7]);
  expect(of("cumprod_f32", 0, 1)).toEqual([1, 2, 6, 30]);
  expect(of("cumprod_f32", 1, 1)).toEqual([105, 35, 7, 1]);
});
