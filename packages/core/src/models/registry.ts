/** @file The built-in models by name. */
import { ArgumentError } from "../errors/errors.ts";
import type { Layer } from "../nn/index.ts";
import { CIFAR10CNN } from "./cifar10cnn.ts";
import { LeNet5 } from "./lenet5.ts";
import { MLP } from "./mlp.ts";
import type { ModelOptions } from "./options.ts";
import { ResNet } from "./resnet.ts";
import { SimpleCNN } from "./simplecnn.ts";

/** What a model has to fit: pictures of inChannels × height × width, numClasses classes. */
export interface ModelShape {
  readonly inChannels: number;
  readonly numClasses: number;
  readonly height: number;
  readonly width: number;
}

interface Entry {
  readonly about: string;
  /** What it was made for; used where no data say otherwise. */
  readonly shape: ModelShape;
  readonly make: (options: Omit<ModelOptions, "batchNorm">) => Layer;
}

const digits = { inChannels: 1, numClasses: 10, height: 28, width: 28 };
const colour = { inChannels: 3, numClasses: 10, height: 32, width: 32 };

const entries: Readonly<Record<string, Entry>> = {
  simplecnn: { about: "two convolutions (16, 32), 128 hidden units", shape: colour, make: (o) => new SimpleCNN(o) },
  "simplecnn-bn": {
    about: "simplecnn with batch normalisation",
    shape: colour,
    make: (o) => new SimpleCNN({ ...o, batchNorm: true }),
  },
  cifar10cnn: { about: "two convolutions (32, 64), 128 hidden units", shape: colour, make: (o) => new CIFAR10CNN(o) },
  "cifar10cnn-bn": {
    about: "cifar10cnn with batch normalisation",
    shape: colour,
    make: (o) => new CIFAR10CNN({ ...o, batchNorm: true }),
  },
  lenet5: { about: "LeNet-5 with ReLU and max pooling", shape: digits, make: (o) => new LeNet5(o) },
  mlp: { about: "one hidden layer of 64 units", shape: digits, make: (o) => new MLP({ ...o, batchNorm: false }) },
  "mlp-bn": { about: "mlp with batch normalisation", shape: digits, make: (o) => new MLP({ ...o, batchNorm: true }) },
  resnet18: { about: "residual network, 18 layers", shape: colour, make: (o) => new ResNet([2, 2, 2, 2], o) },
  resnet34: { about: "residual network, 34 layers", shape: colour, make: (o) => new ResNet([3, 4, 6, 3], o) },
};

/** Names that `createModel` knows. */
export const modelNames: readonly string[] = Object.keys(entries);

/** One line about each built-in model. */
export const modelNotes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(entries).map(([name, { about }]) => [name, about]),
);

/**
 * A built-in model, fresh, on the default device, with weights drawn from the default generator.
 *
 * shape    What it has to fit; each number defaults to what the model was made for (`modelShape`).
 * Throws   ArgumentError "unknown-model" with the names; what the model's constructor throws for sizes it cannot take.
 *
 * @example
 * createModel("simplecnn", { inChannels: 1, numClasses: 10, height: 28, width: 28 });
 */
export function createModel(name: string, shape: Partial<ModelShape> = {}): Layer {
  const { inChannels, numClasses, height, width } = { ...modelShape(name), ...shape };
  return entries[name]!.make({ inChannels, numClasses, inputSize: [height, width] });
}

/** The pictures and classes a built-in model was made for. Throws ArgumentError "unknown-model". */
export function modelShape(name: string): ModelShape {
  if (!Object.hasOwn(entries, name))
    throw new ArgumentError(
      "model",
      "unknown-model",
      `there is no model "${name}"; there are: ${modelNames.join(", ")}.`,
    );
  return entries[name]!.shape;
}
