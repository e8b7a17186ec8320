// How many pictures a second does training CIFAR10CNN take in? A whole step each: zeroGrad, forward, loss, backward, Adam,
// and the loss read back, as in a plain loop.
//   node bench/train-cifar10cnn.mjs --device native --threads 2 --batch 64 --seconds 4 --json
// --capture: the step recorded once and replayed; --profile: also the time of every kernel of a replay.
import { capture } from "drishti/capture";
import { CIFAR10CNN } from "drishti/models";
import { readArguments, report, speed } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { printProfile } from "./lib/profile.mjs";
import { measure } from "./lib/windows.mjs";

const options = readArguments({
  capture: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
});
const { nn, optim, randn, randint, device, threads, detail } = await openEngine(options);
const model = new CIFAR10CNN();
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
const criterion = new nn.CrossEntropyLoss();
const images = randn([options.batch, 3, 32, 32]);
const labels = randint(0, 10, [options.batch]);

function eager(x, y) {
  optimizer.zeroGrad();
  const loss = criterion.forward(model.forward(x), y);
  loss.backward();
  optimizer.step();
  return loss;
}
const captured = options.capture || options.profile;
const step = captured ? capture(eager) : eager;

const figures = await measure(() => step(images, labels).item(), options.batch, options);
if (options.profile) printProfile(() => step.profile(images, labels));

const name = "train-cifar10cnn";
const peakRssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
const result = {
  bench: name,
  model: "cifar10cnn",
  batchSize: options.batch,
  threads,
  device,
  detail,
  captured,
  ...figures,
  peakRssMiB,
};
report(
  result,
  options,
  `${name}  ${device}, ${threads} threads, batch ${options.batch}${captured ? ", captured" : ""}: ${speed(figures.imagesPerSecond)}`,
);
