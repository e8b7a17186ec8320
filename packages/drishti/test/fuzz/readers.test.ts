/** The readers of data sets, plain pictures and our own model files. */
import { imageSetFromCifar10, parseCifar10Classes, parseIdx, parseIdxImages } from "@drishti/core/data";
import { readSafetensors, writeSafetensors } from "@drishti/core/io";
import { decodeModelFile, encodeModel, type ModelCard } from "@drishti/core/train";
import { parsePnm } from "../../src/data/pnm.ts";
import { idx } from "../tiny-data.ts";
import { fuzzReader } from "./harness.ts";

const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) % 251);
const text = (words: string) => new TextEncoder().encode(words);
const append = (header: string, body: Uint8Array) => Uint8Array.from([...text(header), ...body]);

const idxFiles = { images: idx([3, 4, 5], ramp(60)), labels: idx([7], ramp(7)), one: idx([1, 1, 1], ramp(1)) };
fuzzReader("idx", { samples: idxFiles, read: (bytes) => parseIdx(bytes, "x") });
fuzzReader("idx images", {
  samples: { images: idxFiles.images },
  read: (bytes) => parseIdxImages({ name: "x", bytes }),
});

const records = ramp(2 * 3073);
for (const start of [0, 3073]) records[start] = 3;
fuzzReader("CIFAR-10", {
  samples: { records },
  read: (bytes) => imageSetFromCifar10([{ name: "x.bin", bytes }]),
});
fuzzReader("CIFAR-10 class names", {
  samples: { names: text("airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n") },
  read: (bytes) => parseCifar10Classes({ name: "x.txt", bytes }),
});

fuzzReader("PGM and PPM", {
  samples: {
    grey: append("P5\n4 3\n255\n", ramp(12)),
    colour: append("P6 # a comment\n2 2 255\n", ramp(12)),
    deep: append("P5 2 2 65535\n", ramp(8)),
    letters: text("P2\n3 2\n15\n1 2 3\n4 5 6\n"),
  },
  read: (bytes) => parsePnm(bytes, "x"),
});

fuzzReader("safetensors", {
  samples: {
    mixed: writeSafetensors(
      [
        ["conv.weight", { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
        ["half", { shape: [3], data: Float32Array.of(1, 2, 3), dtype: "F16" }],
        ["count", { shape: [], data: BigInt64Array.of(17n) }],
        ["none", { shape: [0, 4], data: new Int8Array(0) }],
      ],
      { format: "pt", note: "दृष्टि" },
    ),
    empty: writeSafetensors([]),
  },
  read: (bytes) => readSafetensors(bytes),
});

const card: ModelCard = {
  model: { name: "mlp", inChannels: 1, numClasses: 2, height: 2, width: 2 },
  classes: ["a", "b"],
  preprocessing: {
    channels: 1,
    height: 2,
    width: 2,
    mean: [0.5],
    std: [0.5],
    channelOrder: "L",
    layout: "NCHW",
    transforms: { name: "compose", transforms: [{ name: "toTensor" }] },
  },
  golden: { shape: [1, 2, 2], pixels: ["AAECAw=="], logits: [[0.1, 0.2]] },
  config: null,
  versions: {},
};
fuzzReader("model file", {
  samples: { model: encodeModel(new Map([["w", { shape: [2], data: Float32Array.of(1, 2) }]]), card) },
  read: (bytes) => decodeModelFile(bytes, "x.safetensors"),
});
