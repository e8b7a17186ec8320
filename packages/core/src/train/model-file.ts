/** @file Models and checkpoints as .safetensors: the weights under PyTorch's keys, everything else in the header. */
import type { GeneratorState } from "../base/rng/index.ts";
import { DataError } from "../errors/errors.ts";
import {
  readSafetensors,
  type SafetensorsData,
  type SafetensorsInput,
  safetensorsPieces,
  writeSafetensors,
} from "../io/index.ts";
import type { StateValue } from "../nn/index.ts";
import type { OptimizerState } from "../optim/index.ts";
import { type ModelCard, parseCard } from "./model-card.ts";
import { type ArrayState, modelWeights, type TrainingState } from "./state.ts";

const CARD = "drishti.card";
const TRAINING = "drishti.training";
const OPTIMIZER = "@optimizer/";
/** Before weights as training goes on with them, where others stand under their keys: the averaged ones. */
const TRAINED = "@trained/";

/** What a file is made of. */
type Content = Parameters<typeof safetensorsPieces>;

/** What is in a model file or a checkpoint. */
export interface ModelFile {
  /** Null when another program wrote the file. */
  readonly card: ModelCard | null;
  /** For `model.loadStateDict()`; of a run that averages its weights, the averaged ones. */
  readonly weights: ReadonlyMap<string, StateValue>;
  /** What a checkpoint has beside the weights; null in a model file. */
  readonly training: TrainingState | null;
}

/**
 * A model file: float32 weights and whole numbers as int64, under the keys of `stateDict()`, so that
 * `safetensors.torch.load_file` gives PyTorch a state dict as it stands; the card is in the header. `model` is a
 * TrainingState's. The same arguments give the same bytes.
 *
 * @example
 * const weights = new Map([["fc.bias", { shape: [2], data: Float32Array.of(0.5, -1) }]]);
 * const bytes = encodeModel(weights, card);
 * decodeModelFile(bytes).weights.get("fc.bias")!.shape; // [2]
 */
export function encodeModel(model: ReadonlyMap<string, ArrayState>, card: ModelCard): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...modelContent(model, card));
}

/**
 * The bytes of `encodeModel` in pieces, to be written one after the other without a copy of them all: see
 * `safetensorsPieces`.
 *
 * @example
 * const weights = new Map([["fc.bias", { shape: [2], data: Float32Array.of(0.5, -1) }]]);
 * modelPieces(weights, card).length; // 2
 */
export function modelPieces(model: ReadonlyMap<string, ArrayState>, card: ModelCard): Uint8Array[] {
  return safetensorsPieces(...modelContent(model, card));
}

function modelContent(model: ReadonlyMap<string, ArrayState>, card: ModelCard): Content {
  const tensors = [...model].map(([key, { shape, data }]) => [key, { shape, data: portable(data) }] as const);
  return [tensors, { format: "pt", [CARD]: JSON.stringify(card) }];
}

/**
 * A checkpoint: the model as it is in memory (the reference backend's doubles included) and all a run needs to go on.
 *
 * @example
 * const { train: fit } = await import("drishti/train");
 * for await (const event of fit({ model, optimizer, train: loader, classes: 10, epochs: 1 })) {
 *   if (event.kind !== "checkpoint") continue;
 *   const { training } = decodeModelFile(encodeCheckpoint(event.state, card));
 *   console.log(training!.progress.step); // 4
 * }
 */
export function encodeCheckpoint(state: TrainingState, card: ModelCard): Uint8Array<ArrayBuffer> {
  return writeSafetensors(...checkpointContent(state, card));
}

/**
 * The bytes of `encodeCheckpoint` in pieces, to be written one after the other without a copy of them all: see
 * `safetensorsPieces`.
 *
 * @example
 * const { train: fit } = await import("drishti/train");
 * for await (const event of fit({ model, optimizer, train: loader, classes: 10, epochs: 1 }))
 *   if (event.kind === "checkpoint") console.log(checkpointPieces(event.state, card).length > 2); // true
 */
export function checkpointPieces(state: TrainingState, card: ModelCard): Uint8Array[] {
  return safetensorsPieces(...checkpointContent(state, card));
}

function checkpointContent(state: TrainingState, card: ModelCard): Content {
  const { model, optimizer, ema, ...rest } = state;
  const tensors: (readonly [string, SafetensorsInput])[] = [...modelWeights(state)];
  for (const key of ema?.average.keys() ?? []) tensors.push([TRAINED + key, model.get(key)!]);
  const numbers: Record<string, Record<string, number>> = {};
  for (const [index, entry] of Object.entries(optimizer.state)) {
    numbers[index] = {};
    for (const [key, value] of Object.entries(entry))
      if (typeof value === "number") numbers[index][key] = value;
      else tensors.push([`${OPTIMIZER}${index}/${key}`, value]);
  }
  const training = {
    ...rest,
    ema: ema && { updates: ema.updates },
    generator: plainState(rest.generator),
    loader: rest.loader && plainLoader(rest.loader),
    optimizer: { numbers, paramGroups: optimizer.paramGroups },
  };
  return [tensors, { format: "pt", [CARD]: JSON.stringify(card), [TRAINING]: JSON.stringify(training) }];
}

/**
 * Reads a model file or a checkpoint, those of other programs included, which have weights alone. `file` is for errors.
 *
 * Throws  what readSafetensors() throws for damaged files; DataError "card" or "training" for a damaged description.
 *
 * @example
 * const weights = new Map([["fc.bias", { shape: [2], data: Float32Array.of(0.5, -1) }]]);
 * const { card: found, training } = decodeModelFile(encodeModel(weights, card), "net.safetensors");
 * found!.model.name; // "simplecnn"
 * training; // null
 */
export function decodeModelFile(bytes: Uint8Array, file?: string): ModelFile {
  const { tensors, metadata } = readSafetensors(bytes, { file });
  const weights = new Map<string, ArrayState>();
  const trained = new Map<string, ArrayState>();
  const slots: [index: string, key: string, value: ArrayState][] = [];
  for (const [name, { shape, data }] of tensors) {
    const value = { shape, data: data as ArrayState["data"] };
    const slot = /^@optimizer\/(\d+)\/(\w+)$/.exec(name);
    if (slot) slots.push([slot[1]!, slot[2]!, value]);
    else if (name.startsWith(TRAINED)) trained.set(name.slice(TRAINED.length), value);
    else weights.set(name, value);
  }
  const card = metadata[CARD] === undefined ? null : parseCard(metadata[CARD], file);
  const text = metadata[TRAINING];
  if (text === undefined) return { card, weights, training: null };
  return { card, weights, training: parseTraining(text, weights, trained, slots, file) };
}

function parseTraining(
  text: string,
  weights: TrainingState["model"],
  trained: TrainingState["model"],
  slots: readonly [string, string, ArrayState][],
  file?: string,
): TrainingState {
  try {
    const { progress, scheduler, generator, loader, optimizer, ema } = JSON.parse(text);
    const average = new Map<string, ArrayState>();
    for (const key of trained.keys()) {
      const value = weights.get(key);
      if (!value) throw new Error(`the averaged ${key} is missing.`);
      average.set(key, value);
    }
    const state: Record<string, Record<string, unknown>> = optimizer.numbers;
    for (const [index, key, value] of slots) state[index]![key] = value;
    const words = (plain: PlainWords<GeneratorState>): GeneratorState => ({
      ...plain,
      words: Uint32Array.from(plain.words),
    });
    return {
      progress,
      scheduler,
      model: new Map([...weights, ...trained]),
      ema: ema ? { updates: ema.updates, average } : null,
      optimizer: { state, paramGroups: optimizer.paramGroups } as unknown as OptimizerState,
      generator: words(generator),
      loader: loader && { ...loader, generator: loader.generator && words(loader.generator) },
    };
  } catch (cause) {
    throw new DataError(
      "checkpoint",
      "training",
      `${file ?? "the file"}: the state of the run in it is damaged. Go on from another checkpoint.`,
      file,
      { cause },
    );
  }
}

type PlainWords<T> = Omit<T, "words"> & { words: number[] };

function plainState<T extends { readonly words: Uint32Array }>(state: T): PlainWords<T> {
  return { ...state, words: Array.from(state.words) };
}

function plainLoader(loader: NonNullable<TrainingState["loader"]>): object {
  return { ...loader, generator: loader.generator && plainState(loader.generator) };
}

function portable(data: ArrayState["data"]): SafetensorsData {
  if (data instanceof Float64Array) return Float32Array.from(data);
  if (data instanceof Int32Array) return BigInt64Array.from(data, BigInt);
  return data;
}
