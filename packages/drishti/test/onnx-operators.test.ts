/** Single operators with what ONNX Runtime makes of them (scripts/golden-onnx.mjs): rules that the oracle's tests do not reach. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setDefaultDevice, tensor } from "@drishti/core";
import { describe, expect, test } from "vitest";
import { registerDevices } from "../src/devices.ts";
import type { OnnxArray } from "../src/onnx/dtype.ts";
import { type OnnxFeed, OnnxModel } from "../src/onnx/onnx-model.ts";
import { numbersOf } from "../src/onnx/value.ts";

interface Case {
  readonly title: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, OnnxArray & { readonly data: number[] }>>;
  readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[];
}

const { runtime, cases } = JSON.parse(
  readFileSync(join(import.meta.dirname, "golden/onnx-operators.json"), "utf8"),
) as {
  runtime: string;
  cases: readonly Case[];
};
registerDevices();

/** float32 sums of a few dozen terms, and the last digits of exp, log and erf, by the largest value of a result. */
const room = 64 * 2 ** -23;

describe.each(["reference", "wasm"] as const)(`on %s, as ${runtime}`, (device) => {
  test.each(cases.map((item) => [item.title, item] as const))("%s", (_, { model, inputs, outputs }) => {
    setDefaultDevice(device);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { type, shape, data }]): [string, OnnxFeed] => [
        name,
        type === "float" ? tensor(Float32Array.from(data), { shape }) : { type, shape, data: Float64Array.from(data) },
      ]),
    );
    const found = [...new OnnxModel(Buffer.from(model, "base64")).evaluate(feeds).values()];
    for (const [i, { shape, data }] of outputs.entries()) {
      expect(found[i]!.tensor.shape).toEqual(shape);
      const allowed = room * Math.max(1, ...data.map(Math.abs));
      const values = numbersOf(found[i]!);
      for (const [k, want] of data.entries())
        if (!(Math.abs(values[k]! - want) <= allowed))
          expect.unreachable(`output ${i}[${k}] is ${values[k]}, ${runtime} has ${want}`);
    }
  });
});
