/** State dicts that torch wrote, in all three formats, in our layers: the logits of ../shared/oracle/interop/models. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { noGrad, setDefaultDevice, tensor } from "@drishti/core";
import { readPyTorch, readSafetensors, stateDictOf } from "@drishti/core/io";
import type { StateValue } from "@drishti/core/nn";
import { describe, expect, test } from "vitest";
import { registerDevices } from "../src/devices.ts";
import { type LayerSpec, makeNetwork } from "../src/oracle/modules.ts";

const folder = join(process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../shared"), "oracle/interop");
const there = existsSync(join(folder, "manifest.json"));

interface Model {
  readonly name: string;
  readonly layers: readonly LayerSpec[];
  readonly atol: number;
}

const models: readonly Model[] = there
  ? (JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { models: Model[] }).models
  : [];
const open = (name: string) => readFileSync(join(folder, "models", name));
const fromPyTorch = (name: string) =>
  stateDictOf(readPyTorch(open(name)).value).weights as ReadonlyMap<string, unknown>;

registerDevices({ say: () => {} });

describe.skipIf(!there)(
  `torch's state dicts in our layers${there ? "" : " (skipped: no oracle/interop; set DRISHTI_SHARED)"}`,
  () => {
    test("there are models", () => expect(models.length).toBeGreaterThan(8));

    for (const device of ["reference", "wasm"] as const)
      test.each(models)(`$name on ${device}`, async ({ name, layers, atol }) => {
        setDefaultDevice(device);
        const { tensors } = readSafetensors(open(`${name}.io.safetensors`));
        for (const state of [
          fromPyTorch(`${name}.pt`),
          fromPyTorch(`${name}.legacy.pt`),
          readSafetensors(open(`${name}.safetensors`)).tensors,
        ]) {
          const net = makeNetwork(layers).eval();
          net.loadStateDict(state as ReadonlyMap<string, StateValue>);
          for (const i of [0, 1]) {
            const [input, output] = [tensors.get(`input${i}`)!, tensors.get(`output${i}`)!];
            const found = noGrad(() => net.forward(tensor(input.data as Float32Array, { shape: input.shape })));
            expect(found.shape).toEqual(output.shape);
            const values = await found.toArray();
            const worst = Math.max(
              ...Array.from(values, (value, k) => Math.abs(Number(value) - Number(output.data[k]))),
            );
            expect(worst).toBeLessThanOrEqual(atol);
          }
        }
      });
  },
);
