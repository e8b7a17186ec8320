// How many pictures a second does training take in? A whole step each: zeroGrad, forward, loss, backward, Adam, and the loss
// read back, as in a plain loop; captured, as train() does it, or with --eager operation by operation.
//   node bench/train.mjs --model cifar10cnn --device native --threads 2 --batch 64 --seconds 4 --json
// --profile: also the time of every kernel of a replay.
import { capture } from "drishti/capture";
import { readArguments } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { benchModel, tell } from "./lib/models.mjs";
import { printProfile } from "./lib/profile.mjs";
import { measure } from "./lib/windows.mjs";

const options = readArguments({
  model: { type: "string", default: "cifar10cnn", text: true },
  eager: { type: "boolean", default: false },
  profile: { type: "boolean", default: false },
});
const engine = await openEngine(options);
const { nn, optim, randn, randint } = engine;
const { model, shape, classes } = await benchModel(options.model);
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
const criterion = new nn.CrossEntropyLoss();
const images = randn([options.batch, ...shape]);
const labels = randint(0, classes, [options.batch]);

const eager = (x, y) => {
  optimizer.zeroGrad();
  const loss = criterion.forward(model.forward(x), y);
  loss.backward();
  optimizer.step();
  return loss;
};
const step = options.eager ? eager : capture(eager);
const figures = await measure(() => step(images, labels).item(), options.batch, options);
if (options.profile && !options.eager) printProfile(() => step.profile(images, labels));
tell("train", options, engine, { ...figures, captured: captured(step) });

/** false, or true; the reason where it had to run eagerly all the same. */
function captured({ replays = 0, eagerReason }) {
  return eagerReason ?? replays > 0;
}
