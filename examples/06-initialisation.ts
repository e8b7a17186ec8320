/** Weight initialisation (N14): what each start does to a signal that passes through twenty ReLU layers. */
import { empty, manualSeed, nn, noGrad, randn, type Tensor } from "drishti";

const starts: Record<string, (weight: Tensor) => unknown> = {
  zeros: (w) => nn.init.zeros_(w),
  "normal, std 0.01": (w) => nn.init.normal_(w, 0, 0.01),
  "normal, std 1": (w) => nn.init.normal_(w, 0, 1),
  "uniform ±0.05": (w) => nn.init.uniform_(w, -0.05, 0.05),
  "Xavier (for sigmoid, tanh)": (w) => nn.init.xavierUniform_(w),
  "He (for ReLU)": (w) => nn.init.kaimingNormal_(w, { nonlinearity: "relu" }),
};

for (const [name, start] of Object.entries(starts)) {
  manualSeed(0);
  const spread = await noGrad(async () => {
    let x = randn([64, 100]);
    for (let layer = 0; layer < 20; layer++) {
      const weight = empty([100, 100]);
      start(weight);
      x = x.matmul(weight.t()).relu();
    }
    return x.mul(x).mean().sqrt().item();
  });
  const verdict = spread < 1e-3 ? "vanishes" : spread > 1e3 ? "explodes" : "keeps its size";
  console.log(`${name.padEnd(27)} after 20 layers: ${spread.toExponential(1).padStart(8)}  ${verdict}`);
}
