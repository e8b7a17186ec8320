/** @file The built-in models by name. */
import { closest } from "../base/known-options.ts";
import { ArgumentError } from "../errors/errors.ts";
import type { Layer } from "../nn/index.ts";
import { AlexNet } from "./alexnet.ts";
import { CIFAR10CNN } from "./cifar10cnn.ts";
import { ConvNeXtTiny } from "./convnext.ts";
import { DenseNet121 } from "./densenet.ts";
import { EfficientNetB0 } from "./efficientnet.ts";
import { LeNet5 } from "./lenet5.ts";
import { MLP } from "./mlp.ts";
import { MobileNetV1 } from "./mobilenet-v1.ts";
import { MobileNetV2 } from "./mobilenet-v2.ts";
import type { ModelOptions } from "./options.ts";
import { ResNet } from "./resnet.ts";
import { ResNetCifar } from "./resnet-cifar.ts";
import { ShuffleNetV2 } from "./shufflenet.ts";
import { SimpleCNN } from "./simplecnn.ts";
import { SqueezeNet } from "./squeezenet.ts";
import { VGG } from "./vgg.ts";
import { WideResNet } from "./wide-resnet.ts";

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
const photo = { inChannels: 3, numClasses: 1000, height: 224, width: 224 };
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
  resnet50: {
    about: "residual network of bottlenecks, 50 layers",
    shape: photo,
    make: (o) => new ResNet([3, 4, 6, 3], { ...o, bottleneck: true }),
  },
  wide_resnet50_2: {
    about: "resnet50 with bottlenecks twice as wide",
    shape: photo,
    make: (o) => new ResNet([3, 4, 6, 3], { ...o, bottleneck: true, widthPerGroup: 128 }),
  },
  ...Object.fromEntries(
    [20, 32, 44, 56].map((depth) => [
      `resnet${depth}`,
      {
        about: `He's residual network for CIFAR-10, ${depth} layers`,
        shape: colour,
        make: (o: Omit<ModelOptions, "batchNorm">) => new ResNetCifar(depth, o),
      },
    ]),
  ),
  "wrn-16-4": { about: "wide residual network, 16 layers", shape: colour, make: (o) => new WideResNet(16, 4, o) },
  "wrn-28-10": { about: "wide residual network, 28 layers", shape: colour, make: (o) => new WideResNet(28, 10, o) },
  alexnet: { about: "AlexNet, five convolutions", shape: photo, make: (o) => new AlexNet(o) },
  vgg11: { about: "VGG, 11 layers", shape: photo, make: (o) => new VGG(11, o) },
  vgg11_bn: {
    about: "vgg11 with batch normalisation",
    shape: photo,
    make: (o) => new VGG(11, { ...o, batchNorm: true }),
  },
  vgg16: { about: "VGG, 16 layers", shape: photo, make: (o) => new VGG(16, o) },
  vgg16_bn: {
    about: "vgg16 with batch normalisation",
    shape: photo,
    make: (o) => new VGG(16, { ...o, batchNorm: true }),
  },
  squeezenet1_0: { about: "SqueezeNet 1.0", shape: photo, make: (o) => new SqueezeNet("1.0", o) },
  squeezenet1_1: { about: "SqueezeNet 1.1, smaller still", shape: photo, make: (o) => new SqueezeNet("1.1", o) },
  mobilenet_v1: { about: "MobileNet, as Keras has it", shape: photo, make: (o) => new MobileNetV1(o) },
  "mobilenet_v1_0.25": {
    about: "mobilenet_v1, a quarter as wide",
    shape: photo,
    make: (o) => new MobileNetV1({ ...o, alpha: 0.25 }),
  },
  mobilenet_v2: { about: "MobileNet V2, inverted residuals", shape: photo, make: (o) => new MobileNetV2(o) },
  shufflenet_v2_x0_5: { about: "ShuffleNet V2, half width", shape: photo, make: (o) => new ShuffleNetV2("0.5", o) },
  shufflenet_v2_x1_0: { about: "ShuffleNet V2", shape: photo, make: (o) => new ShuffleNetV2("1.0", o) },
  densenet121: { about: "DenseNet, 121 layers", shape: photo, make: (o) => new DenseNet121(o) },
  efficientnet_b0: { about: "EfficientNet-B0", shape: photo, make: (o) => new EfficientNetB0(o) },
  convnext_tiny: { about: "ConvNeXt-Tiny", shape: photo, make: (o) => new ConvNeXtTiny(o) },
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
 * const model = createModel("simplecnn", { inChannels: 1, numClasses: 10, height: 28, width: 28 });
 * model.forward(zeros([1, 1, 28, 28])).shape; // [1, 10]
 */
export function createModel(name: string, shape: Partial<ModelShape> = {}): Layer {
  const { inChannels, numClasses, height, width } = { ...modelShape(name), ...shape };
  return entries[name]!.make({ inChannels, numClasses, inputSize: [height, width] });
}

/**
 * The pictures and classes a built-in model was made for.
 *
 * Throws   ArgumentError "unknown-model" with the names there are.
 *
 * @example
 * modelShape("lenet5"); // { "inChannels": 1, "numClasses": 10, "height": 28, "width": 28 }
 */
export function modelShape(name: string): ModelShape {
  if (!Object.hasOwn(entries, name)) throw new ArgumentError("model", "unknown-model", `${noModel(name)}.`);
  return entries[name]!.shape;
}

/**
 * What to say of a name that no built-in model has: the one that was meant, where one is near, and all there are.
 *
 * @example
 * noModel("restnet18").slice(0, 61); // 'there is no model "restnet18"; did you mean "resnet18"? Built'
 */
export function noModel(name: string): string {
  const meant = closest(name, modelNames);
  const hint = meant === undefined ? "built" : `did you mean "${meant}"? Built`;
  return `there is no model "${name}"; ${hint} in are ${modelNames.join(", ")}`;
}
