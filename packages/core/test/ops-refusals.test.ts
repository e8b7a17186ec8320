/** @file What operations that move elements refuse; and that what PyTorch copies is a copy here. */
import { describe, expect, test } from "vitest";
import {
  cat,
  createReference,
  crossEntropy,
  flip,
  narrow,
  registerBackend,
  repeat,
  roll,
  setDefaultDevice,
  slice,
  split,
  sum,
  tensor,
  zeros,
} from "../src/index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

const x = tensor([1, 2, 3, 4]);
const whole = tensor(Int32Array.of(1, 2));

test.each<[string, () => unknown, string]>([
  ["split into pieces of 0", () => split(x, 0), "size"],
  ["split into pieces of a fraction", () => split(x, 1.5), "size"],
  ["split into a negative piece", () => split(x, [-1, 5]), "size"],
  ["narrow from a fraction", () => narrow(x, 0, 0.5, 2), "range"],
  ["narrow from NaN", () => narrow(x, 0, Number.NaN, 2), "range"],
  ["narrow to a fraction", () => narrow(x, 0, 0, 1.5), "range"],
  ["slice from a fraction", () => slice(x, 0, 0.5, 3), "range"],
  ["slice up to NaN", () => slice(x, 0, 0, Number.NaN), "range"],
  ["roll by a fraction", () => roll(x, 0.5), "shifts"],
  ["flip of one axis twice", () => flip(x, [0, -1]), "dims"],
  ["sum over one axis twice", () => sum(zeros([2, 3]), [1, -1]), "dims"],
  ["cat of two types", () => cat([whole, x]), "dtype"],
  [
    "smoothed targets of another length",
    () => crossEntropy(zeros([2, 5]), tensor(Int32Array.of(0, 1, 2)), { labelSmoothing: 0.1 }),
    "target-shape",
  ],
  [
    "a weight of another length beside smoothed targets",
    () => crossEntropy(zeros([1, 5]), tensor(Int32Array.of(0)), { weight: x, labelSmoothing: 0.1 }),
    "weight",
  ],
  [
    "smoothed targets of another type",
    () => crossEntropy(zeros([1, 5]), tensor(Uint8Array.of(0)), { labelSmoothing: 0.1 }),
    "target-dtype",
  ],
])("%s is refused", (_name, call, code) => {
  expect(call).toThrow(expect.objectContaining({ code }));
});

test("an axis of nothing is split into one piece of nothing", () => {
  expect(split(zeros([0, 3]), 0).map((t) => t.shape)).toEqual([[0, 3]]);
});

describe("what moves nothing is a copy all the same", () => {
  test.each([
    ["flip", () => flip(x, [])],
    ["roll", () => roll(x, 4)],
    ["repeat", () => repeat(x, [1])],
  ])("%s", async (_name, call) => {
    call().fill_(9);
    expect(await x.tolist()).toEqual([1, 2, 3, 4]);
  });
});
