// The networks that the benches know, and how a result is told.
import { createModel } from "drishti/models";
import { report, speed } from "./arguments.mjs";

const cifar = { shape: [3, 32, 32], classes: 10 };
/** What the peers' scripts call them, too. */
const models = {
  cifar10cnn: { name: "cifar10cnn", ...cifar },
  "cifar10cnn-bn": { name: "cifar10cnn-bn", ...cifar },
  simplecnn: { name: "simplecnn", ...cifar },
  "resnet18-cifar": { name: "resnet18", ...cifar },
  resnet18: { name: "resnet18", shape: [3, 224, 224], classes: 1000 },
};

export async function benchModel(key) {
  const entry = models[key];
  if (!entry) throw new Error(`--model is one of ${Object.keys(models).join(", ")}, not ${key}`);
  const [inChannels, height, width] = entry.shape;
  const model = createModel(entry.name, { inChannels, height, width, numClasses: entry.classes });
  return { model, ...entry };
}

export function tell(bench, options, { device, threads, detail }, figures) {
  const { model, batch, eager = false } = options;
  const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const result = { bench, model, batchSize: batch, threads, device, detail, eager, ...figures, peakRssMiB };
  const how = eager ? "eager" : figures.captured === true ? "captured" : `eager (${figures.captured})`;
  report(
    result,
    options,
    `${bench} ${model}  ${device}, ${threads} threads, batch ${batch}, ${how}: ${speed(figures.imagesPerSecond)}`,
  );
}
