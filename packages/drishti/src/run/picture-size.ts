/** @file How large pictures are that a network is given, in training and after it. */
import { noGrad, zeros } from "@drishti/core";
import { type ImageShape, isImageSet } from "@drishti/core/data";
import { BackendError, DrishtiError } from "@drishti/core/errors";
import { modelShape } from "@drishti/core/models";
import type { Layer } from "@drishti/core/nn";
import type { ModelCard } from "@drishti/core/train";
import type { OpenedData } from "../data/open-data.ts";
import { type ModelSource, readModelFile } from "./model-source.ts";
import type { TrainConfig } from "./train-config.ts";
import { UsageError } from "./usage-error.ts";

/** Photos are made as large as the model is used to, but not so small that nothing is to be seen. */
export async function imageSize(
  config: TrainConfig,
  source: ModelSource | undefined,
  card?: ModelCard,
): Promise<number> {
  const wanted = config["image-size"];
  if (wanted !== null) return wanted;
  if (card) return card.preprocessing.height;
  if (source?.kind === "file") return (await readModelFile(source.path)).card.preprocessing.height;
  return Math.max(64, source?.kind === "built-in" ? modelShape(source.name).height : 0);
}

/** Sizes are for photos: pictures in memory have one already. */
export function checkSizes(config: TrainConfig, { name, train, shape: [, height, width] }: OpenedData): void {
  if (!isImageSet(train)) return;
  for (const option of ["image-size", "train-size"] as const)
    if (config[option] !== null)
      throw new UsageError(
        `--${option} ${config[option]} is for photos: the pictures of ${name} are all ${height}×${width}. Leave it out.`,
      );
}

/** Refuses pictures to learn from that the network cannot take, before the first of them is read. */
export function checkTrainSize(model: Layer, size: number, [channels, height, width]: ImageShape): void {
  model.eval();
  try {
    noGrad(() => model.forward(zeros([1, channels, size, size])));
  } catch (cause) {
    if (!(cause instanceof DrishtiError)) throw cause;
    if (outOfMemory(cause))
      throw new UsageError(
        `--train-size ${size}: even one picture of ${size}×${size} takes more memory than there is. Choose a smaller size, or a smaller network.`,
      );
    const reason = cause.message.split("\n", 1)[0]!.replace(/\.$/, "");
    throw new UsageError(
      `--train-size ${size}: the network, made for ${height}×${width}, does not take pictures of ${size}×${size} (${reason}). Leave --train-size out, or choose a network that takes any size, such as resnet18.`,
    );
  }
  model.train();
}

function outOfMemory(error: unknown): BackendError | undefined {
  return error instanceof BackendError && error.code === "out-of-memory" ? error : undefined;
}

/** A training's error; one of memory says what takes less. */
export function withLessMemory(error: unknown, batchSize: number, photos: boolean): unknown {
  const cause = outOfMemory(error);
  if (!cause) return error;
  const other = photos ? "do smaller pictures (--image-size, --train-size)" : "does a smaller network";
  const [what, ...places] = cause.message.slice(`${cause.where}: `.length).split("\n");
  const text = `${what!.split(". ", 1)[0]!.replace(/\.?$/, ".")} A smaller --batch-size than ${batchSize} takes less, as ${other}.`;
  return new BackendError(cause.where, cause.code, [text, ...places].join("\n"), { cause });
}
