/** @file Labels for pictures, by a model's own preprocessing. */
import { noGrad, type Tensor, tensor } from "@drishti/core";
import { type Captured, capture } from "@drishti/core/capture";
import type { Picture } from "@drishti/core/data";
import { DrishtiError } from "@drishti/core/errors";
import { evalMode } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import type { Explainer } from "./explain.ts";
import type { TrainedModel } from "./model-source.ts";
import { prepare } from "./pictures.ts";
import type { PredictInput } from "./predict-inputs.ts";
import { softmaxRow } from "./softmax.ts";

export interface Guess {
  readonly label: string;
  readonly probability: number;
}

export interface Prediction extends Guess {
  readonly file: string;
  /** The likeliest labels, the first of them again included. */
  readonly top: readonly Guess[];
  /** Where the picture with heat was written, when one was asked for. */
  readonly explanation?: string;
}

/** A picture that was asked about, and what came of it. */
export type Answer = Prediction | { readonly file: string; readonly error: DrishtiError };

/** Pictures read while others are computed. */
const AHEAD = 8;
/** Pictures computed at once, where there are so many. */
const AT_ONCE = 16;

/** A picture of bytes, 1 or 3 channels, any size. */
export async function predictPicture(
  trained: Pick<TrainedModel, "model" | "card">,
  picture: Picture,
  top = 5,
): Promise<Omit<Prediction, "file">> {
  return (await predictPrepared(trained, [prepare(picture, trained.card)], top))[0]!;
}

/** Pictures that went through the model's preprocessing; `captured`, where there is one, takes AT_ONCE of them. */
async function predictPrepared(
  { model, card }: Pick<TrainedModel, "model" | "card">,
  pictures: readonly Picture[],
  top: number,
  captured?: Forward,
): Promise<Omit<Prediction, "file">[]> {
  const { channels, height, width } = pictures[0]!;
  const size = channels * height * width;
  const count = captured ? AT_ONCE : pictures.length;
  const batch = new Float32Array(count * size);
  for (const [i, { data }] of pictures.entries()) batch.set(data, i * size);
  const restore = evalMode(model);
  try {
    const device = model.parameters().next().value?.backend;
    const images = tensor(batch, { shape: [count, channels, height, width], dtype: "float32", device });
    const logits = (await (captured ?? forwardOf(model))(images).toArray()) as Float32Array;
    const classes = card.classes.length;
    return pictures.map((_, i) => {
      const guesses = softmaxRow(logits.subarray(i * classes, (i + 1) * classes)).map((probability, label) => ({
        label: card.classes[label]!,
        probability,
      }));
      guesses.sort((a, b) => b.probability - a.probability);
      return { ...guesses[0]!, top: guesses.slice(0, top) };
    });
  } finally {
    restore();
  }
}

type Forward = (images: Tensor) => Tensor;

function forwardOf(model: Layer): Forward {
  return (images) => noGrad(() => model.forward(images));
}

/**
 * An answer for every input, in their order: labels, or the error of a picture that cannot be read. A few pictures are
 * read ahead; several are computed at once.
 *
 * Throws  only what is no picture's fault.
 */
export async function* predictAll(
  trained: TrainedModel,
  inputs: AsyncIterable<PredictInput>,
  top = 5,
  explainer?: Explainer,
): AsyncGenerator<Answer, void, undefined> {
  const source = inputs[Symbol.asyncIterator]();
  const reading: Promise<Read>[] = [];
  let ended = false;
  const read = async ({ file, load }: PredictInput): Promise<Read> => {
    try {
      const whole = await load();
      return { file, picture: prepare(whole, trained.card), whole: explainer && whole };
    } catch (error) {
      if (!(error instanceof DrishtiError)) throw error;
      return { file, error };
    }
  };
  let batch: Read[] = [];
  // Where there are more than one batch, all go through one recording: the last is filled up, so that every answer is the same
  // whatever else was asked.
  let captured: Captured<[Tensor], Tensor> | undefined;
  try {
    while (!ended || reading.length > 0 || batch.length > 0) {
      while (!ended && reading.length < AHEAD) {
        const next = await source.next();
        if (next.done) ended = true;
        else {
          const under = read(next.value);
          under.catch(() => {}); // thrown when its turn comes
          reading.push(under);
        }
      }
      const first = reading.shift();
      if (first) batch.push(await first);
      const more = reading.length > 0 || !ended;
      if (batch.length < AT_ONCE && more) continue;
      if (more)
        captured ??= capture(forwardOf(trained.model), {
          rehearse: true,
          tryWith: ([images]) => [(images as Tensor).narrow(0, 0, 1)],
        });
      yield* answers(trained, batch, top, explainer, captured);
      batch = [];
    }
  } finally {
    captured?.release();
  }
}

type Read =
  | { readonly file: string; readonly picture: Picture; readonly whole: Picture | undefined }
  | { readonly file: string; readonly error: DrishtiError };

async function* answers(
  trained: TrainedModel,
  batch: readonly Read[],
  top: number,
  explainer: Explainer | undefined,
  captured: Forward | undefined,
): AsyncGenerator<Answer> {
  const pictures = batch.flatMap((read) => ("picture" in read ? [read.picture] : []));
  const predicted: Omit<Prediction, "file">[] = [];
  // Preprocessing brings pictures to one size, unless a model's own leaves them as they are.
  for (let from = 0; from < pictures.length; ) {
    let to = from + 1;
    while (to < pictures.length && sameShape(pictures[from]!, pictures[to]!)) to++;
    predicted.push(...(await predictPrepared(trained, pictures.slice(from, to), top, captured)));
    from = to;
  }
  let at = 0;
  for (const read of batch) {
    if ("error" in read) {
      yield read;
      continue;
    }
    const prediction = { file: read.file, ...predicted[at++]! };
    yield read.whole && explainer
      ? { ...prediction, explanation: await explainer.write(read.file, read.whole) }
      : prediction;
  }
}

function sameShape(a: Picture, b: Picture): boolean {
  return a.channels === b.channels && a.height === b.height && a.width === b.width;
}
