// How near to the machine's limit is each convolution and linear layer, forward and both gradients? The calls are those of the
// captured training step (and, with --mode infer, of captured inference), each timed by itself between two runs of the peak
// measured through the same threads; the share is the median over the rounds.
//   node bench/layers.mjs --model cifar10cnn --device native --threads 2 --batch 64
//   node bench/layers.mjs --model resnet18-cifar --batch 32 --peer torch      the same layers alone in PyTorch, in turns
//   node bench/layers.mjs --model resnet18 --batch 1 --mode infer --peer onnxruntime       beside its own profile
//   node bench/layers.mjs --model resnet18-cifar --batch 32 --isa baseline    another instruction set, against its own peak
// GFLOP/s count the products of the dense form, also where a kernel does less: shares above 100 % are possible behind a pool.
import { capture } from "drishti/capture";
import { readArguments } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";
import { layerCalls, runnable } from "./lib/layer-calls.mjs";
import { machine } from "./lib/machine.mjs";
import { benchModel } from "./lib/models.mjs";
import { bandwidth, peak, peakMeter } from "./lib/peak.mjs";
import { median, spread } from "./lib/windows.mjs";
import { peerLayers } from "./peers/layers.mjs";

const text = (fallback) => ({ type: "string", default: fallback, text: true });
const options = readArguments({
  model: text("cifar10cnn"),
  mode: text("train"),
  peer: text(""),
  isa: text(""),
  rounds: { type: "string", default: "9" },
});
const { mode, batch, rounds, peer, json } = options;
if (options.isa) process.env.DRISHTI_ISA = options.isa;
const engine = await openEngine(options);
const { nn, optim, randn, randint, noGrad, defaultDevice, device, threads, detail } = engine;
const backend = defaultDevice();
const { model, shape, classes } = await benchModel(options.model);

/** The kernel calls of a captured step. */
function commands() {
  const images = randn([batch, ...shape]);
  const labels = randint(0, classes, [batch]);
  const optimizer = new optim.SGD(model.parameters(), { lr: 1e-3 });
  const criterion = new nn.CrossEntropyLoss();
  if (mode === "infer") model.eval();
  const step = capture((x, y) => {
    if (mode === "infer") return noGrad(() => model.forward(x));
    optimizer.zeroGrad();
    const loss = criterion.forward(model.forward(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  });
  for (let i = 0; i < 3; i++) step(images, labels);
  const calls = step.commands();
  step.release();
  return calls;
}

const meter = peakMeter(backend);

/** GFLOP/s and share of the peak, a round each; a round takes some 25 ms. */
function time(call) {
  const { run, free } = runnable(backend, call);
  run(1);
  const start = performance.now();
  run(1);
  const times = Math.max(1, Math.round(15 / (performance.now() - start)));
  const rates = [];
  const shares = [];
  for (let round = 0; round < rounds; round++) {
    const before = meter();
    const from = performance.now();
    run(times);
    const rate = (call.flop * times) / (performance.now() - from) / 1e6;
    rates.push(rate);
    shares.push((2 * rate) / (before + meter()));
  }
  free();
  return { rates, shares };
}

const calls = layerCalls(commands());
const theirs = peer ? peerLayers(peer, { calls, model: options.model, mode, batch, threads, shape }) : undefined;
const turns = theirs ? 3 : 1;
const results = calls.map(() => ({ rates: [], shares: [], peers: [], ratios: [] }));
for (let turn = 0; turn < turns; turn++) {
  for (const [i, call] of calls.entries()) {
    const { rates, shares } = time(call);
    results[i].rates.push(...rates);
    results[i].shares.push(...shares);
    results[i].latest = median(rates);
  }
  if (!theirs) continue;
  const gflops = theirs();
  for (const [i, result] of results.entries()) {
    if (gflops[i] === null) continue;
    result.peers.push(gflops[i]);
    result.ratios.push(result.latest / gflops[i]);
  }
}

const peakNow = peak(backend);
const memory = bandwidth(backend);
const rows = calls.map(({ layer, with: fused, pass, kernel, flop, times }, i) => ({
  layer,
  fused,
  pass,
  kernel,
  times,
  mflop: Number((flop / 1e6).toFixed(1)),
  gflops: spread(results[i].rates, 1),
  share: spread(results[i].shares, 3),
  ...(results[i].peers.length > 0
    ? { peer: { name: peer, gflops: spread(results[i].peers, 1), ratio: spread(results[i].ratios, 2) } }
    : {}),
}));
const common = { model: options.model, mode, batchSize: batch, threads, device, detail };
if (json) {
  for (const row of rows) console.log(JSON.stringify({ bench: "layers", ...common, ...row }));
  console.log(
    JSON.stringify({ bench: "peak", ...common, gflops: peakNow, gigabytesPerSecond: memory, machine: machine() }),
  );
} else print();

/** A markdown table: it can be read as it is, and put into a page. */
function print() {
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const peers = theirs
    ? [` ${peer === "torch" ? "torch alone" : peer}, GFLOP/s | ratio (least to most) |`, " --- | --- |"]
    : ["", ""];
  console.log(
    `${options.model}, ${mode}, batch ${batch}, ${device} (${detail}). Peak ${peakNow.median} GFLOP/s (${peakNow.min} to ${peakNow.max}); memory ${memory.median} GB/s (${memory.min} to ${memory.max}).\n`,
  );
  console.log(`| layer | with | pass | times | GFLOP/s (least to most) | share of peak |${peers[0]}`);
  console.log(`| --- | --- | --- | --- | --- | --- |${peers[1]}`);
  for (const { layer, fused, pass, times, gflops, share, peer: other } of rows) {
    const theirCells = other
      ? ` ${other.gflops.median} | ${other.ratio.median} (${other.ratio.min} to ${other.ratio.max}) |`
      : theirs
        ? " | |"
        : "";
    console.log(
      `| ${layer} | ${fused} | ${pass} | ${times} | ${gflops.median} (${gflops.min} to ${gflops.max}) | ${percent(share.median)} |${theirCells}`,
    );
  }
}
