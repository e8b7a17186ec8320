// What `npm run bench` runs: each configuration with its name, its script and its arguments.

/** [mode, model, batch, threads, device] */
const work = [
  ["train", "cifar10cnn", 64, 2, "native"],
  ["train", "cifar10cnn", 64, 1, "native"],
  ["train", "cifar10cnn-bn", 64, 2, "native"],
  ["train", "simplecnn", 64, 2, "native"],
  ["train", "resnet18-cifar", 64, 2, "native"],
  ["infer", "cifar10cnn", 64, 2, "native"],
  ["infer", "cifar10cnn", 1, 2, "native"],
  ["infer", "resnet18", 1, 2, "native"],
  ["train", "cifar10cnn", 64, 2, "wasm"],
  ["infer", "cifar10cnn", 64, 1, "wasm"],
];

/** [model, batch, mode, threads, device, instruction set or ""] */
const layers = [
  ["cifar10cnn", 64, "train", 1, "native", ""],
  ["cifar10cnn", 64, "train", 2, "native", ""],
  ["simplecnn", 64, "train", 1, "native", ""],
  ["resnet18-cifar", 32, "train", 1, "native", ""],
  ["resnet18", 1, "infer", 2, "native", ""],
  ["resnet18-cifar", 32, "train", 1, "native", "baseline"],
  ["cifar10cnn", 64, "train", 1, "wasm", ""],
];

/** All benches, in the order in which they are run. `quick`: short windows. */
export function plan({ quick = false, seconds = quick ? "0.5" : "4", rounds = quick ? "1" : "5" } = {}) {
  const steps = ["--steps", quick ? "500" : "5000"];
  const speeds = work.map(([mode, model, batch, threads, device]) => ({
    kind: "speed",
    name: `${mode}-${model}-${batch}-${device}-${threads}`,
    file: `${mode}.mjs`,
    args: [
      "--model",
      model,
      "--batch",
      `${batch}`,
      "--threads",
      `${threads}`,
      "--device",
      device,
      "--seconds",
      seconds,
    ],
  }));
  return [
    ...speeds,
    // Pictures on disk, ten times what the process may hold (not when quick).
    {
      kind: "memory",
      name: "pictures-memory",
      file: "pictures-memory.mjs",
      args: quick ? ["--pictures", "50"] : ["--pictures", "1000", "--limit-mb", "300"],
    },
    // How fast they are read, and whether training waits for them.
    { kind: "data", name: "pictures-speed", file: "pictures-speed.mjs", args: ["--seconds", quick ? "0.5" : "6"] },
    // The same without capture: how far plain eager code comes.
    ...speeds.slice(0, 1).map((each) => ({ ...each, name: `${each.name}-eager`, args: [...each.args, "--eager"] })),
    ...["native", "wasm"].flatMap((device) =>
      ["sequential", "by-hand"].map((loop) => ({
        kind: "memory",
        name: `memory-${device}-${loop}`,
        file: "memory.mjs",
        args: ["--device", device, "--loop", loop, ...steps],
      })),
    ),
    // The strongest peer of each row, in turns with ours.
    ...speeds.map(({ name, args }, i) => {
      const [mode, , , , device] = work[i];
      const peer = device === "wasm" ? "tfjs" : mode === "infer" ? "onnxruntime" : "torch";
      return {
        kind: "peer",
        instead: name,
        name: `peers-${peer}-${name}`,
        file: "peers/compare.mjs",
        args: ["--peer", peer, "--mode", mode, ...args, "--rounds", rounds],
      };
    }),
    ...layers.map(([model, batch, mode, threads, device, isa]) => ({
      kind: "layers",
      name: `layers-${mode}-${model}-${device}${isa && `-${isa}`}-${threads}`,
      file: "layers.mjs",
      args: [
        ...["--model", model, "--batch", `${batch}`, "--mode", mode, "--threads", `${threads}`, "--device", device],
        ...["--rounds", quick ? "1" : "5"],
        ...(isa ? ["--isa", isa] : device === "native" ? ["--peer", mode === "infer" ? "onnxruntime" : "torch"] : []),
      ],
    })),
    { kind: "scaling", name: "scaling", file: "scaling.mjs", args: ["--seconds", quick ? "0.3" : "2"] },
    { kind: "ladder", name: "ladder-forward", file: "ladders/main.mjs", args: ["forward"] },
    { kind: "ladder", name: "ladder-weight-gradient", file: "ladders/main.mjs", args: ["weight-gradient"] },
  ];
}
