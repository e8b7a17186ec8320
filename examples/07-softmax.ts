/** Logits into probabilities (N5): softmax over dim 1; the largest is the predicted label. */
import { nn, tensor } from "drishti";

const logits = tensor([
  [2, 1, 0.1],
  [0.5, 2.5, 0.3],
]);
const probabilities = new nn.Softmax({ dim: 1 }).forward(logits);
for (const row of (await probabilities.tolist()) as number[][]) console.log(row.map((p) => p.toFixed(3)).join("  "));
console.log("labels:", JSON.stringify(await probabilities.argmax(1).tolist()));
