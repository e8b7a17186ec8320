/** @file Somebody's model file as a model file of ours: network, weights, preprocessing, and golden pictures as a proof. */
import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { Generator } from "@drishti/core";
import type { Picture } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { createModel, loadWeights, type ModelShape, modelNames, modelShape } from "@drishti/core/models";
import { init, type Layer } from "@drishti/core/nn";
import type { ModelCard } from "@drishti/core/train";
import type { ReadModel } from "./formats/format.ts";
import { formatNamed, readForeign } from "./formats/index.ts";
import { checkGolden, type GoldenCheck, makeGolden } from "./golden.ts";
import { fitted, guessModel } from "./guess-model.ts";
import { cardOf, type PreprocessingOptions, preprocessingOf, readClasses } from "./import-card.ts";
import { cardName, freshModel, modelOfCard, modelSource, openTrained, readTrained } from "./model-source.ts";
import { UsageError } from "./usage-error.ts";

export interface ImportOptions extends PreprocessingOptions {
  /** A built-in name or a module. Default: found by the weights. */
  readonly model?: string;
  /** Where in the file the weights are. */
  readonly key?: string;
  /** Names, or a file of them. */
  readonly classes?: string;
  /** (C, H, W) of the network's input. */
  readonly input?: readonly [number, number, number];
  readonly out?: string;
}

export interface Imported {
  readonly file: string;
  readonly check: GoldenCheck;
  readonly card: ModelCard;
}

/** Throws DataError for what cannot be read or fits no network, UsageError for options that contradict the network. */
export async function importModel(path: string, options: ImportOptions): Promise<Imported> {
  refuseSource(path, options.out);
  const read = await readForeign(path, options.key === undefined ? {} : { key: options.key });
  refuseKnown(path, read, options);
  const found = read.card ? await withOwnCard(read, read.card, path) : await identify(path, read, options);
  const golden = found.card.golden ?? (await makeGolden(found.model, found.card, testPictures(found.card)));
  const card = { ...found.card, golden };
  const adopt = read.format.adopt && !read.topology ? read.format.adopt.bind(read.format) : undefined;
  const format = adopt ? read.format : formatNamed("safetensors");
  const file = options.out ?? freePath(path, format.extension);
  if (adopt) await adopt(read.bytes, card, file);
  else await format.write!({ model: found.model, card }, file);
  const copy = await openTrained(await readTrained(file));
  return { file, card, check: await checkGolden("file", copy.model, copy.card, file) };
}

/** Throws UsageError where the result would take the place of what it is made of. */
export function refuseSource(source: string, out: string | undefined): void {
  if (out !== undefined && existsSync(out) && existsSync(source) && realpathSync(out) === realpathSync(source))
    throw new UsageError(`${out} is the model that is read, which would be lost. Give another name with --out.`);
}

/** What the file says itself is not asked for: an option that would change nothing is a mistake. */
function refuseKnown(path: string, read: ReadModel, options: ImportOptions): void {
  const known = read.card
    ? (["model", "classes", "input", "preset", "mean", "std", "channelOrder", "resize"] as const)
    : read.network
      ? (["model"] as const)
      : [];
  const given = known.filter((name) => options[name] !== undefined).map((name) => flags[name] ?? `--${name}`);
  if (given.length > 0)
    throw new UsageError(
      `${path} ${read.card ? "has a card that says its network, classes and preprocessing" : "brings its network with it"}. Leave out ${given.join(", ")}.`,
    );
}

const flags: Readonly<Record<string, string>> = { preset: "--preprocessing", channelOrder: "--channel-order" };

interface Found {
  readonly model: Layer;
  readonly card: ModelCard;
}

async function withOwnCard(read: ReadModel, card: ModelCard, path: string): Promise<Found> {
  if (read.network) return { model: await read.network(), card };
  const model = await modelOfCard(card, path);
  loadWeights(model, read.weights);
  return { model, card };
}

/** The network that the weights fit, and a card by the options. */
export async function identify(path: string, read: ReadModel, options: ImportOptions): Promise<Found> {
  const { name, shape, model } = await networkOf(path, read, options);
  const classes = await readClasses(options.classes, shape.numClasses);
  return { model, card: cardOf(name, shape, classes, preprocessingOf(shape, options), read.topology) };
}

async function networkOf(path: string, read: ReadModel, options: ImportOptions) {
  const input = options.input && { inChannels: options.input[0], height: options.input[1], width: options.input[2] };
  if (read.network) return ready(path, read, await read.network(), input);
  if (options.model === undefined) {
    const guess = await guessModel(read.weights, input ?? {});
    if (guess) return guess;
    throw new DataError(
      "import",
      "no-network",
      `${path}: its ${read.weights.size} tensors (${[...read.weights.keys()].slice(0, 3).join(", ")}, …) fit none of the built-in networks${input ? "" : " at their usual input sizes"}. Say --input C,H,W if it is another size, or name the network with --model: ${modelNames.join(", ")}, or a module of your own.`,
      path,
    );
  }
  const source = await modelSource(options.model);
  const usual = modelShape(source.kind === "built-in" ? source.name : "simplecnn");
  const make = (shape: ModelShape) =>
    source.kind === "built-in" ? init.skipInit(() => createModel(source.name, shape)) : freshModel(source, shape);
  const found = await fitted(make, read.weights, { ...usual, ...input });
  return { name: cardName(source), ...found };
}

/** A file that holds the network: only the input's size may have to be said. */
async function ready(path: string, read: ReadModel, model: Layer, input: Omit<ModelShape, "numClasses"> | undefined) {
  const [channels, height, width] = read.input ?? [null, null, null];
  const known = input ?? (channels && height && width ? { inChannels: channels, height, width } : undefined);
  if (!known)
    throw new DataError(
      "import",
      "no-input-size",
      `${path} does not say how large its pictures are (${[channels, height, width].map((size) => size ?? "?").join("×")}). Say it: --input C,H,W.`,
      path,
    );
  const probe = cardOf("probe", { ...known, numClasses: 0 }, [], preprocessingOf({ ...known, numClasses: 0 }, {}));
  const golden = await makeGolden(model, probe, testPictures(probe).slice(0, 1));
  return { name: basename(path), shape: { ...known, numClasses: golden!.logits[0]!.length }, model };
}

/** A free name beside the file. */
function freePath(path: string, extension: string): string {
  const stem = basename(path).replace(/\.[^.]*$/, "");
  const place = stem === "model" && path.endsWith(".json") ? dirname(path) : join(dirname(path), stem);
  const candidates = [`${place}${extension}`, `${place}.drishti${extension}`];
  const free = candidates.find((candidate) => !existsSync(candidate));
  if (free) return free;
  throw new DataError(
    "import",
    "exists",
    `${candidates.join(" and ")} are there already. Say with --out where the model goes.`,
    candidates[0],
  );
}

const PICTURES = 3;
const LARGEST_SIDE = 64;

/** Pictures of soft coloured noise, the same every time: not all black, not all alike, and small in a file. */
export function testPictures({ preprocessing: { channels, height, width } }: ModelCard): Picture[] {
  const [h, w] = [Math.min(height, LARGEST_SIDE), Math.min(width, LARGEST_SIDE)];
  return Array.from({ length: PICTURES }, (_, i) => {
    const random = new Generator(i);
    const waves = Array.from({ length: 4 * channels }, () => [
      1 + (random.random() % 5),
      random.random() % 5,
      random.random() % 64,
    ]);
    const data = Uint8Array.from({ length: channels * h * w }, (_, at) => {
      const [c, y, x] = [Math.floor(at / (h * w)), Math.floor(at / w) % h, at % w];
      const sum = waves
        .slice(4 * c, 4 * c + 4)
        .reduce(
          (value, [a, b, phase]) => value + Math.abs((((a! * x * 64) / w + (b! * y * 64) / h + phase!) % 64) - 32),
          0,
        );
      return 2 * sum; // four triangles of 0 to 32
    });
    return { data, channels, height: h, width: w };
  });
}
