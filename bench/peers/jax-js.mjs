// jax-js' side of compare.mjs: CIFAR10CNN on its wasm device, one thread, all of a step under one jit; one JSON line.
//   PEERS=folder node bench/peers/jax-js.mjs --mode train --batch 64 --seconds 4
import path from "node:path";
import { pathToFileURL } from "node:url";
import { readArguments } from "../lib/arguments.mjs";
import { measure } from "../lib/windows.mjs";
import { fromPeers } from "./lib.mjs";

const { mode, batch, seconds } = readArguments({ mode: { type: "string", default: "train", text: true } });
const require = fromPeers();
const entry = require.resolve("@jax-js/jax").replace(/index\.cjs$/, "index.js");
const { version } = require(path.join(path.dirname(entry), "..", "package.json"));
const jax = await import(pathToFileURL(entry).href);
const { numpy: np, lax, nn, jit, valueAndGrad, tree } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");

const filled = (shape, scale) => {
  const size = shape.reduce((a, b) => a * b, 1);
  return np.array(Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898) * scale)).reshape(shape);
};
const weights = (shape, fan) => filled(shape, 1 / Math.sqrt(fan));
let params = {
  w1: weights([32, 3, 3, 3], 27),
  b1: weights([32, 1, 1], 27),
  w2: weights([64, 32, 3, 3], 288),
  b2: weights([64, 1, 1], 288),
  w3: weights([4096, 128], 4096),
  b3: weights([128], 4096),
  w4: weights([128, 10], 128),
  b4: weights([10], 128),
};
const pool = (x, channels, side) => np.max(np.max(x.reshape([-1, channels, side / 2, 2, side / 2, 2]), 5), 3);
const forward = (p, x) => {
  const conv = (h, w, b) => nn.relu(lax.convGeneralDilated(h, w, [1, 1], "SAME").add(b));
  const h = pool(conv(pool(conv(x, p.w1, p.b1), 32, 32), p.w2, p.b2), 64, 16);
  return np.matmul(nn.relu(np.matmul(h.reshape([-1, 4096]), p.w3).add(p.b3)), p.w4).add(p.b4);
};
const images = filled([batch, 3, 32, 32], 1.7);
const hot = Float32Array.from({ length: batch * 10 }, (_, i) => Number(i % 10 === Math.floor(i / 10) % 10));
const target = np.array(hot).reshape([batch, 10]);
const lossOf = (p, x, t) =>
  nn
    .logSoftmax(forward(p, x))
    .mul(t)
    .sum()
    .mul(-1 / batch);

let step;
if (mode === "train") {
  const update = jit((p, m, v, x, t) => {
    const [loss, grads] = valueAndGrad(lossOf)(tree.ref(p), x, t);
    const mean = tree.map((a, g) => a.mul(0.9).add(g.mul(0.1)), m, tree.ref(grads));
    const square = tree.map((a, g) => a.mul(0.999).add(g.ref.mul(g).mul(0.001)), v, grads);
    const next = tree.map(
      (w, a, b) => w.sub(a.mul(1e-3).div(np.sqrt(b).add(1e-8))),
      p,
      tree.ref(mean),
      tree.ref(square),
    );
    return { loss, next, mean, square };
  });
  const zeros = () => tree.map((w) => np.zeros(w.shape), params);
  let mean = zeros();
  let square = zeros();
  step = async () => {
    const result = update(params, mean, square, images.ref, target.ref);
    ({ next: params, mean, square } = result);
    const value = (await result.loss.data())[0];
    await jax.blockUntilReady(tree.ref(params)).then((held) => tree.dispose(held));
    return value;
  };
} else {
  const run = jit(forward);
  step = async () => (await run(tree.ref(params), images.ref).data())[0];
}
const figures = await measure(step, batch, { seconds, windows: 3 });
console.log(JSON.stringify({ peer: "jax-js", version, ...figures }));
process.exit(0);
