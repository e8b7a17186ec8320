// Does an eager training loop, written the plain way, hold its memory steady? Nothing is freed by hand; the resident set of
// the process is read every 100 steps. Exit 1 when it grows.
//   node bench/memory.mjs --device wasm --loop sequential    the layers in a Sequential
//   node bench/memory.mjs --device wasm --loop by-hand       functions one after the other, results in variables
// Each step reads its loss with await loss.item(); --read-every 20 does so every 20 steps only.
import { readArguments, report } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { median } from "./lib/windows.mjs";

const text = (fallback) => ({ type: "string", default: fallback, text: true });
const options = readArguments({
  loop: text("sequential"),
  "read-every": { type: "string", default: "1" },
  batch: { type: "string", default: "16" },
  steps: { type: "string", default: "5000" },
});
const drishti = await openEngine(options);
const { nn, optim, randn, randint, crossEntropy, maxPool2d, device, threads, detail } = drishti;

/** Both loops train this: two convolutions and two dense layers on 3×32×32. */
const conv1 = new nn.Conv2d(3, 8, 3, { padding: 1 });
const conv2 = new nn.Conv2d(8, 16, 3, { padding: 1 });
const fc1 = new nn.Linear(16 * 8 * 8, 32);
const fc2 = new nn.Linear(32, 10);
const parameters = [conv1, conv2, fc1, fc2].flatMap((layer) => [...layer.parameters()]);
const pool = () => new nn.MaxPool2d(2, 2);
const chain = new nn.Sequential(
  conv1,
  new nn.ReLU(),
  pool(),
  conv2,
  new nn.ReLU(),
  pool(),
  new nn.Flatten(),
  fc1,
  new nn.ReLU(),
  fc2,
);

const forwards = {
  sequential: (x) => chain.forward(x),
  "by-hand": (x) => {
    const a = maxPool2d(conv1.forward(x).relu(), 2);
    const b = maxPool2d(conv2.forward(a).relu(), 2);
    const h = fc1.forward(b.flatten(1)).relu();
    return fc2.forward(h);
  },
};
const forward = forwards[options.loop];
if (!forward) throw new Error(`--loop is one of ${Object.keys(forwards).join(", ")}, not ${options.loop}`);

const optimizer = new optim.Adam(parameters, { lr: 1e-3 });
const every = 100;
const rssMiB = [];
for (let step = 0; step < options.steps; step++) {
  const images = randn([options.batch, 3, 32, 32]); // a fresh batch each time, as from a loader
  const labels = randint(0, 10, [options.batch]);
  optimizer.zeroGrad();
  const loss = crossEntropy(forward(images), labels);
  loss.backward();
  optimizer.step();
  if ((step + 1) % options["read-every"] === 0) await loss.item();
  if (step % every === every - 1) rssMiB.push(Math.round(process.memoryUsage().rss / 2 ** 20));
}

// The first fifth fills pools and compiles; after it, the last fifth is compared with the second.
const fifth = Math.max(1, Math.floor(rssMiB.length / 5));
const early = median(rssMiB.slice(fifth, 2 * fifth));
const late = median(rssMiB.slice(-fifth));
const slope = slopeOf(rssMiB.slice(fifth)) * (1000 / every);
// A run of some hundred steps is too short to tell.
const steady = options.steps < 2000 ? null : late <= early * 1.05 + 8;

/** Least squares, per sample. */
function slopeOf(values) {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const above = values.reduce((sum, value, i) => sum + (i - middle) * (value - mean), 0);
  const below = values.reduce((sum, _, i) => sum + (i - middle) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

const result = {
  bench: "memory",
  loop: options.loop,
  readEvery: options["read-every"],
  batchSize: options.batch,
  threads,
  device,
  detail,
  steps: options.steps,
  rssMiB: { early, late, peak: Math.max(...rssMiB), perThousandSteps: Number(slope.toFixed(2)), series: rssMiB },
  steady,
};
const bar = (value) => "#".repeat(Math.round((40 * value) / Math.max(...rssMiB)));
const lines = rssMiB.flatMap((value, i) =>
  (i + 1) % fifth === 0
    ? [`  step ${String((i + 1) * every).padStart(6)}  ${String(value).padStart(5)} MiB  ${bar(value)}`]
    : [],
);
const verdict = `${early} MiB in the second fifth, ${late} MiB in the last; slope ${slope.toFixed(2)} MiB per 1,000 steps: ${steady === null ? "too short to tell" : steady ? "steady" : "IT GROWS"}`;
report(
  result,
  options,
  `memory  ${device}, ${threads} threads, loop ${options.loop}, batch ${options.batch}\n${lines.join("\n")}\n  ${verdict}`,
);
process.exitCode = steady === false ? 1 : 0;
