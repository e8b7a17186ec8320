/** @file What a format of model files is to the commands: how it is recognised, read, written and checked elsewhere. */
import type { ModelShape } from "@drishti/core/models";
import type { Layer, StateValue } from "@drishti/core/nn";
import type { ModelCard, TrainingState } from "@drishti/core/train";
import type { GoldenCheck } from "../golden.ts";

/** A file read, before a network is made of it. */
export interface ReadModel {
  /** Null when another program wrote the file. */
  readonly card: ModelCard | null;
  /** Empty where the file holds the network itself. */
  readonly weights: ReadonlyMap<string, StateValue>;
  /** What a checkpoint of ours has beside the weights. */
  readonly training?: TrainingState | null;
  /** The network with its weights on the default device, in formats that hold it. */
  readonly network?: () => Layer | Promise<Layer>;
  /** The network so that a run can train it and make it again from a card, with its weights on the default device. */
  readonly trainable?: (options: TrainableOptions) => Promise<Trainable>;
  /** What is known of the pictures where there is no card: (C, H, W), or null for a size that is not known. */
  readonly input?: readonly [channels: number | null, height: number | null, width: number | null];
  /** Goes into the card of an import, so that the network can be made again. */
  readonly topology?: unknown;
}

export interface TrainableOptions {
  /** Of the pictures it will learn from, and how many classes they have. */
  readonly shape: ModelShape;
  /** How many classes it tells apart now. */
  readonly classes: number;
  /** Whether it gets a fresh last layer. */
  readonly newHead: boolean;
}

export interface Trainable {
  readonly model: Layer;
  /** What a card must say for the network to be made again, where its name does not tell. */
  readonly topology?: unknown;
}

export interface ReadModelOptions {
  /** Where in the file the weights are, for files with several. */
  readonly key?: string;
}

/** A model to write. */
export interface ModelToWrite {
  readonly model: Layer;
  readonly card: ModelCard;
}

export interface ModelFormat {
  /** As in `--format`. */
  readonly name: string;
  /** For help and messages: "safetensors (.safetensors)". */
  readonly about: string;
  /** Of the files that `export` writes; "" for a folder. */
  readonly extension: string;
  /** Whether these bytes are such a file; `path` where the bytes alone do not tell. */
  recognises(bytes: Uint8Array, path: string): boolean;
  /** Throws DataError for a file that is damaged or holds what cannot be read. */
  read?(bytes: Uint8Array, path: string, options: ReadModelOptions): Promise<ReadModel>;
  /** Throws DataError for models that the format has no words for. */
  write?(model: ModelToWrite, path: string): Promise<void>;
  /**
   * Writes the same network with a card of ours: how files that hold the network are imported. Without it an import becomes
   * a safetensors file of ours.
   */
  adopt?(bytes: Uint8Array, card: ModelCard, path: string): Promise<void>;
  /** Other programs that the file is checked with, when `verify` or `export` is called. */
  checks?(path: string, card: ModelCard): Promise<GoldenCheck[]>;
}
