import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { oracleSources, readOracle } from "../../../test/oracle.ts";
import {
  fillBernoulli,
  fillBernoulliTensor,
  fillNormal,
  fillUniform,
  Generator,
  randint,
  randperm,
  shuffleOrder,
} from "./index.ts";

interface StreamCase {
  op: string;
  seed: number;
  n: number;
  args: Record<string, number>;
  sha256: string;
  next_random: number;
  values?: number[];
  first?: number[];
}

type Draw = (gen: Generator, n: number, args: Record<string, number>) => Float32Array | BigInt64Array;
const wide = (order: Iterable<number>) => BigInt64Array.from(order, BigInt);

const draws: Record<string, Draw> = {
  "torch.rand": (gen, n) => fillUniform(gen, new Float32Array(n)),
  "torch.randn": (gen, n) => fillNormal(gen, new Float32Array(n)),
  "torch.randint": (gen, n, { low, high }) => randint(gen, low!, high!, new BigInt64Array(n)),
  "torch.randperm": (gen, n) => wide(randperm(gen, n)),
  "torch.bernoulli": (gen, n, { p_tensor }) =>
    fillBernoulliTensor(gen, new Float32Array(n).fill(p_tensor!), new Float32Array(n)),
  "Tensor.bernoulli_": (gen, n, { p }) => fillBernoulli(gen, new Float32Array(n), p!),
  "F.dropout(ones)": (gen, n, { p }) => fillBernoulli(gen, new Float32Array(n), 1 - p!).map((x) => x / (1 - p!)),
  "Tensor.uniform_": (gen, n, { from, to }) => fillUniform(gen, new Float32Array(n), from, to),
  "Tensor.normal_": (gen, n, { mean, std }) => fillNormal(gen, new Float32Array(n), mean, std),
  "DataLoader(shuffle=True)": (gen, n, { epochs }) =>
    wide(Array.from({ length: epochs! }, () => [...shuffleOrder(gen, n)]).flat()),
};

const digest = (data: Float32Array | BigInt64Array) =>
  createHash("sha256")
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");

for (const source of oracleSources("rng/streams.json")) {
  describe.skipIf(source.missing)(`torch's random streams, ${source.name}`, () => {
    const cases = source.missing ? [] : readOracle<{ cases: StreamCase[] }>(source, "rng/streams.json").cases;
    for (const [op, draw] of Object.entries(draws)) {
      test(op, () => {
        const own = cases.filter((c) => c.op === op);
        expect(own.length).toBeGreaterThan(0);
        for (const { seed, n, args, sha256, values, first, next_random } of own) {
          const gen = new Generator(seed);
          const data = draw(gen, n, args);
          const head = values ?? first ?? [];
          expect(Array.from(data.slice(0, head.length), Number), `${op} seed ${seed} n ${n}`).toEqual(
            data instanceof Float32Array ? [...Float32Array.from(head)] : head,
          );
          expect(digest(data), `${op} seed ${seed} n ${n}`).toBe(sha256);
          expect(gen.random() % 2 ** 31, `draws used by ${op} seed ${seed} n ${n}`).toBe(next_random);
        }
      });
    }
    test("no stream is left out", () => {
      expect(cases.map((c) => c.op).filter((op) => !(op in draws))).toEqual([]);
    });
  });
}

// Values printed by torch 1.13.1 (CPU, AVX2): calls that streams.json does not hold.
describe("torch's random streams, further calls", () => {
  test("long fills whose fused multiply-adds matter", () => {
    const gen = new Generator(11);
    const fill = (n: number, make: (out: Float32Array) => Float32Array) => digest(make(new Float32Array(n)));
    expect(fill(100_000, (out) => fillUniform(gen, out, 0.5, 0.50001))).toBe(
      "5e8b1f1aae44cea39024e4b5ca00e1372f4b98c2b7f321112dfed7e09506403d",
    );
    expect(fill(100_003, (out) => fillNormal(gen, out, 0.3, 0.7))).toBe(
      "ebac4ffba2117075f5daa3aa4381b7a6255098a87fc8f8a2a3d6202128a83c96",
    );
    expect(fill(200_000, (out) => fillNormal(gen, out))).toBe(
      "bad415bd49b9bac5af791dc9be6c383f7039e4d2b900694e6893e773d7ce4d58",
    );
    expect(fill(100_000, (out) => fillUniform(gen, out, -1e-3, 3e-3))).toBe(
      "6d6a2f43df06cadc4019e468204a63ec95e809c3bb52c82de6fb1c5ca181aad4",
    );
    expect(fill(100_000, (out) => fillUniform(gen, out, 1e-6, 1))).toBe(
      "beda0fba6f8588289a727dac0e106ffcabd7852a6194072c6a312b3073e0a3ae",
    );
    expect(gen.random() % 2 ** 31).toBe(1871775563);
  });

  test("integers from ranges of 2^32 and more", () => {
    const gen = new Generator(5);
    const draw = (low: number | bigint, high: number | bigint) => [...randint(gen, low, high, new BigInt64Array(3))];
    expect(draw(0, 2 ** 40)).toEqual([425438759118n, 1030067709629n, 989404716150n]);
    expect(draw(-(2n ** 62n), 2n ** 62n)).toEqual([3110322205078906953n, 4397910206407672548n, -2550375600412915778n]);
    expect([...randint(gen, -(2 ** 31), 2 ** 31, new Int32Array(3))]).toEqual([-626472336, -57389360, 2108059852]);
  });

  test("half a pair of normals waits through other calls", () => {
    const gen = new Generator(0);
    const normals = (n: number) => fillNormal(gen, new Float32Array(n));
    expect(normals(1)[0]).toBe(1.5409960746765137);
    expect([...fillUniform(gen, new Float32Array(3))]).toEqual([
      0.30742281675338745, 0.6340786814689636, 0.4900934100151062,
    ]);
    expect(normals(16)[0]).toBe(-2.1152193546295166);
    expect(normals(1)[0]).toBe(-0.293428897857666);
  });
});
