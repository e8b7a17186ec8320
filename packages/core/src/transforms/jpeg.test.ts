import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type GoldenCase, goldenPicture } from "../../test/golden-pictures.ts";
import { Generator } from "../base/rng/index.ts";
import { functional, jpeg, transformFromJSON } from "./index.ts";

interface JpegCase extends Pick<GoldenCase, "kind" | "input"> {
  readonly quality: number;
  readonly sha256: string;
}
const golden = JSON.parse(readFileSync(new URL("../../test/golden/jpeg.json", import.meta.url), "utf8")) as {
  source: string;
  cases: JpegCase[];
};

describe(`every bit as ${golden.source}`, () => {
  test.each([1, 10, 50, 75, 95, 100])("quality %i", (quality) => {
    const cases = golden.cases.filter((c) => c.quality === quality);
    expect(cases).toHaveLength(18);
    for (const { kind, input, sha256 } of cases) {
      const out = functional.jpeg(goldenPicture({ kind, input, floats: false }), quality);
      expect([kind, input, createHash("sha256").update(out.data).digest("hex").slice(0, 16)]).toEqual([
        kind,
        input,
        sha256,
      ]);
    }
  });
});

// torch 1.13: torch.manual_seed(3); torch.randint(20, 81, ()).item() three times
test("the quality is drawn as torchvision draws it", () => {
  const picture = goldenPicture({ kind: "smooth", input: [3, 9, 11], floats: false });
  const random = new Generator(3);
  for (const quality of [72, 39, 45]) {
    const transform = transformFromJSON(JSON.parse(JSON.stringify(jpeg([20, 80]))));
    expect(transform.apply(picture, random)).toEqual(functional.jpeg(picture, quality));
  }
  expect(jpeg([20, 80]).random).toBe(true);
  expect(jpeg(50).random).toBe(false);
});

test.each([0, 101, 50.5, [80, 20], [1, 2, 3], "50"])("refuses the quality %j", (quality) => {
  expect(() => jpeg(quality as never)).toThrow(expect.objectContaining({ code: "quality" }));
});

test("refuses floats, and pictures of two channels", () => {
  const picture = { data: new Float32Array(4), channels: 1, height: 2, width: 2 };
  expect(() => functional.jpeg(picture, 50)).toThrow(expect.objectContaining({ code: "dtype" }));
  const two = { data: new Uint8Array(8), channels: 2, height: 2, width: 2 };
  expect(() => functional.jpeg(two, 50)).toThrow(expect.objectContaining({ code: "channels" }));
});
