// TensorFlow.js' side of compare.mjs: CIFAR10CNN on its wasm backend in Node, one thread (it has no threads there); one JSON
// line. That backend has no kernel for the gradient of a convolution's filter, so it cannot train as it is shipped;
// --patch adds one made of its own convolution and transposition, the best that a user can do.
//   PEERS=folder node bench/peers/tfjs.mjs --mode train --patch --batch 64 --seconds 4
import { readArguments } from "../lib/arguments.mjs";
import { measure } from "../lib/windows.mjs";
import { fromPeers } from "./lib.mjs";

const { mode, patch, batch, seconds } = readArguments({
  mode: { type: "string", default: "train", text: true },
  patch: { type: "boolean", default: false },
});
const require = fromPeers();
const { log } = console;
console.log = console.info = console.warn = () => {}; // it greets
const tf = require("@tensorflow/tfjs");
const wasm = require("@tensorflow/tfjs-backend-wasm");
wasm.setWasmPaths(require.resolve("@tensorflow/tfjs-backend-wasm").replace(/dist[\\/].*/, "dist/"));
await tf.setBackend("wasm");
await tf.ready();

if (patch)
  tf.registerKernel({
    kernelName: "Conv2DBackpropFilter",
    backendName: "wasm",
    kernelFunc: ({ inputs: { x, dy }, attrs: { pad, filterShape } }) => {
      const made = ({ dataId, shape, dtype }) => tf.engine().makeTensorFromDataId(dataId, shape, dtype);
      const border = pad === "same" ? (filterShape[0] - 1) / 2 : 0; // stride 1
      return tf.tidy(() => {
        // dW = xᵀ ⋆ dyᵀ: input channels are the batch, the batch is the depth, dy is the filter.
        const images = tf.pad(tf.transpose(made(x), [3, 1, 2, 0]), [
          [0, 0],
          [border, border],
          [border, border],
          [0, 0],
        ]);
        const filter = tf.transpose(made(dy), [1, 2, 0, 3]);
        const attrs = { strides: 1, pad: "valid", dataFormat: "NHWC", dilations: 1 };
        return tf.transpose(tf.engine().runKernel("Conv2D", { x: images, filter }, attrs), [1, 2, 0, 3]);
      });
    },
  });

const draw = (shape, fan) => tf.variable(tf.randomUniform(shape, -1 / Math.sqrt(fan), 1 / Math.sqrt(fan)));
const p = {
  w1: draw([3, 3, 3, 32], 27),
  b1: draw([32], 27),
  w2: draw([3, 3, 32, 64], 288),
  b2: draw([64], 288),
  w3: draw([4096, 128], 4096),
  b3: draw([128], 4096),
  w4: draw([128, 10], 128),
  b4: draw([10], 128),
};
const pool = (x) => tf.maxPool(x, 2, 2, "valid");
const training = (x) => {
  let h = pool(tf.relu(tf.add(tf.conv2d(x, p.w1, 1, "same"), p.b1)));
  h = tf.reshape(pool(tf.relu(tf.add(tf.conv2d(h, p.w2, 1, "same"), p.b2))), [batch, 4096]);
  return tf.add(tf.matMul(tf.relu(tf.add(tf.matMul(h, p.w3), p.b3)), p.w4), p.b4);
};
const inference = (x) => {
  const conv = (input, filter, bias) =>
    pool(tf.fused.conv2d({ x: input, filter, strides: 1, pad: "same", bias, activation: "relu" }));
  const h = tf.reshape(conv(conv(x, p.w1, p.b1), p.w2, p.b2), [batch, 4096]);
  return tf.fused.matMul({
    a: tf.fused.matMul({ a: h, b: p.w3, bias: p.b3, activation: "relu" }),
    b: p.w4,
    bias: p.b4,
  });
};
const images = tf.randomNormal([batch, 32, 32, 3]);
const target = tf.oneHot(tf.randomUniform([batch], 0, 10, "int32"), 10);
const adam = tf.train.adam(1e-3);
const step = () => {
  const value =
    mode === "train"
      ? adam.minimize(() => tf.losses.softmaxCrossEntropy(target, training(images)), true)
      : tf.tidy(() => inference(images));
  const first = value.dataSync()[0];
  value.dispose();
  return first;
};
const figures = await measure(async () => step(), batch, { seconds });
log(JSON.stringify({ peer: "tfjs-wasm", version: tf.version_core, variant: patch ? "patched" : "stock", ...figures }));
process.exit(0);
