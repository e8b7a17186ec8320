/** SimpleCNN (N9): conv_layers and fc_layers, with PyTorch's state-dict keys. */
import { manualSeed, nn, randn, type Tensor } from "drishti";

class SimpleCNN extends nn.Module {
  conv_layers = new nn.Sequential(
    new nn.Conv2d(3, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
    new nn.Conv2d(16, 32, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(2, 2),
  );
  fc_layers = new nn.Sequential(
    new nn.Flatten(),
    new nn.Linear(32 * 8 * 8, 128),
    new nn.ReLU(),
    new nn.Linear(128, 10),
  );
  forward(x: Tensor): Tensor {
    return this.fc_layers.forward(this.conv_layers.forward(x));
  }
}

manualSeed(0);
const model = new SimpleCNN();
for (const [key, value] of model.stateDict()) console.log(key.padEnd(22), `[${value.shape}]`);
console.log("logits:", `[${model.forward(randn([4, 3, 32, 32])).shape}]`);
