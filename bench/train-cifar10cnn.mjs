// How many pictures a second does training CIFAR10CNN take in? A whole step each: zeroGrad, forward, loss, backward, Adam,
// and the loss read back, as in a plain loop.
//   node bench/train-cifar10cnn.mjs --device native --threads 2 --batch 64 --seconds 4 --json
import { CIFAR10CNN } from "drishti/models";
import { readArguments, report, speed } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { measure } from "./lib/windows.mjs";

const options = readArguments();
const { nn, optim, randn, randint, device, threads, detail } = await openEngine(options);
const model = new CIFAR10CNN();
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
const criterion = new nn.CrossEntropyLoss();
const images = randn([options.batch, 3, 32, 32]);
const labels = randint(0, 10, [options.batch]);

const figures = await measure(
  async () => {
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(images), labels);
    loss.backward();
    optimizer.step();
    return loss.item();
  },
  options.batch,
  options,
);

const name = "train-cifar10cnn";
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
