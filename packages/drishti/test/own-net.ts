/** @file A network of one's own, as `--model FILE` takes it. */
import { nn, type Tensor } from "@drishti/core";

export class OwnNet extends nn.Module {
  readonly body: nn.Sequential;

  constructor({ inChannels, numClasses }: { inChannels: number; numClasses: number }) {
    super();
    this.body = new nn.Sequential(
      new nn.Conv2d(inChannels, 4, 3, { padding: 1 }),
      new nn.ReLU(),
      new nn.AdaptiveAvgPool2d(5),
      new nn.Flatten(),
      new nn.Linear(100, numClasses),
    );
  }

  forward(input: Tensor): Tensor {
    return this.body.forward(input);
  }
}
