// How many pictures a second does a trained network answer? Forward in eval mode, the logits read back; captured, or with
// --eager operation by operation.
//   node bench/infer.mjs --model cifar10cnn --device native --threads 2 --batch 64 --seconds 4 --json
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
const { noGrad, randn } = engine;
const { model, shape } = await benchModel(options.model);
model.eval();
const images = randn([options.batch, ...shape]);

const eager = (x) => noGrad(() => model.forward(x));
const forward = options.eager ? eager : capture(eager);
const figures = await measure(() => forward(images).toArray(), options.batch, options);
if (options.profile && !options.eager) printProfile(() => forward.profile(images));
tell("infer", options, engine, { ...figures, captured: forward.eagerReason ?? (forward.replays ?? 0) > 0 });
