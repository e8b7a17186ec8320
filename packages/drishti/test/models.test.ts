/** @file The built-in models against torchvision's: keys, shapes, seeded weights, and what they compute. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { manualSeed, noGrad, tensor } from "drishti";
import { createModel } from "drishti/models";
import { afterEach, describe, expect, test } from "vitest";

interface Golden {
  model: string;
  parameters: number;
  entries: number;
  keys: string;
  seeded: Record<string, { sha256: string; first: number[] }>;
  size: number;
  logits: number[];
  absSum: number;
  argmax: number;
  atol: number;
}

const file = new URL("../../core/test/golden/models.json", import.meta.url);
const { models } = JSON.parse(readFileSync(file, "utf8")) as { models: Golden[] };
/** Up to half a gigabyte of weights: minutes on a small machine. Asked for by DRISHTI_BIG_MODELS=1. */
const big = 12_000_000;
/** Truncated normals go through the inverse error function, whose last bit is the library's own. */
const notToTheBit = new Set(["convnext_tiny"]);
const withBig = process.env.DRISHTI_BIG_MODELS === "1";

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

/** The oracle's mixing function: integer arithmetic only. */
function h32(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

function fnv1a(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}

/** A state-dict entry by formula: golden-models.py's `fill`. */
function fill(name: string, shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const start = fnv1a(name);
  const reach = Math.sqrt(6 / (values.length / (shape[0] ?? 1)));
  for (let i = 0; i < values.length; i++) {
    const u = (h32(start + Math.imul(i, 0x9e3779b1)) >>> 8) / 2 ** 24;
    const s = 2 * u - 1;
    if (shape.length >= 2) values[i] = s * reach;
    else if (name.endsWith("running_var")) values[i] = 1 + u / 2;
    else if (name.endsWith("running_mean") || name.endsWith("bias")) values[i] = s / 10;
    else values[i] = 1 + s / 10;
  }
  return values;
}

describe("torchvision's models", () => {
  afterEach(() => (globalThis as { gc?: () => void }).gc?.());

  for (const golden of models) {
    const title = `${golden.model}: keys, seeded weights, logits`;
    const wanted = golden.parameters < big || withBig;
    test.skipIf(!wanted)(
      wanted ? title : `${title} (large; DRISHTI_BIG_MODELS=1 runs it)`,
      async () => {
        const { size } = golden;
        manualSeed(0);
        const model = createModel(golden.model, { inChannels: 3, numClasses: 1000, height: 224, width: 224 }).eval();
        const state = model.stateDict();
        expect(state.size).toBe(golden.entries);
        expect(sha256([...state].map(([key, t]) => `${key} ${t.shape.join(",")}\n`).join(""))).toBe(golden.keys);
        expect([...model.parameters()].reduce((sum, p) => sum + p.numel, 0)).toBe(golden.parameters);
        for (const [key, wanted] of Object.entries(golden.seeded)) {
          const values = (await state.get(key)!.readValues()) as Float32Array;
          if (notToTheBit.has(golden.model))
            for (const [i, want] of wanted.first.entries())
              expect(Math.abs(values[i]! - want)).toBeLessThanOrEqual(2 ** -22 * Math.abs(want));
          else
            expect([key, sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))]).toEqual([
              key,
              wanted.sha256,
            ]);
        }

        for (const [key, t] of state) t.write(t.dtype === "float32" ? fill(key, t.shape) : new Int32Array(t.numel));
        const picture = new Float32Array(3 * size * size);
        for (let i = 0; i < picture.length; i++) picture[i] = 2 * ((h32(i) >>> 8) / 2 ** 24) - 1;
        const output = noGrad(() => model.forward(tensor(picture, { shape: [1, 3, size, size] })));
        const logits = (await output.readValues()) as Float32Array;
        for (const [i, want] of golden.logits.entries())
          expect(Math.abs(logits[i]! - want)).toBeLessThanOrEqual(golden.atol);
        expect(logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))).toBe(golden.argmax);
        expect(Math.abs(logits.reduce((a, b) => a + Math.abs(b), 0) - golden.absSum)).toBeLessThanOrEqual(
          1000 * golden.atol,
        );
      },
      300_000,
    );
  }
});
