// What an @example may take as given, so that it shows only what it is about.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { encode } from "fast-png";

/** Names beside those that `drishti` exports; `api` is everything it exports. */
export function given(api) {
  const { ArrayImageSet, DataLoader, nn, optim, toTensor, getBackend } = api;
  const digits = Array.from({ length: 10 }, (_, i) => String(i));
  const pictures = (count) =>
    new ArrayImageSet(
      new Uint8Array(count * 784).map((_, i) => (i * 37) % 251),
      Array.from({ length: count }, (_, i) => i % 10),
      [1, 28, 28],
      digits,
    );
  const model = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
  const train = pictures(32);
  return {
    train,
    val: pictures(8),
    set: train,
    digits,
    photo: { data: new Uint8Array(3 * 8 * 8), channels: 3, height: 8, width: 8 },
    transform: toTensor(),
    loader: new DataLoader(train, { batchSize: 8 }),
    model,
    validation: new DataLoader(pictures(8), { batchSize: 8 }),
    criterion: new nn.CrossEntropyLoss(),
    optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
    backend: getBackend("reference"),
    card: {
      model: { name: "simplecnn", inChannels: 1, numClasses: 10, height: 28, width: 28 },
      classes: digits,
      preprocessing: {
        channels: 1,
        height: 28,
        width: 28,
        mean: [0],
        std: [1],
        channelOrder: "L",
        layout: "NCHW",
        transforms: { name: "toTensor" },
      },
      golden: null,
      config: null,
      versions: {},
    },
  };
}

/** Files that examples read, in the folder they run in. */
export function writeGivenFiles(folder) {
  writeFileSync(
    path.join(folder, "digit.png"),
    encode({ width: 28, height: 28, channels: 1, data: new Uint8Array(784) }),
  );
}
