/** @file What training reports: a closed set of events, the same for the command line, the lab and any program. */
import type { Evaluation } from "./evaluate.ts";
import type { TrainingState } from "./state.ts";

/** Every few steps, and after the last of an epoch. */
export interface StepEvent {
  readonly kind: "step";
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Steps done in this epoch, of `stepsPerEpoch`. */
  readonly stepInEpoch: number;
  /** Batches of an epoch. */
  readonly stepsPerEpoch: number;
  /** Mean loss of this one batch. */
  readonly loss: number;
  /** Of the first parameter group, in this step. */
  readonly learningRate: number;
  /** Since the last step event of the epoch. */
  readonly imagesPerSecond: number;
  /** Whether steps are replayed from a recording (see capture) rather than run operation by operation. */
  readonly captured: boolean;
}

/** Something worth knowing that changes no result. */
export interface NoticeEvent {
  readonly kind: "notice";
  /** Steps since the start of the run. */
  readonly step: number;
  /** One sentence, for people. */
  readonly message: string;
}

/** After every epoch's validation. */
export interface EpochEvent {
  readonly kind: "epoch";
  /** From 1. */
  readonly epoch: number;
  /** Steps since the start of the run. */
  readonly step: number;
  /** Mean over the epoch's pictures, each as it was when its batch was trained on. */
  readonly trainLoss: number;
  /** Null when there are no validation data. */
  readonly validation: Evaluation | null;
  /** Of the epoch's last step. */
  readonly learningRate: number;
  /** Training only, without validation. */
  readonly imagesPerSecond: number;
  /** Of training, without validation. */
  readonly seconds: number;
  /** Of those seconds, what was spent waiting for batches; 0 when the loader does not say. */
  readonly waitedSeconds: number;
  /** Whether this is the best epoch so far, by validation accuracy, then loss. */
  readonly best: boolean;
}

/** A state to go on from. It may be kept or written before the next event is asked for, or later: it is a copy. */
export interface CheckpointEvent {
  readonly kind: "checkpoint";
  /** Before the first step, after an epoch, between steps because it was time, or because the run was stopped. */
  readonly reason: "start" | "epoch" | "interval" | "aborted";
  /** Whether the epoch it is of is the best so far; false between steps and at the start. */
  readonly best: boolean;
  /** For encodeCheckpoint(), or for `resume` of train(). */
  readonly state: TrainingState;
}

/** The loss, or a weight, is no longer a finite number. Nothing after the last checkpoint is worth keeping. */
export interface DivergedEvent {
  readonly kind: "diverged";
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
  /** Dotted path of the first layer where something is not finite; "" when it is the input. */
  readonly layer: string;
  /** What is not finite there. */
  readonly what: "input" | "parameter" | "gradient" | "output" | "loss";
  /** All of it in a sentence, with what to try. */
  readonly message: string;
}

/** The last event. */
export interface DoneEvent {
  readonly kind: "done";
  readonly reason: "finished" | "aborted" | "diverged";
  readonly epoch: number;
  readonly step: number;
}

/** What train() yields; `kind` tells which. */
export type TrainEvent = StepEvent | NoticeEvent | EpochEvent | CheckpointEvent | DivergedEvent | DoneEvent;
