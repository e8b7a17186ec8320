/** CIFAR10CNN (N4), written as in the notes, and one training step on random pictures. */
import { manualSeed, nn, optim, randint, randn, type Tensor } from "drishti";

class CIFAR10CNN extends nn.Module {
  net = new nn.Sequential(
    new nn.Conv2d(3, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Conv2d(32, 64, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Flatten(),
    new nn.Linear(64 * 8 * 8, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  forward(x: Tensor): Tensor {
    return this.net.forward(x);
  }
}

manualSeed(0);
const model = new CIFAR10CNN();
const parameters = [...model.parameters()].reduce((n, p) => n + p.numel, 0);
console.log("parameters:", parameters); // parameters: 545098
console.log("keys:", [...model.stateDict().keys()].join(" "));

const images = randn([8, 3, 32, 32]);
const labels = randint(0, 10, [8]);
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
const criterion = new nn.CrossEntropyLoss();
for (let step = 1; step <= 5; step++) {
  optimizer.zeroGrad();
  const loss = criterion.forward(model.forward(images), labels);
  loss.backward();
  optimizer.step();
  console.log(`step ${step}: loss ${(await loss.item()).toFixed(4)}`);
}
