import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Batch,
  centerCrop,
  compose,
  DataLoader,
  randomCrop,
  randomHorizontalFlip,
  resize,
  toTensor,
} from "@drishti/core/data";
import { afterAll, describe, expect, test } from "vitest";
import { CLASSES, picture, writeFiles, writePictures } from "../../test/tiny-pictures.ts";
import { openData, openSplit } from "./open-data.ts";
import type { BadFile, PictureFiles } from "./picture-files.ts";

const root = mkdtempSync(join(tmpdir(), "drishti-pictures-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let made = 0;
const fresh = () => join(root, `set${made++}`);
const files = (set: unknown) => set as PictureFiles;
const names = (set: unknown) => Array.from({ length: files(set).length }, (_, i) => files(set).nameOf(i));

const augment = compose([resize(12), randomCrop([8, 8]), randomHorizontalFlip(), toTensor()]);

async function collect(loader: AsyncIterable<Batch>): Promise<Batch[]> {
  const batches: Batch[] = [];
  for await (const batch of loader) batches.push(batch);
  return batches;
}

describe("folders", () => {
  test("one sub-folder a class: a fifth of each is held out, the same every time", async () => {
    const folder = writePictures(fresh(), 10);
    writeFiles(folder, { "red/.hidden.png": "x", "red/notes.txt": "x", "red/deeper/a.png": picture(1, 99) });
    const { train, val, classes, shape, meanStd } = await openData(folder, { imageSize: 8, workers: 0 });
    expect(classes).toEqual(CLASSES);
    expect(shape).toEqual([3, 8, 8]);
    expect([train.length, val.length]).toEqual([17, 4]);
    expect(new Set([...names(train), ...names(val)]).size).toBe(21);
    const labels = Array.from({ length: 4 }, (_, i) => val.label(i));
    expect(labels).toEqual([0, 0, 1, 1]);
    expect(names(val)).toEqual(names((await openData(folder, { imageSize: 8, workers: 0 })).val));
    // Green has 150 to 249 in its own channel and 20 to 119 in the others, red likewise.
    for (const mean of [meanStd.mean[0]!, meanStd.mean[1]!]) expect(mean).toBeCloseTo(0.525, 1);
    expect(meanStd.mean[2]).toBeCloseTo(0.27, 1);
    const sample = await train.get(0);
    expect([sample.channels, sample.label]).toEqual([3, 0]);
  });
  test("adding pictures moves few of those held out", async () => {
    const folder = writePictures(fresh(), 40);
    const before = names(await openSplit(folder, "val", { workers: 0 }));
    writePictures(folder, 5, "", 1000);
    writeFiles(folder, { "red/new.png": picture(1, 5000), "green/new.png": picture(0, 5001) });
    const after = new Set(names(await openSplit(folder, "val", { workers: 0 })));
    expect(before.filter((name) => !after.has(name)).length).toBeLessThanOrEqual(2);
  });
  test("train/ and val/; a class that val lacks keeps its place", async () => {
    const folder = writePictures(fresh(), 3, "train");
    writeFiles(folder, { "val/red/a.png": picture(1, 7) });
    const { train, val } = await openData(folder, { imageSize: 8, workers: 0 });
    expect([train.length, val.length, val.label(0)]).toEqual([6, 1, 1]);
    expect((await openSplit(folder, "own", { workers: 0 })).length).toBe(1);
  });
  test("names with a newline, in Devanagari, and links are read like others", async () => {
    const folder = writeFiles(fresh(), {
      "फूल/गुलाब 🌹.png": picture(0, 1),
      "फूल/two\nlines.png": picture(0, 2),
      "other/a.png": picture(1, 3),
    });
    symlinkSync("a.png", join(folder, "other/link.png"));
    symlinkSync("..", join(folder, "other/loop"));
    const set = await openSplit(folder, "own", { workers: 0 });
    expect([set.length, set.classes]).toEqual([4, ["other", "फूल"]]);
    for (let i = 0; i < set.length; i++) expect((await set.get(i)).width).toBe(14);
  });
  test.each([
    {
      name: "an empty class",
      make: () => ({ "a/1.png": picture(0, 1), "b/notes.txt": "" }),
      code: "empty-class",
      text: /class "b" could not be learnt/,
    },
    {
      name: "a validation class that training lacks",
      make: () => ({ "train/a/1.png": picture(0, 1), "val/b/1.png": picture(0, 2) }),
      code: "classes",
      text: /has b, which .* has not/,
    },
  ])("refuses $name", async ({ make, code, text }) => {
    const folder = writeFiles(fresh(), make());
    await expect(openData(folder, { workers: 0 })).rejects.toMatchObject({ code });
    await expect(openData(folder, { workers: 0 })).rejects.toThrow(text);
  });
  test("classes in the order of a model, others refused", async () => {
    const folder = writePictures(fresh(), 2);
    const set = await openSplit(folder, "own", { workers: 0, wantedClasses: ["red", "blue", "green"] });
    expect(Array.from({ length: 4 }, (_, i) => set.label(i))).toEqual([2, 2, 0, 0]);
    await expect(openSplit(folder, "own", { wantedClasses: ["red"] })).rejects.toThrow(
      /green, which the model does not know/,
    );
  });
});

describe("batches", () => {
  const folder = writePictures(fresh(), 20);
  const built = existsSync(new URL("../../dist/data/work/worker.js", import.meta.url));
  const epochs = async (workers: number, batchSize = 8) => {
    const set = await openSplit(folder, "own", { workers });
    const loader = new DataLoader(set, { batchSize, shuffle: true, seed: 3, transform: augment });
    const all = [...(await collect(loader)), ...(await collect(loader))];
    await files(set).pool.close();
    return all;
  };
  test.skipIf(!built).each([1, 2, 3])(
    `the same with %i threads as with none${built ? "" : " (skipped: not built; npm run build)"}`,
    async (workers) => {
      const [inside, threads] = [await epochs(0), await epochs(workers)];
      expect(threads.map(({ indices }) => [...indices])).toEqual(inside.map(({ indices }) => [...indices]));
      expect(threads).toEqual(inside);
    },
  );
  test("augmentation does not depend on the batch size, and every epoch has its own", async () => {
    const pick = (batches: Batch[], epoch: number) => {
      const found = new Map<number, Float32Array>();
      for (const { images, indices, epoch: own, shape } of batches) {
        const size = shape[1] * shape[2] * shape[3];
        if (own !== epoch) continue;
        for (const [i, index] of indices.entries()) found.set(index, images.slice(i * size, (i + 1) * size));
      }
      return Array.from({ length: 40 }, (_, i) => found.get(i));
    };
    const [small, large] = [await epochs(0, 3), await epochs(0, 16)];
    expect(pick(small, 0)).toEqual(pick(large, 0));
    expect(pick(small, 0)).not.toEqual(pick(small, 1));
  });
  test("going on in mid-epoch gives the very batches that were left", async () => {
    const open = async () =>
      new DataLoader(await openSplit(folder, "own", { workers: 0 }), {
        batchSize: 8,
        shuffle: true,
        seed: 4,
        transform: augment,
      });
    const whole = await collect(await open());
    const first = await open();
    let state = first.state();
    for await (const { index } of first)
      if (index === 1) {
        state = first.state();
        break;
      }
    const second = await open();
    second.load(state);
    expect(await collect(second)).toEqual(whole.slice(2));
  });
});

test("reading ahead is bounded: never more than the batches asked for and two more", async () => {
  const folder = writePictures(fresh(), 30);
  const set = await openSplit(folder, "own", { workers: 0 });
  const { source } = files(set);
  let [asked, taken, most] = [0, 0, 0];
  const place = source.place.bind(source);
  source.place = (index) => {
    asked++;
    most = Math.max(most, asked - taken);
    return place(index);
  };
  for await (const { count } of new DataLoader(set, { batchSize: 4, transform: augment, prefetch: 2 })) {
    await new Promise((resolve) => setTimeout(resolve, 2)); // as long as reading wants: it could run far ahead
    taken += count;
  }
  expect([asked, taken]).toEqual([60, 60]);
  expect(most).toBeLessThanOrEqual(4 * 4);
  expect(most).toBeGreaterThan(4);
});

describe("bad files", () => {
  const folder = writePictures(fresh(), 6);
  writeFiles(folder, { "red/bad.png": picture(1, 50).subarray(0, 90), "green/empty.png": "" });
  const fit = compose([resize([8, 8]), centerCrop(8), toTensor()]);
  test("are left out, named once, counted", async () => {
    const heard: BadFile[] = [];
    const set = await openSplit(folder, "own", { workers: 0, onBad: (bad) => heard.push(bad) });
    const loader = new DataLoader(set, { batchSize: 5, transform: fit });
    for (let epoch = 0; epoch < 2; epoch++)
      expect((await collect(loader)).map(({ count }) => count)).toEqual([5, 4, 3]);
    expect(files(set).badFiles).toEqual(heard);
    heard.sort((a, b) => (a.file < b.file ? -1 : 1)); // batches are made side by side
    expect(heard.map(({ code }) => code)).toEqual(["empty", "damaged"]);
    expect(heard.map(({ file }) => file)).toEqual([join(folder, "green/empty.png"), join(folder, "red/bad.png")]);
  });
  test("are fatal when asked for", async () => {
    const set = await openSplit(folder, "own", { workers: 0, onBadFile: "fail" });
    await expect(collect(new DataLoader(set, { transform: fit }))).rejects.toMatchObject({ code: "empty" });
  });
  test("when there is nothing else", async () => {
    const bad = writeFiles(fresh(), { "a/1.png": "", "b/1.png": "x" });
    await expect(openData(bad, { workers: 0 })).rejects.toThrow(/none of 2 pictures could be read/);
  });
  test("pictures of two sizes in one batch are named", async () => {
    const set = await openSplit(folder, "own", { workers: 0 });
    await expect(collect(new DataLoader(set, { batchSize: 4, transform: toTensor() }))).rejects.toThrow(
      /00\d\.png is 3×1\d×1\d, others of its batch are 3×1\d×1\d/,
    );
  });
});

describe("lists", () => {
  const folder = writePictures(fresh(), 3);
  const list = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  test("CSV: quotes, other separators, blank lines, a split", async () => {
    const path = list(
      "a.csv",
      '\ufefffile,label,split\r\n"red/000.png",rot,train\r\n\r\ngreen/000.png,"grün, hell",val\r\ngreen/001.png,"grün, hell",train\r\n',
    );
    const { train, val, classes } = await openData(path, { imageSize: 8, workers: 0 });
    expect(classes).toEqual(["grün, hell", "rot"]);
    expect(names(train)).toEqual([join(folder, "red/000.png"), join(folder, "green/001.png")]);
    expect([val.length, val.label(0)]).toEqual([1, 0]);
    const tabs = list("b.tsv", "label\tpath\n1\tred/000.png\n10\tred/001.png\n2\tgreen/000.png");
    expect((await openSplit(tabs, "own", { workers: 0 })).classes).toEqual(["1", "2", "10"]);
  });
  test("JSON lines", async () => {
    const path = list("a.jsonl", '{"file":"red/000.png","label":"r"}\n{"image":"green/000.png","class":"g"}\n');
    const set = await openSplit(path, "own", { workers: 0 });
    expect([set.length, set.classes, set.label(0)]).toEqual([2, ["g", "r"], 1]);
  });
  test.each([
    {
      name: "columns.csv",
      text: "a,b\n1,2\n",
      error: /must name the columns, with file and label among them .* it has a, b/,
    },
    {
      name: "short.csv",
      text: "file,label\nx.png\n",
      error: /short.csv, line 2: it has 1 fields, the first line has 2/,
    },
    { name: "label.csv", text: 'file,label\n"a\nb.png",\n', error: /line 2: a\nb.png has no label/ },
    {
      name: "split.csv",
      text: "file,label,split\na.png,1,later\n",
      error: /line 2: split "later" must be train or val/,
    },
    { name: "none.csv", text: "file,label\n", error: /lists no pictures/ },
    { name: "json.jsonl", text: '{"file":"a","label":1}\n{oops\n', error: /json.jsonl, line 2: it is not JSON/ },
  ])("refuses $name", async ({ name, text, error }) => {
    await expect(openData(list(name, text))).rejects.toThrow(error);
  });
});
