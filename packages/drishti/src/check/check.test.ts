import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { Generator } from "@drishti/core";
import { type Picture, resize } from "@drishti/core/data";
import { encode } from "fast-png";
import { afterAll, describe, expect, test } from "vitest";
import { cli } from "../../test/run-cli.ts";
import { picture, writeFiles, writePictures } from "../../test/tiny-pictures.ts";
import { hasSharp } from "../data/sharp.ts";
import { checkData } from "./check.ts";

const root = mkdtempSync(join(tmpdir(), "drishti-check-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(root, `set${made++}`);
const there = await hasSharp();
type Make = typeof import("sharp")["default"];
const sharp = there ? ((await import("sharp")).default as Make) : (undefined as unknown as Make);
const why = there ? "" : " (skipped: sharp is not installed)";

/** What was found of each file, by code; files from the folder on. */
async function found(folder: string): Promise<Record<string, string[]>> {
  const { problems } = await checkData(folder, { workers: 0 });
  const out: Record<string, string[]> = {};
  for (const { code, file } of problems)
    out[code] = [...(out[code] ?? []), file.startsWith(folder) ? relative(folder, file) : file];
  return out;
}

/** A scene like no other: 9×9 random colours, blown up. The same at every size, but for its pixels. */
function scene(seed: number, side = 48): Picture {
  const random = new Generator(seed);
  const data = Uint8Array.from({ length: 3 * 81 }, () => random.random());
  return resize([side, side]).apply({ data, channels: 3, height: 9, width: 9 });
}
function interleaved({ data, height, width }: Picture): Uint8Array {
  const plane = width * height;
  return Uint8Array.from({ length: 3 * plane }, (_, i) => data[(i % 3) * plane + Math.floor(i / 3)]!);
}
function png(of: Picture): Uint8Array {
  return encode({ width: of.width, height: of.height, channels: 3, data: interleaved(of) });
}

describe("data check", () => {
  test("finds nothing in a good folder, and counts it", async () => {
    const folder = writePictures(writePictures(fresh(), 6, "train"), 2, "val", 500);
    const { count, classes, problems } = await checkData(folder, { workers: 0 });
    expect(problems).toEqual([]);
    expect(count).toBe(16);
    expect(classes).toEqual([
      { label: "green", train: 6, val: 2 },
      { label: "red", train: 6, val: 2 },
    ]);
  });

  test("names what is wrong with files, and nothing crashes", async () => {
    const folder = writePictures(fresh(), 8);
    const good = picture(1, 900);
    const bomb = Uint8Array.from(good);
    new DataView(bomb.buffer).setUint32(16, 65_000);
    new DataView(bomb.buffer).setUint32(20, 65_000);
    const flipped = Uint8Array.from(good);
    flipped[60]! ^= 0x10;
    writeFiles(folder, {
      "red/empty.png": "",
      "red/text.png": "hello",
      "red/cut.png": good.subarray(0, good.length - 30),
      "red/end.png": good.subarray(0, good.length - 12),
      "red/flipped.png": flipped,
      "red/bomb.png": bomb,
      "red/named.jpg": picture(1, 901),
      "red/.DS_Store": "x",
      "red/Thumbs.db": "x",
      "red/notes.txt": "x",
      "red/फूल\nदो.png": "",
      "green/long.png": picture(0, 902, [80, 12]),
      "stray.png": picture(0, 903),
    });
    symlinkSync("..", join(folder, "red/loop"));
    symlinkSync("nowhere.png", join(folder, "red/gone.png"));
    symlinkSync("self.png", join(folder, "red/self.png"));
    execFileSync("mkfifo", [join(folder, "red/pipe.png")]);
    expect(await found(folder)).toEqual({
      corrupt: ["red/flipped.png"],
      truncated: ["red/cut.png", "red/end.png"],
      empty: ["red/empty.png", "red/फूल\nदो.png"],
      "not-a-picture": ["red/notes.txt", "red/text.png"],
      "too-large": ["red/bomb.png"],
      missing: ["red/gone.png"],
      special: ["red/pipe.png"],
      "symlink-loop": ["red/loop", "red/self.png"],
      extension: ["red/named.jpg"],
      size: ["green/long.png"],
      "outside-class": ["stray.png"],
      hidden: ["red/.DS_Store", "red/Thumbs.db"],
    });
  });

  test.skipIf(process.getuid?.() === 0)("what may not be read (skipped for root, who may)", async () => {
    const folder = writePictures(fresh(), 2);
    chmodSync(join(folder, "red/000.png"), 0);
    expect((await found(folder)).unreadable).toEqual(["red/000.png"]);
  });

  test("duplicates within and across train and validation, to the byte and nearly", async () => {
    const folder = fresh();
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 12; i++) files[`train/${i % 2 ? "a" : "b"}/${i}.png`] = png(scene(i + 1));
    files["val/a/own.png"] = png(scene(40));
    files["val/b/own.png"] = png(scene(41));
    writeFiles(folder, files);
    const copy = (from: string, to: string) => copyFileSync(join(folder, from), join(folder, to));
    copy("train/b/0.png", "train/b/again.png");
    copy("train/a/1.png", "val/a/leak.png");
    copy("train/b/2.png", "train/a/conflict.png");
    // The same scene at another size: no byte is the same.
    writeFiles(folder, { "train/a/smaller.png": png(scene(4, 40)), "val/b/larger.png": png(scene(5, 64)) });
    expect(await found(folder)).toEqual({
      "duplicate-across": ["val/a/leak.png"],
      "near-duplicate-across": ["val/b/larger.png"],
      "label-conflict": ["train/b/2.png"],
      duplicate: ["train/b/2.png", "train/b/again.png"],
      "near-duplicate": ["train/a/smaller.png"],
    });
  });

  test("classes: empty, unknown, few pictures; grey among colour", async () => {
    const folder = writePictures(fresh(), 9, "train");
    const grey = encode({
      width: 12,
      height: 12,
      channels: 1,
      data: new Uint8Array(144).map((_, i) => (i * 37) % 251),
    });
    writeFiles(folder, {
      "train/rare/1.png": picture(0, 700),
      "train/rare/grey.png": grey,
      "train/none/readme.md": "",
      "val/new/1.png": picture(0, 701),
      "val/red/1.png": picture(1, 702),
      "val/green/1.png": picture(0, 703),
      "val/rare/1.png": picture(0, 704),
    });
    expect(await found(folder)).toEqual({
      "not-a-picture": ["train/none/readme.md"],
      "empty-class": ["train/none", "val/none"],
      "unknown-class": ["val/new"],
      imbalance: ["rare"],
      grey: ["train/rare/grey.png"],
    });
  });

  test.skipIf(!there)(`JPEG, GIF and WebP that decoders let through; EXIF${why}`, async () => {
    const of = (seed: number) => sharp(interleaved(scene(seed, 64)), { raw: { width: 64, height: 64, channels: 3 } });
    const jpeg = await of(1).jpeg().toBuffer();
    const gif = await of(2).gif().toBuffer();
    const webp = await of(3).webp().toBuffer();
    const folder = writeFiles(fresh(), {
      "a/whole.jpg": await of(4).jpeg().toBuffer(),
      "a/whole.gif": gif,
      "a/whole.webp": webp,
      "a/mark.jpg": jpeg.subarray(0, jpeg.length - 2),
      "a/half.jpg": (await of(5).jpeg().toBuffer()).subarray(0, jpeg.length >> 1),
      "a/trailer.gif": (await of(6).gif().toBuffer()).subarray(0, -1),
      "a/half.webp": (await of(7).webp().toBuffer()).subarray(0, webp.length >> 1),
      "a/turned.jpg": await of(8).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      "b/whole.png": png(scene(9)),
    });
    expect(await found(folder)).toEqual({
      truncated: ["a/half.jpg", "a/half.webp", "a/mark.jpg", "a/trailer.gif"],
      "exif-rotated": ["a/turned.jpg"],
      imbalance: ["b"],
    });
  });
});

describe("the command", () => {
  test("table, JSON, page; --strict", async () => {
    const folder = writePictures(fresh(), 3);
    writeFiles(folder, { "red/<b>bad\n.png": "" });
    const page = join(root, "page.html");
    const table = await cli(["data", "check", folder, "--html", page, "--workers", "0"]);
    expect([table.code, table.out]).toEqual([0, expect.stringContaining("empty (1): empty files")]);
    expect(table.out).toContain("<b>bad\\n.png");
    const html = readFileSync(page, "utf8");
    expect(html).toContain("&lt;b&gt;bad\\n.png");
    expect(html).not.toMatch(/<b>bad|https?:\/\//);
    const json = await cli(["data", "check", folder, "--json", "--strict", "--quiet", "--workers", "0"]);
    expect([json.code, json.err]).toEqual([1, ""]);
    expect(JSON.parse(json.out)).toEqual({
      count: 7,
      classes: [
        { label: "green", train: 3, val: 0 },
        { label: "red", train: 3, val: 0 },
      ],
      problems: [{ code: "empty", file: join(folder, "red/<b>bad\n.png"), message: "the file is empty (0 bytes)." }],
    });
  });
  test("lists are checked, too; what is neither is refused", async () => {
    const folder = writePictures(fresh(), 2);
    writeFileSync(join(folder, "list.csv"), "file,label\nred/000.png,r\nred/none.png,r\ngreen/000.png,g\n");
    expect(await found(join(folder, "list.csv"))).toEqual({ missing: [join(folder, "red/none.png")] });
    expect(await cli(["data", "check", join(folder, "nowhere")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("no such file"),
    });
    const bare = fresh();
    mkdirSync(bare);
    const empty = await cli(["data", "check", bare]);
    expect(empty).toMatchObject({ code: 1, err: expect.stringContaining("there is nothing to check") });
    for (const args of [["check"], ["pack", folder], ["check", folder, "--workers", "-1"]])
      expect(await cli(["data", ...args])).toMatchObject({ code: 2, err: expect.stringContaining("--help shows") });
    expect(await cli(["data", "check", join(folder, "red/000.png")])).toMatchObject({
      code: 1,
      err: expect.stringContaining("can be checked"),
    });
    unlinkSync(join(folder, "list.csv"));
  });
});

const flowers = join(
  process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../../shared"),
  "data/photos/flowers",
);
test.skipIf(!there || !existsSync(flowers))(
  `the flower photos: a photo in train and validation under two names${existsSync(flowers) ? why : " (skipped: the photos are not here)"}`,
  async () => {
    const folder = fresh();
    for (const part of ["train", "val"] as const)
      for (const name of ["tulip/7166552648_28b6dce578.jpg", "tulip/7166552648_28b6dce578_n.jpg"]) {
        const file = join(flowers, part, name);
        if (existsSync(file)) writeFiles(folder, { [join(part, name)]: readFileSync(file) });
      }
    expect(await found(folder)).toEqual({ "near-duplicate-across": ["val/tulip/7166552648_28b6dce578_n.jpg"] });
  },
);
