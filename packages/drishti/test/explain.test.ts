import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heated, inputPixels, sideBySide } from "../src/run/heat-map.ts";
import { cli } from "./run-cli.ts";
import { bars, pgm, SIDE, writeMnistLike } from "./tiny-data.ts";

const folder = mkdtempSync(join(tmpdir(), "drishti-explain-"));
const pictures = ["a bar.pgm", "रेखा.pgm"].map((name) => join(folder, name));
let run: string;

beforeAll(async () => {
  const data = writeMnistLike(join(folder, "bars"));
  const { pixels } = bars(2, 9);
  for (const [n, path] of pictures.entries())
    writeFileSync(path, pgm(pixels.subarray(n * SIDE * SIDE, (n + 1) * SIDE * SIDE)));
  run = join(folder, "run");
  await cli(["train", "--data", data, "--model", "simplecnn", "--epochs", "1", "--out", run]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("predict --explain", () => {
  test("writes the picture beside itself with heat, named by file and label", async () => {
    const out = join(folder, "heat");
    const { code, out: text } = await cli(["predict", run, ...pictures, pictures[0]!, "--json", "--explain-dir", out]);
    expect(code).toBe(0);
    const lines = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { label: string; explanation: string });
    const [first, second] = lines.map(({ label }) => label);
    expect(readdirSync(out).sort()).toEqual([`a_bar-${first}-2.png`, `a_bar-${first}.png`, `रेखा-${second}.png`].sort());
    const image = decode(readFileSync(lines[0]!.explanation));
    expect([image.height, image.width]).toEqual([230, 2 * 230 + 4]); // 23 whole steps to at least 224, twice, and a gap
  });
  test("another layer gives another map; one that has none is named, with those that have", async () => {
    const at = async (layer: string) => {
      const out = join(folder, `layer-${layer}`);
      const result = await cli(["predict", run, pictures[0]!, "--explain-dir", out, "--explain-layer", layer]);
      return { ...result, png: result.code === 0 ? readFileSync(join(out, readdirSync(out)[0]!)) : null };
    };
    const [first, last, none] = [await at("conv_layers.0"), await at("conv_layers.5"), await at("fc9")];
    expect(first.png!.equals(last.png!)).toBe(false);
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/"fc9" is no layer .* there are: conv_layers.0, conv_layers.1/);
  });
});

describe("heat", () => {
  const preprocessing = { channels: 1, mean: [0.5], std: [0.25], channelOrder: "L" as const };
  const input = { data: Float32Array.of(-2, 2, 0, 1), channels: 1, height: 2, width: 2 };
  const plain = inputPixels(input, preprocessing, 2);
  test("normalisation is undone", () => {
    expect([...plain.data].filter((_, i) => i % 3 === 0)).toEqual([0, 255, 128, 191]);
    expect([...inputPixels(input, preprocessing, 8).data].length).toBe(8 * 8 * 3);
    const pixel = { data: Float32Array.of(0.1, 0.5, 1), channels: 3, height: 1, width: 1 };
    const bgr = { channels: 3, mean: [0, 0, 0], std: [1, 1, 1], channelOrder: "BGR" as const };
    expect([...inputPixels(pixel, bgr, 1).data]).toEqual([255, 128, 26]);
  });
  test("more evidence is lighter than less, and the map may be of another size", () => {
    const grey = { ...plain, data: new Uint8Array(12).fill(100) };
    const lights = Array.from({ length: 6 }, (_, k) => {
      const [r, g, b] = heated(grey, Float32Array.of(k / 5), 1, 1).data;
      return 0.299 * r! + 0.587 * g! + 0.114 * b!;
    });
    expect(lights).toEqual([...lights].sort((a, b) => a - b));
    expect(lights[5]! - lights[0]!).toBeGreaterThan(100);
  });
  test("side by side keeps both", () => {
    const both = sideBySide(plain, plain);
    expect([both.width, both.height, both.data.length]).toEqual([8, 2, 48]);
    expect([...both.data.subarray(0, 6)]).toEqual([...plain.data.subarray(0, 6)]);
    expect([...both.data.subarray(18, 24)]).toEqual([...plain.data.subarray(0, 6)]);
  });
});

test("report.html stands alone: both languages, calibration, heat, pictures inside, nothing from elsewhere", () => {
  const page = readFileSync(join(run, "report.html"), "utf8");
  for (const heading of [
    "Learning",
    "सीखना",
    "Confusion",
    "Calibration",
    "भरोसा कितना सही",
    "Where it looked",
    "Machine",
    "Again",
  ])
    expect(page).toContain(`>${heading}<`);
  expect(page.match(/<span lang="en">/g)?.length).toBe(page.match(/<span lang="hi">/g)?.length);
  expect(page).toMatch(/Grad-CAM of layer <code>conv_layers<\/code>/);
  expect(page.match(/src="data:image\/png;base64,/g)!.length).toBeGreaterThan(2);
  expect(page).not.toMatch(/(src|href)="(?!data:)|https?:|@import|url\(/);
});
