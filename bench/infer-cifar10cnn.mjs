// How many pictures a second does CIFAR10CNN label? Forward only, in eval mode without gradients, the logits read back.
//   node bench/infer-cifar10cnn.mjs --device native --threads 2 --batch 64 --seconds 4 --json
import { CIFAR10CNN } from "drishti/models";
import { readArguments, report, speed } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { measure } from "./lib/windows.mjs";

const options = readArguments();
const { noGrad, randn, device, threads, detail } = await openEngine(options);
const model = new CIFAR10CNN().eval();
const images = randn([options.batch, 3, 32, 32]);

const step = () => noGrad(() => model.forward(images)).toArray();
const figures = await measure(step, options.batch, options);

const name = "infer-cifar10cnn";
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
const result = {
  bench: name,
  model: "cifar10cnn",
  batchSize: options.batch,
  threads,
  device,
  detail,
  ...figures,
  peakRssMiB,
};
report(
  result,
  options,
  `${name}  ${device}, ${threads} threads, batch ${options.batch}: ${speed(figures.imagesPerSecond)}`,
);
