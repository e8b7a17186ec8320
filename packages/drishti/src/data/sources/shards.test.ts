import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { cli } from "../../../test/run-cli.ts";
import { picture, writeFiles, writePictures } from "../../../test/tiny-pictures.ts";
import { openData, openSplit } from "../open-data.ts";
import { PictureFiles } from "../picture-files.ts";
import { expandBraces } from "./brace.ts";
import { readOnDemand } from "./on-demand.ts";
import { openShards } from "./shards.ts";
import { type Member, tarMembers } from "./tar-index.ts";

const root = mkdtempSync(join(tmpdir(), "drishti-shards-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(root, `set${made++}`);

let hasTar = true;
try {
  execFileSync("tar", ["--version"], { stdio: "ignore" });
} catch {
  hasTar = false;
}
const why = hasTar ? "" : " (skipped: there is no tar program)";

/** An archive by the system's tar, of files in the order given. */
function tar(name: string, files: Readonly<Record<string, string | Uint8Array>>, ...flags: string[]): string {
  const folder = writeFiles(fresh(), files);
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  execFileSync("tar", [...flags, "-cf", path, "-C", folder, ...Object.keys(files)]);
  return path;
}

async function members(path: string): Promise<Member[]> {
  const found: Member[] = [];
  await readOnDemand(path, (size) =>
    tarMembers(path, size, (member) => {
      found.push(member);
      return [] as never; // nothing of it is looked at
    }),
  );
  return found;
}

test("braces", () => {
  expect(expandBraces("s-{08..11}.tar")).toEqual(["s-08.tar", "s-09.tar", "s-10.tar", "s-11.tar"]);
  expect(expandBraces("{a,b}/{2..1}")).toEqual(["a/2", "a/1", "b/2", "b/1"]);
  expect(expandBraces("{x{1..2},y}")).toEqual(["x1", "x2", "y"]);
  expect(expandBraces("plain{}.tar")).toEqual(["plain{}.tar"]);
  expect(() => expandBraces("{0..999999}")).toThrow(/more than 100000/);
});

describe.skipIf(!hasTar)(`tar archives of GNU tar${why}`, () => {
  const long = `${"deep/".repeat(30)}${"x".repeat(90)}.cls`;
  test.each(["gnu", "pax", "ustar"])("%s: every file where it lies, long names included", async (format) => {
    const files = {
      "a.cls": "0",
      "ünï.cls": "1234",
      [format === "ustar" ? `${"d/".repeat(60)}b.cls` : long]: "x".repeat(700),
    };
    const path = tar(`${format}.tar`, files, `--format=${format}`);
    const bytes = readFileSync(path);
    const found: Record<string, string> = {};
    for (const { name, start, length } of await members(path))
      found[name] = bytes.toString("utf8", start, start + length);
    expect(found).toEqual(files);
  });
  test("labels: .cls by number or name, .json, the folder; classes.txt", async () => {
    const open = async (name: string, files: Record<string, string | Uint8Array>) => {
      const source = await openShards(tar(name, files));
      return { classes: source.classes, labels: Array.from({ length: source.length }, (_, i) => source.label(i)) };
    };
    const [a, b] = [picture(0, 1), picture(1, 2)];
    expect(await open("n.tar", { "1.png": a, "1.cls": "2", "2.png": b, "2.cls": "0\n" })).toEqual({
      classes: ["0", "1", "2"],
      labels: [2, 0],
    });
    expect(await open("t.tar", { "1.cls": "tulip", "1.png": a, "2.png": b, "2.cls": "rose" })).toEqual({
      classes: ["rose", "tulip"],
      labels: [1, 0],
    });
    expect(await open("j.tar", { "1.png": a, "1.json": '{"label":1}', "2.json": '{"cls":0}', "2.png": b })).toEqual({
      classes: ["0", "1"],
      labels: [1, 0],
    });
    expect(await open("f.tar", { "rose/1.png": a, "daisy/1.png": b })).toEqual({
      classes: ["daisy", "rose"],
      labels: [1, 0],
    });
    writeFiles(join(root, "named"), { "classes.txt": "low\nhigh\n" });
    expect(await open("named/n.tar", { "1.png": a, "1.cls": "1" })).toEqual({ classes: ["low", "high"], labels: [1] });
    await expect(open("named/u.tar", { "1.png": a, "1.cls": "7" })).rejects.toThrow(/knows no class 7/);
    await expect(open("none.tar", { "1.png": a })).rejects.toThrow(/none.tar: 1.png has no label/);
    await expect(open("text.tar", { "1.txt": "a" })).rejects.toThrow(/holds no pictures/);
  });
  test("wildcards: what fits, in order; a name that fits nothing is named", async () => {
    for (const [name, number] of [
      ["w/s-1.tar", 1],
      ["w/s-0.tar", 0],
    ] as const)
      tar(name, { [`${number}.png`]: picture(number, 5), [`${number}.cls`]: String(number) });
    const source = await openShards(join(root, "w/s-*.tar"));
    expect([source.label(0), source.label(1), source.length]).toEqual([0, 1, 2]);
    await expect(openShards(join(root, "w/{s,t}-?.tar"))).rejects.toThrow(/w\/t-\?\.tar: there is no such file/);
  });
  test("a bad picture is named by archive and member", async () => {
    const path = tar("bad.tar", { "a/1.png": "nothing", "a/2.png": picture(0, 3) });
    const heard: string[] = [];
    const set = new PictureFiles(await openShards(path), { workers: 0, onBad: ({ message }) => heard.push(message) });
    await set.meanStd([3, 8, 8]);
    expect(heard).toEqual([expect.stringContaining(`${path}: a/1.png: a file of 7 bytes`)]);
  });
  test("packed with gzip, and what is refused", async () => {
    const whole = tar("whole.tar", { "a/1.png": picture(0, 4), "b/1.png": picture(1, 5) });
    const bytes = readFileSync(whole);
    const put = (name: string, content: Uint8Array) => {
      writeFileSync(join(root, name), content);
      return join(root, name);
    };
    const zipped = put("whole.tar.gz", gzipSync(bytes));
    const source = await openShards(zipped);
    expect(await new PictureFiles(source, { workers: 0 }).get(1)).toEqual(
      await new PictureFiles(await openShards(whole), { workers: 0 }).get(1),
    );
    await expect(openShards(put("cut.tar", bytes.subarray(0, 600)))).rejects.toMatchObject({ code: "truncated" });
    await expect(openShards(put("cut.tar.gz", gzipSync(bytes).subarray(0, 400)))).rejects.toMatchObject({
      code: "truncated",
    });
    await expect(openShards(put("text.tar", Buffer.alloc(2000, "text ")))).rejects.toMatchObject({ code: "format" });
    const flipped = Buffer.from(bytes);
    const [, second] = await members(whole);
    flipped[second!.start - 512 + 3]! ^= 1;
    await expect(openShards(put("flipped.tar", flipped))).rejects.toMatchObject({ code: "damaged" });
    await expect(openShards(join(root, "no-{0..1}.tar"))).rejects.toThrow(
      /no-0.tar, .*no-1.tar: there are no such files/,
    );
  });
});

describe("data pack", () => {
  test("a folder in shards gives the same pictures and labels, and can be read by tar", async () => {
    const folder = writePictures(writePictures(fresh(), 12, "train"), 3, "val", 300);
    writeFiles(folder, { "train/red/bad.png": "nothing" });
    const out = fresh();
    const {
      code,
      out: text,
      err,
    } = await cli(["data", "pack", folder, "--out", out, "--shard-size", "0.02", "--json"]);
    expect(code).toBe(0);
    const result = JSON.parse(text) as { shards: string[]; train: string; val: string };
    expect(result).toMatchObject({
      pictures: 30,
      bad: 1,
      classes: ["green", "red"],
      val: `shards:${join(out, "val-00000.tar")}`,
    });
    expect(err).toMatch(/left out: .*bad\.png/);
    expect(result.train).toMatch(/^shards:.*train-\{00000\.\.0000\d\}\.tar$/);
    const content = async (set: Awaited<ReturnType<typeof openSplit>>) => {
      const all: string[] = [];
      for (let i = 0; i < set.length; i++) {
        const { data, label, height, width } = await set.get(i);
        all.push(`${label} ${height}×${width} ${Buffer.from(data.buffer).toString("base64")}`);
      }
      return all;
    };
    rmSync(join(folder, "train/red/bad.png"));
    const { train, val } = await openData(folder, { workers: 0, imageSize: 8 });
    const packed = await content(await openSplit(result.train, "own", { workers: 0 }));
    const original = await content(train);
    expect(packed).not.toEqual(original); // mixed
    expect(packed.sort()).toEqual(original.sort());
    expect((await content(await openSplit(result.val, "own", { workers: 0 }))).sort()).toEqual(
      (await content(val)).sort(),
    );
    if (hasTar) {
      const list = execFileSync("tar", ["-tf", result.shards[0]!], { encoding: "utf8" }).trim().split("\n");
      expect(list.slice(0, 3).map((name) => name.split(".")[1])).toEqual(["png", "cls", "json"]);
    }
    const again = await cli(["data", "pack", folder, "--out", out]);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("is there already") });
  });

  const full = "/dev/full"; // Linux: every write fails for want of space
  const noSpace = existsSync(full) ? "" : " (skipped: there is no /dev/full)";
  test.skipIf(noSpace)(`a disk that gets full is named, and the next try starts anew${noSpace}`, async () => {
    const folder = writePictures(fresh(), 6, ".");
    for (const [name, size] of [
      ["train-00001.tar", "0.002"],
      ["classes.txt", "1"],
    ] as const) {
      const out = fresh();
      mkdirSync(out);
      if (name === "classes.txt") mkdirSync(join(out, `.${name}.${process.pid}.tmp`));
      else symlinkSync(full, join(out, name));
      const { code, err } = await cli(["data", "pack", folder, "--out", out, "--shard-size", size]);
      expect([code, err]).toEqual([1, expect.stringContaining(`${join(out, name)} cannot be written`)]);
      expect(readdirSync(out).filter((file) => file.endsWith(".tar"))).toEqual([]);
    }
  });
});
