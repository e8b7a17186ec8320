import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { type ImageSet, meanStd } from "@drishti/core/data";
import { pack } from "tar-stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openData, openSplit } from "./open-data.ts";

let root: string;
let made = 0;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "drishti-data-"));
});
afterAll(() => rmSync(root, { recursive: true }));

/** A new folder with these files. */
function folder(files: Record<string, Uint8Array | string>): string {
  const path = join(root, String(made++));
  mkdirSync(path);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(path, name, ".."), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

function idx(dims: number[], value: (i: number) => number): Uint8Array {
  const count = dims.reduce((a, b) => a * b, 1);
  const bytes = new Uint8Array(4 + 4 * dims.length + count);
  bytes.set([0, 0, 8, dims.length]);
  for (const [i, size] of dims.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * i, size);
  for (let i = 0; i < count; i++) bytes[4 + 4 * dims.length + i] = value(i);
  return bytes;
}
const images = (count: number, height = 3, width = 2) => idx([count, height, width], (i) => i);
const labels = (count: number) => idx([count], (i) => i % 10);
const mnistFiles = () => ({
  "train-images-idx3-ubyte": images(5),
  "train-labels-idx1-ubyte": labels(5),
  "t10k-images-idx3-ubyte": images(2),
  "t10k-labels-idx1-ubyte": labels(2),
});

const records = (count: number, first: number) =>
  Uint8Array.from({ length: count * 3073 }, (_, i) => (i % 3073 === 0 ? (first + i / 3073) % 10 : first + i));
const cifarFiles = () => ({
  ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`data_batch_${i}.bin`, records(2, i)])),
  "test_batch.bin": records(3, 7),
  "batches.meta.txt": "airplane\nautomobile\nbird\nkitten\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n",
});

async function tar(files: Record<string, Uint8Array | string>): Promise<Uint8Array> {
  const archive = pack();
  archive.entry({ name: "cifar-10-batches-bin/", type: "directory" });
  // Not in numerical order, as in the official archive.
  for (const [name, content] of Object.entries(files).reverse())
    archive.entry({ name: `cifar-10-batches-bin/${name}` }, Buffer.from(content));
  archive.finalize();
  return buffer(archive as unknown as NodeJS.ReadableStream);
}

const all = (set: ImageSet) => Array.from({ length: set.length }, (_, i) => [set.label(i), ...set.image(i)]);

describe("mnist: the built-in digits", () => {
  test("9,000 to train with, 1,000 held out, none in both, every class in its share", async () => {
    const { train, val, classes, meanStd } = await openData("mnist");
    expect([train.length, val.length, train.channels, train.height, train.width]).toEqual([9000, 1000, 1, 28, 28]);
    expect(classes).toEqual([..."0123456789"]);
    const counts = (set: ImageSet) =>
      classes.map((_, c) => Array.from({ length: set.length }, (_, i) => set.label(i)).filter((l) => l === c).length);
    const [kept, held] = [counts(train), counts(val)];
    // The package's README: 1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944 and 978 digits.
    expect(kept.map((count, c) => count + held[c]!)).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
    for (const [c, count] of held.entries()) expect(Math.abs(count - (kept[c]! + count) / 10)).toBeLessThan(1);
    const places = (set: ImageSet) => Array.from({ length: set.length }, (_, i) => set.offset(i));
    expect(new Set([...places(train), ...places(val)]).size).toBe(10_000);
    // MNIST's own mean and standard deviation are 0.1307 and 0.3081; a sixth of it comes close.
    expect(meanStd.mean[0]).toBeCloseTo(0.1307, 2);
    expect(meanStd.std[0]).toBeCloseTo(0.3081, 2);
  });
  test("the same split and order every time", async () => {
    const [one, two] = [await openData("mnist"), await openData("mnist")];
    const order = (set: ImageSet) => Array.from({ length: 100 }, (_, i) => set.offset(i));
    expect(order(one.train)).toEqual(order(two.train));
    expect(order(one.val)).toEqual(order(two.val));
  });
});

describe("mnist:PATH", () => {
  const zipped = () =>
    Object.fromEntries(Object.entries(mnistFiles()).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
  const renamed = (change: (name: string) => string) =>
    Object.fromEntries(Object.entries(mnistFiles()).map(([name, bytes]) => [change(name), bytes]));
  test.each([
    { name: "as they come", files: mnistFiles },
    { name: "packed", files: zipped },
    { name: "packed and unpacked side by side", files: () => ({ ...mnistFiles(), ...zipped() }) },
    { name: "unpacked under a name that says .gz", files: () => renamed((name) => `${name}.gz`) },
    { name: "with dots", files: () => renamed((name) => name.replace("-idx", ".idx")) },
    { name: "test- for t10k-", files: () => renamed((name) => name.replace("t10k", "test")) },
    { name: "in torchvision's MNIST/raw", files: () => renamed((name) => `MNIST/raw/${name}`) },
    { name: "with a prefix, as EMNIST's", files: () => renamed((name) => `emnist-digits-${name}`) },
  ])("$name", async ({ files }) => {
    const { train, val } = await openData(`mnist:${folder(files())}`);
    expect(train.get(4)).toEqual({
      data: Uint8Array.of(24, 25, 26, 27, 28, 29),
      channels: 1,
      height: 3,
      width: 2,
      label: 4,
    });
    expect(all(val)).toEqual([
      [0, 0, 1, 2, 3, 4, 5],
      [1, 6, 7, 8, 9, 10, 11],
    ]);
  });
  test("one part does not need the other", async () => {
    const { "t10k-images-idx3-ubyte": i, "t10k-labels-idx1-ubyte": l } = mnistFiles();
    expect(
      (await openSplit(`mnist:${folder({ "t10k-images-idx3-ubyte": i, "t10k-labels-idx1-ubyte": l })}`, "val")).length,
    ).toBe(2);
  });
  test.each([
    { name: "no such folder", change: undefined, code: "missing", text: /nowhere: there is no such file or folder/ },
    {
      name: "no labels",
      change: { "train-labels-idx1-ubyte": undefined },
      code: "missing",
      text: /no labels of the training set: a file like train-labels-idx1-ubyte .* holds t10k-images-idx3-ubyte, t10k-labels/,
    },
    {
      name: "an empty folder",
      change: Object.fromEntries(Object.keys(mnistFiles()).map((name) => [name, undefined])),
      code: "missing",
      text: /no images .* holds nothing/,
    },
    {
      name: "labels of another count",
      change: { "t10k-labels-idx1-ubyte": labels(3) },
      code: "count",
      text: /t10k-labels-idx1-ubyte has 3 labels, .*t10k-images-idx3-ubyte has 2 pictures/,
    },
    {
      name: "a cut-off file",
      change: { "train-images-idx3-ubyte": images(5).subarray(0, 40) },
      code: "truncated",
      text: /train-images-idx3-ubyte: .* 5×3×2 = 30 bytes of data, the file has 24/,
    },
    {
      name: "a cut-off gzip",
      change: { "train-images-idx3-ubyte": gzipSync(images(5)).subarray(0, 30) },
      code: "truncated",
      text: /the gzip stream stops early, after 30 bytes/,
    },
    {
      name: "another kind of file",
      change: { "train-images-idx3-ubyte": "<html>404</html>" },
      code: "magic",
      text: /starts with "3c 68 74 6d"/,
    },
    {
      name: "pictures of another size",
      change: { "t10k-images-idx3-ubyte": images(2, 4, 4) },
      code: "shape",
      text: /pictures of 4×4, the training set of 3×2/,
    },
    {
      name: "two candidates",
      change: { "x-train-images-idx3-ubyte": images(5) },
      code: "ambiguous",
      text: /train-images-idx3-ubyte, x-train-images-idx3-ubyte could each be/,
    },
    {
      name: "a label the training set does not know",
      change: { "t10k-labels-idx1-ubyte": idx([2], () => 99) },
      code: "label",
      text: /label 99 at 0, but there are 10 classes/,
    },
    {
      name: "no pictures",
      change: { "t10k-images-idx3-ubyte": images(0), "t10k-labels-idx1-ubyte": labels(0) },
      code: "empty",
      text: /test part has 0 pictures/,
    },
  ])("refuses $name", async ({ change, code, text }) => {
    const files = Object.entries({ ...mnistFiles(), ...change }).filter(([, content]) => content !== undefined);
    const spec = `mnist:${change ? folder(Object.fromEntries(files) as Record<string, string>) : join(root, "nowhere")}`;
    await expect(openData(spec)).rejects.toThrow(text);
    await expect(openData(spec)).rejects.toMatchObject({ name: "DataError", code });
  });
  test("refuses a file in place of the folder", async () => {
    const path = join(folder(mnistFiles()), "train-images-idx3-ubyte");
    await expect(openData(`mnist:${path}`)).rejects.toThrow(/is a file; name the folder/);
  });
  test.skipIf(process.getuid?.() === 0)(
    "refuses a file that may not be read (skipped for root, who may read all)",
    async () => {
      const path = folder(mnistFiles());
      chmodSync(join(path, "train-labels-idx1-ubyte"), 0);
      await expect(openData(`mnist:${path}`)).rejects.toThrow(/may not be read by this user/);
    },
  );
});

describe("cifar10:PATH", () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(cifarFiles()).filter(([other]) => other !== name));
  const check = async (path: string) => {
    const { train, val, classes } = await openData(`cifar10:${path}`);
    expect([train.length, val.length, train.channels, train.height, train.width]).toEqual([10, 3, 3, 32, 32]);
    expect(Array.from({ length: 10 }, (_, i) => train.label(i))).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
    expect(val.image(2)).toEqual(records(3, 7).subarray(2 * 3073 + 1));
    expect(classes[3]).toBe("kitten"); // from batches.meta.txt
  };
  test("its folder", () => check(folder(cifarFiles())));
  test("the folder it lies in", () =>
    check(
      folder(Object.fromEntries(Object.entries(cifarFiles()).map(([name, c]) => [`cifar-10-batches-bin/${name}`, c]))),
    ));
  test("a .tar and a .tar.gz", async () => {
    const archive = await tar(cifarFiles());
    const path = folder({ "c.tar": archive, "c.tar.gz": gzipSync(archive) });
    await check(join(path, "c.tar"));
    await check(join(path, "c.tar.gz"));
  });
  test("without class names the usual ones", async () => {
    const files = without("batches.meta.txt");
    expect((await openData(`cifar10:${folder(files)}`)).classes[3]).toBe("cat");
  });
  test("one part does not need the other", async () => {
    expect((await openSplit(`cifar10:${folder({ "test_batch.bin": records(3, 7) })}`, "val")).length).toBe(3);
  });
  const archived = async (bytes: Uint8Array | string) => join(folder({ "c.tar.gz": bytes }), "c.tar.gz");
  test.each([
    {
      name: "a missing batch",
      path: async () => folder(without("data_batch_4.bin")),
      code: "missing",
      text: /has no data_batch_4.bin; it holds batches.meta.txt, data_batch_1.bin/,
    },
    {
      name: "a missing batch in an archive",
      path: async () => archived(await tar(without("test_batch.bin"))),
      code: "missing",
      text: /c.tar.gz has no test_batch.bin/,
    },
    {
      name: "the Python version",
      path: async () => folder({ data_batch_1: "", test_batch: "" }),
      code: "python",
      text: /Python version .* binary version is wanted/,
    },
    {
      name: "half a record",
      path: async () => folder({ ...cifarFiles(), "data_batch_2.bin": records(2, 2).subarray(0, 5000) }),
      code: "truncated",
      text: /data_batch_2.bin: 5000 bytes are 1 records of 3073 and 1927 bytes more/,
    },
    {
      name: "a batch cut off between records",
      path: async () => folder({ ...cifarFiles(), "data_batch_2.bin": records(1, 2) }),
      code: "count",
      text: /data_batch_2.bin has 1 records, .*data_batch_1.bin has 2/,
    },
    {
      name: "a label above 9",
      path: async () => folder({ ...cifarFiles(), "test_batch.bin": records(3, 7).fill(200, 3073, 3074) }),
      code: "label",
      text: /test_batch.bin: record 1 has label 200/,
    },
    {
      name: "a .tar.xz",
      path: () => archived(Buffer.from("\xfd7zXZ\0", "latin1")),
      code: "packing",
      text: /packed with xz, .* `tar xJf ".*c.tar.gz" -C FOLDER` and give cifar10:FOLDER/,
    },
    { name: "a .zip", path: () => archived("PK\x03\x04"), code: "packing", text: /packed with zip, .*unzip/ },
    { name: "no archive", path: () => archived("hello"), code: "format", text: /is no tar archive .* it has 5 bytes/ },
    {
      name: "a cut-off .tar",
      path: async () => archived((await tar(cifarFiles())).subarray(0, 20_000)),
      code: "truncated",
      text: /the archive stops early, after 20000 bytes/,
    },
    {
      name: "a cut-off .tar.gz",
      path: async () => archived(gzipSync(await tar(cifarFiles())).subarray(0, 500)),
      code: "truncated",
      text: /the gzip stream stops early, after 500 bytes/,
    },
    {
      name: "a damaged .tar.gz",
      path: async () => archived(gzipSync(await tar(cifarFiles())).fill(0, 300, 400)),
      code: "damaged",
      text: /the gzip stream is damaged/,
    },
    {
      name: "a missing path",
      path: async () => join(root, "nowhere"),
      code: "missing",
      text: /nowhere: there is no such file or folder/,
    },
  ])("refuses $name", async ({ path, code, text }) => {
    const spec = `cifar10:${await path()}`;
    await expect(openData(spec)).rejects.toThrow(text);
    await expect(openData(spec)).rejects.toMatchObject({ name: "DataError", code });
  });
});

describe("other names", () => {
  test.each([
    {
      name: "an unknown name",
      spec: () => "imagenet",
      code: "spec",
      text: /"imagenet" is no data set we know and no path that exists. Use one of: mnist \(built in\), mnist:PATH/,
    },
    { name: "an unknown kind", spec: () => "svhn:data", code: "spec", text: /"svhn:data" is no data set/ },
    { name: "a name of Object's", spec: () => "constructor:x", code: "spec", text: /no data set we know/ },
    { name: "no path", spec: () => "mnist:", code: "spec", text: /names no path after the colon: give mnist:PATH/ },
    {
      name: "a folder without classes",
      spec: () => folder({ "1.jpg": "" }),
      code: "no-classes",
      text: /has no sub-folders: give a folder with one sub-folder of pictures a class/,
    },
    {
      name: "a file",
      spec: () => join(folder({ "x.bin": "" }), "x.bin"),
      code: "unsupported",
      text: /a file alone is no data set/,
    },
  ])("refuses $name", async ({ spec, code, text }) => {
    const name = spec();
    await expect(openData(name)).rejects.toThrow(text);
    await expect(openData(name)).rejects.toMatchObject({ name: "DataError", code });
  });
});

// The real files: checked where they are, beside the repository.
const shared = process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../../shared");
const mnist = join(shared, "data/mnist");
const devanagari = join(shared, "data/devanagari");
const xz = join(shared, "data/cifar10/cifar-10-binary.tar.xz");
const rounded = ({ mean, std }: { mean: number[]; std: number[] }) =>
  [...mean, ...std].map((x) => Number(x.toFixed(6)));

describe("real data", () => {
  test.skipIf(!existsSync(mnist))("MNIST (skipped without the shared data)", async () => {
    const { train, val, meanStd } = await openData(`mnist:${mnist}`);
    expect([train.length, val.length, train.height, train.width]).toEqual([60_000, 10_000, 28, 28]);
    expect(rounded(meanStd)).toEqual([0.13066, 0.308108]);
  });
  test.skipIf(!existsSync(devanagari))("Devanagari digits, 32×32 (skipped without the shared data)", async () => {
    const { train, val, meanStd } = await openData(`mnist:${devanagari}`);
    expect([train.length, val.length, train.height, train.width]).toEqual([17_000, 3000, 32, 32]);
    expect(Array.from({ length: 11 }, (_, i) => val.label(i))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    expect(rounded(meanStd)).toEqual([0.242318, 0.388673]);
  });
  test.skipIf(!existsSync(xz))(
    "CIFAR-10 as .tar.xz is refused with the way out (skipped without the shared data)",
    async () => {
      await expect(openData(`cifar10:${xz}`)).rejects.toThrow(/packed with xz.*tar xJf/);
    },
  );
  const cifar = process.env.DRISHTI_CIFAR10;
  test.skipIf(!cifar)("CIFAR-10 (skipped unless DRISHTI_CIFAR10 names its unpacked folder)", async () => {
    const { train, val, classes, ...data } = await openData(`cifar10:${cifar}`);
    expect([train.length, val.length, classes[9]]).toEqual([50_000, 10_000, "truck"]);
    expect(Array.from({ length: 10 }, (_, i) => train.label(i))).toEqual([6, 9, 9, 4, 1, 1, 2, 7, 8, 3]);
    expect(Array.from({ length: 10 }, (_, i) => val.label(i))).toEqual([3, 8, 8, 0, 6, 6, 1, 6, 3, 1]);
    expect(rounded(data.meanStd)).toEqual([0.4914, 0.482158, 0.446531, 0.247032, 0.243485, 0.261588]);
    expect(rounded(meanStd(val))).toEqual([0.494214, 0.485131, 0.450409, 0.246653, 0.242892, 0.261592]);
  });
});
