import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Generator } from "../base/rng/index.ts";
import { InflateError, inflate } from "./inflate.ts";

/** Texts that repeat, noise that does not, and nothing: zlib takes another kind of block for each. */
function samples(): Uint8Array[] {
  const random = new Generator(3);
  const noise = Uint8Array.from({ length: 70_000 }, () => random.random());
  const words = Uint8Array.from({ length: 100_000 }, (_, i) =>
    "conv2d.weight\n".charCodeAt((i * (1 + (i >> 12))) % 14),
  );
  const skewed = Uint8Array.from({ length: 40_000 }, () => Math.clz32(random.random()));
  return [new Uint8Array(0), Uint8Array.of(7), noise, words, skewed, new Uint8Array(5000)];
}

describe("inflate", () => {
  test.each([0, 1, 6, 9])("what zlib deflated at level %i comes back", (level) => {
    for (const data of samples())
      for (const strategy of [0, 4]) // 4: fixed codes only
        expect(Buffer.compare(inflate(deflateRawSync(data, { level, strategy }), data.length), data)).toBe(0);
  });

  test("another size than announced, every cut, and damage: an error, never a hang", () => {
    const data = samples()[4]!.slice(0, 3000);
    const packed = deflateRawSync(data);
    for (const size of [0, data.length - 1, data.length + 1]) expect(() => inflate(packed, size)).toThrow(InflateError);
    for (let length = 0; length < packed.length; length++)
      expect(() => inflate(packed.subarray(0, length), data.length), `${length} bytes`).toThrow(InflateError);
    for (let i = 0; i < packed.length; i++) {
      const wrong = Uint8Array.from(packed);
      wrong[i]! ^= 1 << (i % 8);
      try {
        inflate(wrong, data.length);
      } catch (error) {
        expect(error).toBeInstanceOf(InflateError);
      }
    }
  });
});
