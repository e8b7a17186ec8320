/**
 * Real weights on real pictures: published figures. The files lie beside the repository.
 *   DRISHTI_NIGHTLY=1    all pictures (a minute or two); else the first of them
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { getBackend } from "@drishti/core";
import { decodeModelFile } from "@drishti/core/train";
import { afterAll, describe, expect, test } from "vitest";
import { hasSharp } from "../src/data/sharp.ts";
import { readBytesOnDemand } from "../src/data/sources/on-demand.ts";
import { tarMembers } from "../src/data/sources/tar-index.ts";
import { registerDevices } from "../src/devices.ts";
import { cli } from "./run-cli.ts";

const data = join(process.env.DRISHTI_SHARED ?? resolve(import.meta.dirname, "../../../../shared"), "data");
const pretrained = join(data, "pretrained");
const photos = join(data, "photos/imagenet-samples");
const cifar = join(data, "cifar10/cifar-10-binary.tar.xz");
const nightly = process.env.DRISHTI_NIGHTLY === "1";
const folder = mkdtempSync(join(tmpdir(), "drishti-pretrained-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runs(what: () => unknown): boolean {
  try {
    what();
    return true;
  } catch {
    return false;
  }
}
registerDevices();
const device = runs(() => getBackend("native")) ? "native" : "wasm";
const lacks = [
  ...(existsSync(pretrained) ? [] : ["no data/pretrained; set DRISHTI_SHARED"]),
  ...(device === "native" ? [] : ["no native backend, and wasm is slow"]),
];
const title = (what: string, ...more: string[]) =>
  lacks.length + more.length > 0 ? `${what} (skipped: ${[...lacks, ...more].join("; ")})` : what;

/** The model file of weights from elsewhere. */
async function imported(file: string, network: string, ...options: string[]): Promise<string> {
  const out = join(folder, `${network}.safetensors`);
  const { code, err } = await cli(["import", join(pretrained, file), ...options, "--out", out, "--device", device]);
  expect([code, err]).toEqual([0, ""]);
  expect(decodeModelFile(readFileSync(out)).card!.model.name).toBe(network);
  return out;
}

// Published error on the 10,000 test pictures, in percent; errors among the first 100 training pictures.
const noXz = runs(() => execFileSync("xz", ["--version"], { stdio: "ignore" })) ? [] : ["no xz program"];
const noCifar = existsSync(cifar) ? noXz : ["no data/cifar10"];
describe.skipIf(lacks.length + noCifar.length > 0)(title("CIFAR-10", ...noCifar), () => {
  const FEW = 100;
  const set = join(folder, "cifar");
  /** A folder with a test_batch.bin of the pictures to judge by. */
  function pictures(): string {
    if (existsSync(set)) return set;
    mkdirSync(set);
    if (nightly) execFileSync("tar", ["xJf", cifar, "-C", set]);
    else {
      const start = execFileSync("sh", ["-c", 'xz -dc "$0" 2>/dev/null | head -c 1000000', cifar], { maxBuffer: 1e7 });
      const batch = readBytesOnDemand(start, () => firstBatch(cifar));
      writeFileSync(join(set, "test_batch.bin"), start.subarray(batch, batch + FEW * 3073));
    }
    return set;
  }
  function* firstBatch(path: string) {
    let at = 0;
    yield* tarMembers(path, Number.POSITIVE_INFINITY, function* (member) {
      if (member.name.endsWith("data_batch_1.bin")) at = member.start;
      yield { start: at, length: 0 };
    });
    return at;
  }

  for (const { network, file, published, normally } of [
    { network: "resnet20", file: "resnet20-12fca82f.th", published: 8.27, normally: true },
    { network: "resnet56", file: "resnet56-4bfd9763.th", published: 6.61, normally: false },
  ])
    test.skipIf(!nightly && !normally)(
      `${network}: ${nightly ? `errs on ${published} % of the test pictures` : normally ? `the first training pictures (all test pictures: DRISHTI_NIGHTLY=1)` : "skipped: only with DRISHTI_NIGHTLY=1"}`,
      async () => {
        const model = await imported(file, network);
        const judged = await cli([
          "evaluate",
          model,
          "--data",
          `cifar10:${pictures()}`,
          "--json",
          "--device",
          device,
          "--batch-size",
          "50",
        ]);
        const { count, accuracy } = JSON.parse(judged.out);
        if (nightly) {
          expect(count).toBe(10_000);
          expect(Math.abs(100 * (1 - accuracy) - published)).toBeLessThanOrEqual(0.02);
        } else expect([count, Math.round(count * (1 - accuracy))]).toEqual([FEW, 0]);
      },
      600_000,
    );
});

// Published top-1: about 50 % and 57 to 58 % (top-5 80.3 %) of ImageNet's 50,000; of these 30 it is more.
const noSharp = (await hasSharp()) ? [] : ["sharp is not installed"];
describe.skipIf(lacks.length + noSharp.length > 0)(title("ImageNet's sample photos", ...noSharp), () => {
  const FEW = 8;
  for (const { network, file, preprocessing, hits, normally } of [
    {
      network: "mobilenet_v1_0.25",
      file: "mobilenet_v1_0.25_224/model.json",
      preprocessing: "tf",
      hits: nightly ? [22, 23] : [7, 7],
      normally: true,
    },
    {
      network: "squeezenet1_1",
      file: "squeezenet_v1.1.fp16.safetensors",
      preprocessing: "caffe",
      hits: [18, 27],
      normally: false,
    },
  ])
    test.skipIf(!nightly && !normally)(
      `${network}: ${nightly ? "all" : normally ? `the first ${FEW} (all 30: DRISHTI_NIGHTLY=1)` : "skipped: only with DRISHTI_NIGHTLY=1"}`,
      async () => {
        const classes = join(pretrained, "imagenet_classes.json");
        const model = await imported(file, network, "--preprocessing", preprocessing, "--classes", classes);
        const names = (JSON.parse(readFileSync(classes, "utf8")) as [string, string][]).map(([, name]) => name);
        const labels = (
          JSON.parse(readFileSync(join(photos, "labels.json"), "utf8")) as { file: string; index: number }[]
        )
          .slice(0, nightly ? undefined : FEW)
          .map(({ file: photo, index }) => ({ photo: join(photos, photo), name: names[index]! }));
        expect(readdirSync(photos).length).toBeGreaterThan(labels.length);
        const { out } = await cli([
          "predict",
          model,
          ...labels.map(({ photo }) => photo),
          "--json",
          "--device",
          device,
        ]);
        const tops = out
          .trim()
          .split("\n")
          .map((line) => (JSON.parse(line) as { top: { label: string }[] }).top.map(({ label }) => label));
        const first = tops.filter(([label], i) => label === labels[i]!.name).length;
        const five = tops.filter((top, i) => top.includes(labels[i]!.name)).length;
        expect([first, five]).toEqual(hits);
      },
      600_000,
    );
});
