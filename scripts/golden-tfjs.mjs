// Small networks that TensorFlow.js itself built, saved and ran, for the tests of the reader. Needs @tensorflow/tfjs, which
// is no dependency of ours: npm install @tensorflow/tfjs@4.22.0 in a folder elsewhere, then
//   node scripts/golden-tfjs.mjs FOLDER/node_modules/@tensorflow/tfjs
// writes packages/core/test/golden/tfjs. The same each time: weights and inputs are formulas.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const tf = createRequire(import.meta.url)(resolve(process.argv[2]));
const folder = fileURLToPath(new URL("../packages/core/test/golden/tfjs", import.meta.url));
const { layers } = tf;
await tf.setBackend("cpu");

const wave = (count, seed, scale) =>
  Float32Array.from({ length: count }, (_, i) => Math.fround(scale * Math.sin(1.7 * i + seed)));

/** A sequence with every kind of padding, on sizes that do not divide. */
function sequence() {
  const model = tf.sequential();
  model.add(
    layers.conv2d({
      inputShape: [11, 9, 3],
      filters: 4,
      kernelSize: 3,
      strides: 2,
      padding: "same",
      activation: "relu",
    }),
  );
  model.add(layers.batchNormalization());
  model.add(
    layers.depthwiseConv2d({ kernelSize: [3, 2], depthMultiplier: 2, padding: "same", strides: 1, useBias: false }),
  );
  model.add(layers.reLU({ maxValue: 6 }));
  model.add(layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }));
  model.add(
    layers.zeroPadding2d({
      padding: [
        [0, 1],
        [2, 0],
      ],
    }),
  );
  model.add(layers.separableConv2d({ filters: 5, kernelSize: 2, activation: "elu" }));
  model.add(layers.averagePooling2d({ poolSize: 2, strides: 1, padding: "same" }));
  model.add(layers.leakyReLU({ alpha: 0.2 }));
  model.add(layers.flatten());
  model.add(layers.dense({ units: 6, activation: "tanh" }));
  model.add(layers.dropout({ rate: 0.5 }));
  model.add(layers.dense({ units: 4, activation: "softmax" }));
  return model;
}

/** Branches that meet again, a network in the network, and layers with two inputs. */
function branches() {
  const input = tf.input({ shape: [8, 8, 2] });
  const inner = tf.sequential();
  inner.add(layers.conv2d({ inputShape: [8, 8, 2], filters: 4, kernelSize: 3, padding: "same", dilationRate: 2 }));
  inner.add(layers.activation({ activation: "sigmoid" }));
  const a = inner.apply(input);
  const b = layers.conv2d({ filters: 4, kernelSize: 1, useBias: false }).apply(input);
  const sum = layers.add().apply([a, b]);
  const both = layers
    .concatenate()
    .apply([sum, layers.multiply().apply([a, b]), layers.maximum().apply([a, b]), layers.average().apply([a, b])]);
  const up = layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: "same" }).apply(both);
  const down = layers.averagePooling2d({ poolSize: 4, strides: 4 }).apply(up);
  const rows = layers.reshape({ targetShape: [48] }).apply(down);
  const back = layers.reshape({ targetShape: [4, 4, 3] }).apply(rows);
  const pooled = layers.globalAveragePooling2d({}).apply(back);
  const output = layers
    .dense({ units: 3 })
    .apply(layers.concatenate().apply([pooled, layers.globalMaxPooling2d({}).apply(back)]));
  return tf.model({ inputs: input, outputs: output });
}

for (const [name, make] of Object.entries({ sequence, branches })) {
  const model = make();
  model.setWeights(
    model.getWeights().map((weight, i) => {
      const positive = /variance/.test(model.weights[i].originalName);
      const values = wave(weight.size, i, 0.5);
      return tf.tensor(positive ? values.map((v) => 1 + v) : values, weight.shape);
    }),
  );
  const [, ...shape] = model.inputs[0].shape;
  const input = tf.tensor(wave(2 * shape.reduce((a, b) => a * b), 9, 1), [2, ...shape]);
  const output = model.predict(input);
  await model.save({
    async save({ modelTopology, weightSpecs, weightData }) {
      mkdirSync(join(folder, name), { recursive: true });
      const weights = weightSpecs.map(({ name: weight, shape: size, dtype }) => ({ name: weight, shape: size, dtype }));
      const half = Math.floor(weightData.byteLength / 8) * 4; // two files, cut inside a tensor
      const bytes = new Uint8Array(weightData);
      writeFileSync(join(folder, name, "group1-shard1of2.bin"), bytes.subarray(0, half));
      writeFileSync(join(folder, name, "group1-shard2of2.bin"), bytes.subarray(half));
      const manifest = [{ paths: ["group1-shard1of2.bin", "group1-shard2of2.bin"], weights }];
      const json = { format: "layers-model", modelTopology, weightsManifest: manifest };
      writeFileSync(join(folder, name, "model.json"), `${JSON.stringify(json)}\n`);
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
    },
  });
  const io = { shape: input.shape, output: { shape: output.shape, values: Array.from(output.dataSync()) } };
  writeFileSync(join(folder, name, "io.json"), `${JSON.stringify(io)}\n`);
}
