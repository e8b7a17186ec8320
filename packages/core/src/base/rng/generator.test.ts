import { describe, expect, test } from "vitest";
import {
  defaultGenerator,
  fillBernoulli,
  fillBernoulliTensor,
  fillNormal,
  fillUniform,
  Generator,
  manualSeed,
  randint,
  randperm,
  shuffleOrderOwn,
} from "./index.ts";

const outputs = (gen: Generator, n: number) => Array.from({ length: n }, () => gen.random());

describe("Generator", () => {
  test("is mt19937: the 10,000th output of the default seed 5489 (C++ standard, [rand.predef])", () => {
    const gen = new Generator(5489);
    expect(outputs(gen, 10_000).at(-1)).toBe(4123659995);
  });

  test("seeds as torch: negative ones modulo 2^64, only the low 32 bits reach the engine", () => {
    const gen = new Generator(-1);
    expect(gen.initialSeed()).toBe(18446744073709551615n);
    expect(outputs(gen, 3).map((x) => x % 2 ** 31)).toEqual([419326371, 479346978, 1771170828]);
    expect(outputs(new Generator(2 ** 40 + 1), 5)).toEqual(outputs(new Generator(1), 5));
    expect(new Generator().initialSeed()).toBe(67280421310721n);
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, -(2n ** 63n) - 1n, 2n ** 64n])(
    "refuses the seed %s",
    (seed) => {
      expect(() => new Generator(seed)).toThrow(expect.objectContaining({ name: "ArgumentError", code: "seed" }));
    },
  );

  test("random64 gives the high word first", () => {
    const [high, low] = outputs(new Generator(3), 2);
    expect(new Generator(3).random64()).toBe((BigInt(high!) << 32n) | BigInt(low!));
  });

  test("goes on from a copied state, in the middle of a block and of a pair", () => {
    const gen = new Generator(9);
    outputs(gen, 1000);
    fillNormal(gen, new Float32Array(1));
    const state = structuredClone(gen.getState());
    const twin = gen.clone();
    const next = () => [...fillNormal(gen, new Float32Array(3)), ...outputs(gen, 700)];
    const expected = next();
    expect([...fillNormal(twin, new Float32Array(3)), ...outputs(twin, 700)]).toEqual(expected);
    gen.manualSeed(1).setState(state);
    expect(next()).toEqual(expected);
    expect(gen.initialSeed()).toBe(9n);
  });

  test.each([
    { words: new Uint32Array(623) },
    { position: 625 },
    { position: 1.5 },
    { cachedNormal: Number.NaN },
    { seed: "nine" },
  ])("refuses a state with %o", (wrong) => {
    const gen = new Generator(0);
    expect(() => gen.setState({ ...gen.getState(), ...wrong })).toThrow(expect.objectContaining({ code: "state" }));
    expect(outputs(gen, 3)).toEqual(outputs(new Generator(0), 3));
  });

  test("seed() gives a new stream each time and tells which", () => {
    const gen = new Generator();
    const first = gen.seed();
    const stream = outputs(gen, 3);
    expect(gen.seed()).not.toBe(first);
    expect(outputs(gen.manualSeed(first), 3)).toEqual(stream);
  });

  test("manualSeed seeds the default generator", () => {
    expect(manualSeed(0)).toBe(defaultGenerator);
    expect(defaultGenerator.random()).toBe(2357136044);
  });
});

test.each([0, 1, 623, 624, 625, 1248, 5000])("skip(%i) goes where that many draws go", (count) => {
  for (const before of [0, 1, 600, 624]) {
    const [drawn, skipped] = [new Generator(4), new Generator(4)];
    outputs(drawn, before + count);
    outputs(skipped, before);
    skipped.skip(count);
    expect(outputs(skipped, 700)).toEqual(outputs(drawn, 700));
  }
});

describe("refusals", () => {
  const gen = new Generator(0);
  const out = new Float32Array(4);
  test.each([
    ["range", () => fillUniform(gen, out, 1, 0)],
    ["range", () => fillUniform(gen, out, 0, Number.NaN)],
    ["range", () => fillUniform(gen, out, -3e38, 3e38)],
    ["std", () => fillNormal(gen, out, 0, -1)],
    ["std", () => fillNormal(gen, out, Number.NaN, 1)],
    ["probability", () => fillBernoulli(gen, out, 1.5)],
    ["probability", () => fillBernoulliTensor(gen, Float32Array.of(0, 1, -0.1, 0), out)],
    ["length", () => fillBernoulliTensor(gen, Float32Array.of(0.5), out)],
    ["range", () => randint(gen, 3, 3, new Int32Array(1))],
    ["range", () => randint(gen, 0, 2 ** 31 + 1, new Int32Array(1))],
    ["range", () => randint(gen, 0, 1.5, new Int32Array(1))],
    ["count", () => randperm(gen, -1)],
  ])("%s", (code, call) => {
    expect(call).toThrow(expect.objectContaining({ name: "ArgumentError", code }));
    expect(gen.position).toBe(624); // nothing was drawn
  });
});

test("a loader with its own generator: torch's orders of DataLoader(shuffle=True, generator=g), g seeded with 7", () => {
  const gen = new Generator(7);
  expect([...shuffleOrderOwn(gen, 5)]).toEqual([1, 3, 0, 4, 2]);
  expect([...shuffleOrderOwn(gen, 5)]).toEqual([3, 2, 4, 0, 1]);
  expect(gen.random() % 2 ** 31).toBe(769786948);
});
