/** The classification pipeline (N1): image → convolution → ReLU → pooling → flatten → dense → softmax. */
import { manualSeed, nn, noGrad, randn } from "drishti";

manualSeed(0);
const stages: [string, nn.Layer][] = [
  ["convolution", new nn.Conv2d(3, 16, 3, { padding: 1 })],
  ["ReLU", new nn.ReLU()],
  ["max pooling", new nn.MaxPool2d(2, 2)],
  ["flatten", new nn.Flatten()],
  ["dense", new nn.Linear(16 * 16 * 16, 10)],
  ["softmax", new nn.Softmax({ dim: 1 })],
];

await noGrad(async () => {
  let x = randn([1, 3, 32, 32]); // one picture of 32×32 in RGB
  console.log(`${"image".padEnd(12)} [${x.shape}]`);
  for (const [name, layer] of stages) {
    x = layer.forward(x);
    console.log(`${name.padEnd(12)} [${x.shape}]`);
  }
  console.log("probabilities sum to", (await x.sum().item()).toFixed(6));
  console.log("predicted class", await x.argmax(1).item());
});
