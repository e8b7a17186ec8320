import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  add,
  cat,
  conv1d,
  defineOp,
  interpolate,
  manualSeed,
  mean,
  nn,
  ones,
  randn,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "@drishti/core";
import { createModel, modelShape } from "@drishti/core/models";
import { beforeAll, describe, expect, test } from "vitest";
import { registerDevices } from "../../devices.ts";
import type { NetCase } from "../../oracle/cases/net.ts";
import { difference } from "../../oracle/compare.ts";
import { makeNetwork } from "../../oracle/modules.ts";
import { readGroup } from "../../oracle/store.ts";
import { checkWithOnnxModel, checkWithOnnxRuntime, loadOnnxRuntime } from "../check.ts";
import { OnnxModel } from "../onnx-model.ts";
import { readOnnx } from "../read.ts";
import { exportOnnx } from "./export-onnx.ts";

registerDevices();
beforeAll(() => void setDefaultDevice("wasm"));

const root = resolve(import.meta.dirname, "../../../../..");
const runtime = await loadOnnxRuntime();
const withRuntime = runtime ? runtime.name : "onnxruntime (skipped: it is not installed)";

type Layer = nn.Module & { forward(input: Tensor): Tensor };

class Net extends nn.Module {
  readonly #body: (x: Tensor) => Tensor;
  constructor(body: (x: Tensor) => Tensor) {
    super();
    this.#body = body;
  }
  forward(x: Tensor): Tensor {
    return this.#body(x);
  }
}

describe("networks with torch's logits, written and read again", () => {
  const { cases, store } = readGroup(join(root, "packages/core/test/golden/oracle"), "nets");
  for (const item of cases as NetCase[])
    test(item.id, async () => {
      const net = makeNetwork(item.layers);
      net.loadStateDict(store.state({ ...item.state_dict, ...item.state_after }), { strict: false });
      const input = store.tensor(item.tensors.input!);
      const model = new OnnxModel(await exportOnnx(net, { input: input.shape.slice(1) }));
      const room = { atol: item.tol?.["outputs.eval_logits"]?.atol ?? 0 };
      expect(await difference("logits", model.forward(input), store.raw(item.outputs.eval_logits!), room)).toBeNull();
    });
});

/** One of each kind, with the shape of one picture. */
const zoo: readonly (readonly [name: string, input: readonly number[], net: () => Layer])[] = [
  [
    "activations",
    [2, 3, 4],
    () =>
      new nn.Sequential(
        ...[
          new nn.ELU(),
          new nn.SELU(),
          new nn.LeakyReLU(0.1),
          new nn.PReLU(),
          new nn.Hardswish(),
          new nn.Mish(),
          new nn.Softplus(2),
        ],
        ...[
          new nn.Hardsigmoid(),
          new nn.GELU(),
          new nn.GELU({ approximate: "tanh" }),
          new nn.SiLU(),
          new nn.LogSigmoid(),
          new nn.Hardtanh(-2, 0.5),
        ],
        ...[
          new nn.ReLU6(),
          new nn.Tanh(),
          new nn.Softmin({ dim: 1 }),
          new nn.Softmax({ dim: -1 }),
          new nn.LogSoftmax({ dim: 1 }),
        ],
      ),
  ],
  [
    "norms",
    [6, 4, 5],
    () =>
      new nn.Sequential(
        new nn.GroupNorm(3, 6),
        new nn.GroupNorm(6, 6),
        new nn.InstanceNorm2d(6, { affine: true }),
        new nn.LayerNorm([4, 5]),
        new nn.BatchNorm2d(6),
      ),
  ],
  [
    "ceil mode",
    [1, 7, 8],
    () =>
      new nn.Sequential(
        new nn.MaxPool2d(3, { stride: 2, ceilMode: true }),
        new nn.AvgPool2d(2, { stride: 2, padding: 1, ceilMode: true }),
      ),
  ],
  [
    "mean without padding",
    [1, 6, 6],
    () => new nn.AvgPool2d([2, 3], { stride: 2, padding: 1, countIncludePad: false, ceilMode: true }),
  ],
  ["a divisor of one's own", [1, 6, 6], () => new nn.AvgPool2d(2, { divisorOverride: 3 })],
  [
    "adaptive pools",
    [2, 7, 9],
    () =>
      new nn.Sequential(
        new nn.AdaptiveAvgPool2d([3, 4]),
        new nn.AdaptiveMaxPool2d([3, 2]),
        new nn.AdaptiveAvgPool2d(1),
      ),
  ],
  [
    "borders",
    [2, 5, 6],
    () =>
      new nn.Sequential(
        new nn.ReflectionPad2d([1, 2, 3, 0]),
        new nn.ReplicationPad2d(1),
        new nn.ConstantPad2d([0, 1, 2, 0], 0.5),
        new nn.Conv2d(2, 3, 3, { padding: 1, paddingMode: "circular" }),
      ),
  ],
  [
    "enlarging",
    [2, 3, 4],
    () =>
      new Net((x) =>
        interpolate(interpolate(interpolate(x, { scaleFactor: 2 }), { size: [7, 9], mode: "bilinear" }), {
          size: 5,
          mode: "bilinear",
          alignCorners: true,
        }),
      ),
  ],
  [
    "enlarging by an odd factor",
    [1, 3, 4],
    () =>
      new Net((x) =>
        interpolate(interpolate(x, { scaleFactor: 1.7, mode: "bilinear" }), { size: [7, 8], mode: "nearest-exact" }),
      ),
  ],
  [
    "transposed",
    [4, 3, 3],
    () => new nn.ConvTranspose2d(4, 2, 3, { stride: 2, padding: 1, outputPadding: 1, groups: 2, dilation: 2 }),
  ],
  [
    "sequences",
    [3, 9],
    () => {
      const weight = randn([2, 3, 3]);
      return new Net((x) => conv1d(x, weight, null, { stride: 2, padding: 1, dilation: 2 }));
    },
  ],
  ["linear layers over the last axis", [5, 4], () => new nn.Linear(4, 3)],
  [
    "channel shuffle",
    [4, 2, 2],
    () => new Net((x) => x.reshape([x.shape[0]!, 2, 2, 2, 2]).transpose(1, 2).reshape([x.shape[0]!, 4, 2, 2])),
  ],
  [
    "arithmetic",
    [3, 4],
    () =>
      new Net((x) =>
        x
          .mul(2)
          .add(1)
          .div(x.abs().add(1))
          .pow(2)
          .sub(x.exp().sqrt().neg())
          .maximum(0)
          .minimum(x.clamp(-1, 3))
          .mul(x.gt(0).to("float32")),
      ),
  ],
  [
    "reductions",
    [3, 4, 2],
    () =>
      new Net((x) =>
        add(
          mean(x, [2, 3], { keepdim: true }).sum(1),
          x.amax(3).amin(2, { keepdim: true }).sum(1, { keepdim: true }).reshape([-1, 1, 1]),
        ),
      ),
  ],
  [
    "parts",
    [4, 6],
    () =>
      new Net((x) =>
        cat([x.narrow(2, 1, 3), x.select(1, 2).unsqueeze(1).expand([-1, 4, -1]), x.permute([0, 1, 2])], 2),
      ),
  ],
  [
    "a token for every picture",
    [3, 4],
    () => {
      const token = randn([1, 1, 4]);
      return new Net((x) => cat([token.expand([x.shape[0]!, 1, 4]), x, zeros([x.shape[0]!, 2, 4])], 1));
    },
  ],
  ["samples into one axis", [3, 4], () => new Net((x) => x.reshape([-1, 4]).relu().reshape([x.shape[0]!, 12]))],
];

describe.each(zoo)("%s", (name, input, make) => {
  test.each([17, 21])("opset %d, read by Drishti", async (opset) => {
    manualSeed(1);
    const net = make();
    const bytes = await exportOnnx(net, { input, opset });
    const check = await checkWithOnnxModel(bytes, net, { input });
    expect(check.maxError).toBeLessThanOrEqual(check.room);
    const model = new OnnxModel(bytes);
    net.eval();
    for (const n of [1, 4]) {
      const x = randn([n, ...input]);
      expect(model.forward(x).shape, `${name}, batch of ${n}`).toEqual(net.forward(x).shape);
    }
  });

  test.skipIf(!runtime).each([17, 18, 21])(`opset %d, run by ${withRuntime}`, async (opset) => {
    manualSeed(1);
    const net = make();
    const check = await checkWithOnnxRuntime(await exportOnnx(net, { input, opset }), net, { input });
    expect(check.maxError).toBeLessThanOrEqual(check.room);
  });
});

describe("built-in models", () => {
  const names = ["cifar10cnn-bn", "lenet5", "mlp-bn", "resnet20"];
  test.skipIf(!runtime).each(names)(`%s, run by ${withRuntime}`, async (name) => {
    const shape = modelShape(name);
    const model = createModel(name, shape);
    const input = [shape.inChannels, shape.height, shape.width];
    const check = await checkWithOnnxRuntime(await exportOnnx(model, { input }), model, { input });
    expect(check.maxError).toBeLessThanOrEqual(check.room);
  });

  test("nodes are named by the modules they come from, weights by their keys", async () => {
    const { nodes, initializers } = readOnnx(
      await exportOnnx(createModel("lenet5", modelShape("lenet5")), { input: [1, 28, 28] }),
    );
    expect(nodes.map((node) => node.type).filter((type) => type !== "Constant")).toEqual(
      "Conv Relu MaxPool Conv Relu MaxPool Flatten Gemm Relu Gemm Relu Gemm".split(" "),
    );
    expect(nodes.some((node) => /^[\w.]+\/Conv$/.test(node.name))).toBe(true);
    expect([...initializers.keys()]).toEqual([...createModel("lenet5", modelShape("lenet5")).stateDict().keys()]);
  });
});

describe("what cannot be written is refused", () => {
  const mystery = defineOp<{ input: Tensor }, null>({
    name: "mystery",
    shape: ({ input }) => input.shape,
    forward: ({ input }, _p, out) => void out.copy_(input),
  });

  test("operations without a counterpart, by name and module", async () => {
    const net = new nn.Sequential({ fine: new nn.ReLU(), odd: new Net((x) => mystery({ input: x }, null)) });
    await expect(exportOnnx(net, { input: [2] })).rejects.toThrow("there is no ONNX for:\n  mystery in odd");
  });

  test("values that were computed outside the operations", async () => {
    const net = new Net((x) =>
      x.add(tensor([x.backend.readSync!({ buffer: x.storage.buffer, offset: x.offset }, 1)[0]!])),
    );
    await expect(exportOnnx(net, { input: [2] })).rejects.toThrow(
      "add reads a tensor of [1] that depends on the input",
    );
  });

  test("changes in place", async () => {
    await expect(exportOnnx(new Net((x) => x.clone().add_(ones([2]))), { input: [2] })).rejects.toThrow(
      "add_ in the model itself",
    );
  });

  test("another course for another batch", async () => {
    const net = new Net((x) => (x.shape[0] === 2 ? x.relu() : x.sigmoid()));
    await expect(exportOnnx(net, { input: [2] })).rejects.toThrow("something else for another batch");
    expect(readOnnx(await exportOnnx(net, { input: [2], batch: 1 })).inputs[0]!.shape).toEqual([1, 2]);
  });

  test.each([
    [{ input: [2], opset: 16 }, "opset must be 17 to 21, got 16"],
    [{ input: [0] }, "shape of one picture, got [0]"],
    [{ input: [2], batch: 0 }, 'batch must be "any" or a whole number ≥ 1, got 0'],
  ])("%o", (options, text) => expect(exportOnnx(new nn.ReLU(), options)).rejects.toThrow(text));
});

test("what is written beside the graph is read again", async () => {
  const bytes = await exportOnnx(new nn.ReLU(), { input: [2], metadata: { "drishti.card": '{"क":1}' } });
  expect([...readOnnx(bytes).metadata]).toEqual([["drishti.card", '{"क":1}']]);
});

const interop = join(process.env.DRISHTI_SHARED ?? resolve(root, "../shared"), "oracle/interop");
test.skipIf(!existsSync(interop))(
  "the operators are those that PyTorch writes (skipped without the oracle)",
  async () => {
    const { models } = JSON.parse(readFileSync(join(interop, "manifest.json"), "utf8"));
    for (const { name, layers, input_shape, onnx } of models.filter((m: { name: string }) =>
      ["tiny_cnn", "fire", "dropout"].includes(m.name),
    )) {
      const { nodes } = readOnnx(await exportOnnx(makeNetwork(layers), { input: input_shape }));
      const types = [...new Set(nodes.map((node) => node.type))].filter((type) => type !== "Constant").sort();
      expect(types, name).toEqual(onnx[0].ops);
    }
  },
);
