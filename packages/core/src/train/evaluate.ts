/** @file How good a classifier is on labelled pictures. */

import { tensor } from "../autograd/create.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { release, type Tensor } from "../autograd/tensor.ts";
import type { Backend } from "../backends/backend.ts";
import { checkKnown } from "../base/known-options.ts";
import { capture } from "../capture/index.ts";
import { type Batch, DataLoader } from "../data/index.ts";
import { ArgumentError } from "../errors/errors.ts";
import { evalMode } from "../models/eval-mode.ts";
import type { Layer } from "../nn/index.ts";
import { crossEntropy, narrow } from "../ops/index.ts";
import { Metrics, type MetricsResult } from "./metrics.ts";
import type { StopSignal } from "./runtime.ts";

/** From logits (N, classes) and class numbers (N) to the mean loss, a scalar. */
export type LossFunction = (logits: Tensor, target: Tensor) => Tensor;

/** Metrics of one pass over a set, and the mean loss. */
export interface Evaluation extends MetricsResult {
  /** Mean over the pictures. */
  readonly loss: number;
}

/** What evaluate() measures by, and who looks on. */
export interface EvaluateOptions {
  /** Number of classes: outputs of the model. */
  readonly classes: number;
  /** Default cross entropy. */
  readonly loss?: LossFunction;
  /** Stops after the batch at hand; the result is of the pictures seen. */
  readonly signal?: StopSignal;
  /** Sees every batch with its logits, row by row: for progress, or for the worst mistakes. */
  readonly onBatch?: (batch: Batch, logits: Float32Array) => void;
  /** Record one batch and replay it for the others (see capture). Default true. */
  readonly capture?: boolean;
}

/**
 * Runs the model over every batch in eval mode, without recording, and measures: loss, accuracy, top 5, macro precision,
 * recall and F1, all per class, confusion matrix. Every module is back in its mode afterwards.
 *
 * Throws  ArgumentError "classes" when the model's outputs are not that many; what the model throws for wrong shapes.
 *
 * @example
 * const { accuracy, count } = await evaluate(model, loader, { classes: 10 });
 * count; // 32
 */
export async function evaluate(
  model: Layer,
  batches: AsyncIterable<Batch>,
  options: EvaluateOptions,
): Promise<Evaluation> {
  checkKnown("evaluate", options, { classes: 0, loss: 0, signal: 0, onBatch: 0, capture: 0 });
  const { classes, loss: lossOf = crossEntropy, signal, onBatch } = options;
  const device = deviceOf(model);
  const metrics = new Metrics(classes);
  let lossSum = 0;
  let count = 0;
  // Recording of gradients is off only while the operations run, not while values are awaited: other code may run then.
  const eager = (images: Tensor, labels: Tensor) =>
    noGrad(() => {
      const out = model.forward(images);
      checkLogits(out, classes);
      return [out, lossOf(out, labels)] as const;
    });
  const captured = (options.capture ?? true) ? capture(eager, { rehearse: true, tryWith: onePicture }) : undefined;
  const pass = captured ?? eager;
  const restore = evalMode(model);
  try {
    for await (const batch of onBatch ? batches : DataLoader.passing(batches)) {
      const { images, labels } = batchTensors(batch, device);
      const replays = captured?.replays ?? 0;
      const [logits, loss] = pass(images, labels);
      // A replay keeps nothing of its batch.
      if ((captured?.replays ?? 0) > replays) for (const t of [images, labels]) if (t !== logits) release(t);
      const values = (await logits.toArray()) as Float32Array;
      lossSum += (await loss.item()) * batch.count;
      count += batch.count;
      metrics.add(values, batch.labels);
      onBatch?.(batch, values);
      if (signal?.aborted) break;
    }
  } finally {
    restore();
    captured?.release();
  }
  return { ...metrics.result(), loss: lossSum / count };
}

/** Images and labels of a batch's first picture: enough to try a model with, and without a whole batch's activations. */
function onePicture(tensors: readonly unknown[]): unknown[] {
  return tensors.map((t) => narrow(t as Tensor, 0, 0, 1));
}

/** The backend that holds the model's weights; undefined, so the default one, for a model without. */
export function deviceOf(model: Layer): Backend | undefined {
  return model.parameters().next().value?.backend;
}

/**
 * A batch as tensors on a device, or on the default one: what a training loop of your own begins with.
 *
 * Shape   images (N, C, H, W) float32; labels (N) int32, or (N, classes) float32 shares where the batch was mixed.
 *
 * @example
 * for await (const batch of loader) {
 *   const { images, labels } = batchTensors(batch, undefined);
 *   console.log(images.shape, labels.dtype); // [ 8, 1, 28, 28 ] int32
 * }
 */
export function batchTensors(batch: Batch, device: Backend | undefined): { images: Tensor; labels: Tensor } {
  return {
    images: tensor(batch.images, { shape: batch.shape, device }),
    labels: batch.targets
      ? tensor(batch.targets, { shape: [batch.count, batch.targets.length / batch.count], device })
      : tensor(batch.labels, { device }),
  };
}

/** Refuses outputs that are not (N, classes): a model made for other data. */
export function checkLogits(logits: Tensor, classes: number): void {
  if (logits.ndim === 2 && logits.shape[1] === classes) return;
  throw new ArgumentError(
    "model",
    "classes",
    `the model gives [${logits.shape.join(", ")}], but the data have ${classes} classes, so [N, ${classes}] is wanted. ` +
      "Take a model made for these data, or the data it was made for.",
  );
}
