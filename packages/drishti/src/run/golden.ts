/** @file Golden pictures: what a model gave for them when it was saved, every copy of it must give again. No Node here. */
import { type Backend, noGrad, tensor } from "@drishti/core";
import type { Picture } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { evalMode } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import { fromBase64, type Golden, type ModelCard, toBase64 } from "@drishti/core/train";
import { prepare } from "./pictures.ts";

/**
 * How far logits may be off: this part of the largest one, or of 1. A thousand roundings of float32; a wrong channel
 * order, a wrong mean or another resize moves them by far more. docs/numerics.md
 */
export const GOLDEN_TOLERANCE = 2 ** -13;

/** One place where a model was run on its golden pictures. */
export interface GoldenCheck {
  /** A backend, a program, or the file itself. */
  readonly where: string;
  /** Null where it could not be run. */
  readonly maxError: number | null;
  readonly ok: boolean;
  /** What it would be run with is not installed here: no proof and no failure. */
  readonly skipped?: boolean;
  /** Why it could not be run. */
  readonly reason?: string;
}

/** The model's logits for one picture, by the card's preprocessing. */
export async function logitsOf(model: Layer, card: ModelCard, picture: Picture): Promise<ArrayLike<number>> {
  const { data, channels, height, width } = prepare(picture, card);
  const device: Backend | undefined = model.parameters().next().value?.backend;
  const restore = evalMode(model);
  try {
    const out = noGrad(() =>
      model.forward(tensor(data, { shape: [1, channels, height, width], dtype: "float32", device })),
    );
    return await out.toArray();
  } finally {
    restore();
  }
}

/** Pictures with what the model makes of them now. All have one size. */
export async function makeGolden(model: Layer, card: ModelCard, pictures: readonly Picture[]): Promise<Golden | null> {
  const [first] = pictures;
  if (!first) return null;
  const logits: number[][] = [];
  for (const picture of pictures) logits.push(Array.from(await logitsOf(model, card, picture)));
  return {
    shape: [first.channels, first.height, first.width],
    pixels: pictures.map(({ data }) => toBase64(data as Uint8Array)),
    logits,
  };
}

/** The pictures of a card. Throws DataError "golden" when it has none, or damaged ones. */
export function goldenPictures({ golden }: ModelCard, file: string): Picture[] {
  const fail = (text: string): never => {
    throw new DataError("verify", "golden", `${file}: ${text}`, file);
  };
  if (!golden) return fail("it carries no golden pictures to be checked by. Export or import it again.");
  const [channels, height, width] = golden.shape;
  return golden.pixels.map((text, i) => {
    const data = fromBase64(text);
    if (data?.length !== channels * height * width)
      return fail(`its golden picture ${i} is damaged. Save the model again.`);
    return { data, channels, height, width };
  });
}

/** Runs the golden pictures through a model and compares. */
export async function checkGolden(where: string, model: Layer, card: ModelCard, file: string): Promise<GoldenCheck> {
  const found: ArrayLike<number>[] = [];
  for (const picture of goldenPictures(card, file)) found.push(await logitsOf(model, card, picture));
  return compareGolden(where, found, card);
}

/** Logits from anywhere against the golden ones. NaN is never right. */
export function compareGolden(where: string, found: readonly ArrayLike<number>[], { golden }: ModelCard): GoldenCheck {
  let maxError = 0;
  let largest = 1;
  for (const [i, wanted] of golden!.logits.entries()) {
    if (found[i]?.length !== wanted.length)
      return {
        where,
        maxError: null,
        ok: false,
        reason: `gives ${found[i]?.length ?? 0} logits, the card has ${wanted.length}`,
      };
    for (const [k, value] of wanted.entries()) {
      const error = Math.abs(found[i]![k]! - value);
      if (!(error <= maxError)) maxError = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
      largest = Math.max(largest, Math.abs(value));
    }
  }
  return { where, maxError, ok: maxError <= GOLDEN_TOLERANCE * largest };
}
