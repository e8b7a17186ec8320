import { registerBackend, setDefaultDevice, type Tensor, zeros } from "@drishti/core";
import { BackendError } from "@drishti/core/errors";
import { Module } from "@drishti/core/nn";
import { beforeAll, expect, test } from "vitest";
import { loadWasm } from "../wasm-node.ts";
import { checkTrainSize, withLessMemory } from "./picture-size.ts";
import { UsageError } from "./usage-error.ts";

beforeAll(() => {
  registerBackend("wasm", () => loadWasm({ threads: 1 }));
  setDefaultDevice("wasm");
});

/** Makes 48 channels of each: more than wasm's 4 GiB for a picture of 4096×4096. */
class Wide extends Module {
  forward(input: Tensor): Tensor {
    const [n, c, h, w] = input.shape as [number, number, number, number];
    return zeros([n, 16 * 3 * c, h, w]);
  }
}

test("--train-size that takes more memory than there is: a smaller one helps, another network may not", () => {
  expect(() => checkTrainSize(new Wide(), 8, [3, 64, 64])).not.toThrow();
  const call = () => checkTrainSize(new Wide(), 4096, [3, 64, 64]);
  expect(call).toThrow(UsageError);
  expect(call).toThrow(/^--train-size 4096: even one picture of 4096×4096 takes more memory .* Choose a smaller size/);
});

test("training without memory says what takes less, and where it was", () => {
  const error = (() => {
    try {
      return zeros([2 ** 31]);
    } catch (error) {
      return error;
    }
  })() as BackendError;
  error.enter("conv1");
  const photos = withLessMemory(error, 256, true) as BackendError;
  expect(photos).toMatchObject({ where: error.where, code: "out-of-memory", cause: error });
  expect(photos.message).toMatch(
    /no memory for 8589934592 bytes.* A smaller --batch-size than 256 takes less, as do smaller pictures \(--image-size, --train-size\)\.\n {2}in: conv1$/,
  );
  expect((withLessMemory(error, 64, false) as BackendError).message).toMatch(/as does a smaller network\.\n/);
});

test("other errors stay as they are", () => {
  const other = new BackendError("conv2d", "unsupported", "no such kernel.");
  expect(withLessMemory(other, 1, true)).toBe(other);
});
