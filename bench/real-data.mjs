// What accuracy does a plain training loop reach on whole, real data sets? Adam, 1e-3, batch 64, no augmentation.
//   node bench/real-data.mjs --cifar10 PATH --mnist PATH --devanagari PATH [--device native] [--epochs N] [--seed N]
import { compose, DataLoader, normalize, openData, toTensor, toTensors } from "drishti/data";
import { createModel } from "drishti/models";
import { readArguments, report } from "./lib/arguments.mjs";
import { openEngine } from "./lib/engine.mjs";

const text = { type: "string", text: true };
const options = readArguments({
  cifar10: text,
  mnist: text,
  devanagari: text,
  seed: { ...text, default: "0" },
  epochs: { type: "string" },
});
const { nn, optim, noGrad, manualSeed, device, threads, detail } = await openEngine(options);

/** Goals of the project: accuracy on the test set within so many epochs. */
const runs = [
  { name: "cifar10", spec: (path) => `cifar10:${path}`, model: "cifar10cnn", epochs: 10, goal: 0.7 },
  { name: "mnist", spec: (path) => `mnist:${path}`, model: "lenet5", epochs: 5, goal: 0.99 },
  { name: "devanagari", spec: (path) => `mnist:${path}`, model: "lenet5", epochs: 5, goal: 0.98 },
].filter((run) => options[run.name]);
if (runs.length === 0) throw new Error("give at least one of --cifar10 PATH, --mnist PATH, --devanagari PATH");

for (const run of runs) {
  manualSeed(Number(options.seed));
  const { train, val, classes, meanStd } = await openData(run.spec(options[run.name]));
  const transform = compose([toTensor(), normalize(meanStd.mean, meanStd.std)]);
  const loader = new DataLoader(train, { batchSize: options.batch, shuffle: true, transform });
  const test = new DataLoader(val, { batchSize: 250, transform });
  const model = createModel(run.model, {
    inChannels: train.channels,
    numClasses: classes.length,
    height: train.height,
    width: train.width,
  });
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  const criterion = new nn.CrossEntropyLoss();
  const epochs = [];
  for (let epoch = 1; epoch <= (options.epochs ?? run.epochs); epoch++) {
    const start = performance.now();
    let sum = 0;
    model.train();
    for await (const batch of loader) {
      const { images, labels } = toTensors(batch);
      optimizer.zeroGrad();
      const loss = criterion.forward(model.forward(images), labels);
      loss.backward();
      optimizer.step();
      sum += (await loss.item()) * batch.count;
    }
    const seconds = (performance.now() - start) / 1e3;
    const line = {
      epoch,
      loss: sum / train.length,
      accuracy: await accuracy(model, test),
      imagesPerSecond: Math.round(train.length / seconds),
    };
    epochs.push(line);
    if (!options.json)
      console.log(
        `${run.name}  epoch ${epoch}: loss ${line.loss.toFixed(4)}, test accuracy ${(100 * line.accuracy).toFixed(2)} %, ${line.imagesPerSecond.toLocaleString("en")} images/s`,
      );
  }
  const best = Math.max(...epochs.map((line) => line.accuracy));
  const result = {
    bench: "real-data",
    data: run.name,
    model: run.model,
    batchSize: options.batch,
    threads,
    device,
    detail,
    seed: Number(options.seed),
    epochs,
    best,
    goal: run.goal,
  };
  report(
    result,
    options,
    `${run.name}  ${run.model} on ${device}: best ${(100 * best).toFixed(2)} % in ${epochs.length} epochs (goal ${100 * run.goal} %)`,
  );
}

/** Share of the pictures whose largest logit is their class. */
async function accuracy(model, loader) {
  model.eval();
  let right = 0;
  let total = 0;
  for await (const batch of loader) {
    const { images, labels } = toTensors(batch);
    const guesses = noGrad(() => model.forward(images)).argmax(1);
    right += await guesses.eq(labels).to("float32").sum().item();
    total += batch.count;
  }
  return right / total;
}
