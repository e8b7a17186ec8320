import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createReference, nn, optim, setDefaultDevice, type Tensor, tensor } from "@drishti/core";
import { beforeAll, describe, expect, test } from "vitest";
import { modelBytes, modelProto } from "../../test/onnx-graph.ts";
import { tensorProto } from "./export/builder.ts";
import { exportOnnx } from "./export/export-onnx.ts";
import { externalData } from "./files.ts";
import { OnnxModel } from "./onnx-model.ts";
import { encodeModel } from "./proto.ts";
import { readOnnx } from "./read.ts";

beforeAll(() => void setDefaultDevice(createReference()));

const one = (opType: string, attribute: object[] = [], opset = 17) =>
  new OnnxModel(modelBytes({ opset, nodes: [{ opType, input: ["x"], output: ["y"], attribute }], outputs: ["y"] }));

describe("what a graph cannot have is refused before anything runs", () => {
  test("operators that are not built are listed by name and node, all of them", () => {
    const nodes = [
      { opType: "Relu", input: ["x"], output: ["a"] },
      { opType: "LSTM", name: "rnn", input: ["a"], output: ["b"] },
      { opType: "QLinearConv", name: "q1", input: ["b"], output: ["c"] },
      { opType: "QLinearConv", name: "q2", input: ["c"], output: ["d"] },
      { opType: "FusedConv", domain: "com.microsoft", name: "f", input: ["d"], output: ["e"] },
      {
        opType: "Conv",
        name: "volume",
        input: ["e", "e"],
        output: ["y"],
        attribute: [{ name: "strides", ints: [1, 1, 1] }],
      },
    ];
    expect(() => new OnnxModel(modelBytes({ nodes, outputs: ["y"] }), { file: "m.onnx" })).toThrow(
      [
        "onnx: m.onnx: it uses what Drishti cannot run:",
        "LSTM: rnn",
        "QLinearConv: q1, q2",
        "com.microsoft.FusedConv: f",
        "Conv that its window has 3 axes; one and two are built: volume",
      ].join("\n  "),
    );
  });

  test.each<[string, string, Parameters<typeof modelBytes>[0]]>([
    [
      "a name that nothing gives",
      'reads "q", which nothing before it gives',
      { nodes: [{ opType: "Relu", input: ["q"], output: ["y"] }], outputs: ["y"] },
    ],
    [
      "nodes out of order",
      'reads "a"',
      {
        nodes: [
          { opType: "Relu", input: ["a"], output: ["y"] },
          { opType: "Relu", input: ["x"], output: ["a"] },
        ],
        outputs: ["y"],
      },
    ],
    [
      "a name given twice",
      'gives "y", which is there already',
      {
        nodes: [
          { opType: "Relu", input: ["x"], output: ["y"] },
          { opType: "Relu", input: ["x"], output: ["y"] },
        ],
        outputs: ["y"],
      },
    ],
    [
      "an output that nothing gives",
      'nothing gives the output "z"',
      { nodes: [{ opType: "Relu", input: ["x"], output: ["y"] }], outputs: ["z"] },
    ],
    [
      "an operator set of the future",
      "opset 99; up to 25 is known",
      { opset: 99, nodes: [{ opType: "Relu", input: ["x"], output: ["y"] }], outputs: ["y"] },
    ],
  ])("%s", (_, text, spec) => expect(() => new OnnxModel(modelBytes(spec))).toThrow(text));

  test("tensors of another size than they say", () => {
    const w = tensorProto("w", [2, 2], "float", [1, 2, 3]);
    const nodes = [{ opType: "Add", input: ["x", "w"], output: ["y"] }];
    expect(() => readOnnx(modelBytes({ nodes, initializers: [w], outputs: ["y"] }))).toThrow(
      'tensor "w" of float [2, 2] needs 16 bytes, it has 12',
    );
    expect(() => readOnnx(modelBytes({ nodes, initializers: [{ ...w, dims: [-1] }], outputs: ["y"] }))).toThrow(
      "a size of -1",
    );
    expect(() =>
      readOnnx(modelBytes({ nodes, initializers: [{ ...w, dims: [2 ** 30, 2 ** 30] }], outputs: ["y"] })),
    ).toThrow("a shape of");
    expect(() => readOnnx(new Uint8Array())).toThrow("holds no graph");
    expect(() => readOnnx(new TextEncoder().encode("not a model"))).toThrow("no ONNX model, or damaged");
  });
});

describe("softmax before opset 13 sees a matrix: all axes from `axis` on are one row", () => {
  const x = () => tensor(new Float32Array(8), { shape: [2, 2, 2] });
  test("opset 11, axis 1: four values share 1", async () => {
    expect(await one("Softmax", [], 11).forward(x()).tolist()).toEqual([
      [
        [0.25, 0.25],
        [0.25, 0.25],
      ],
      [
        [0.25, 0.25],
        [0.25, 0.25],
      ],
    ]);
  });
  test("opset 13, last axis: two values share 1", async () => {
    expect(await one("Softmax", [], 13).forward(x()).tolist()).toEqual([
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
      [
        [0.5, 0.5],
        [0.5, 0.5],
      ],
    ]);
  });
});

describe("fine-tuning", () => {
  const net = () =>
    new nn.Sequential({
      conv: new nn.Conv2d(1, 3, 3),
      norm: new nn.BatchNorm2d(3),
      relu: new nn.ReLU(),
      flat: new nn.Flatten(),
      fc: new nn.Linear(12, 2),
    });
  const pictures = tensor(
    Float64Array.from({ length: 64 }, (_, i) => Math.sin(i * i)),
    { shape: [4, 1, 4, 4], device: createReference() },
  );

  test("parameters keep their keys, running statistics are buffers, and gradients are the model's own", async () => {
    const model = net();
    const read = new OnnxModel(await exportOnnx(model, { input: [1, 4, 4] }));
    expect([...read.namedParameters()].map(([name]) => name).sort()).toEqual(
      [...model.namedParameters()].map(([name]) => name).sort(),
    );
    expect([...read.namedBuffers()].map(([name]) => name).sort()).toEqual(["norm.running_mean", "norm.running_var"]);
    expect(read.training).toBe(false);
    const x = tensor(await pictures.toArray(), { shape: pictures.shape });
    const targets = tensor(Int32Array.of(0, 1, 1, 0));
    const run = async (m: nn.Module & { forward(x: Tensor): Tensor }) => {
      m.train();
      const optimizer = new optim.SGD(m.parameters(), { lr: 0.1 });
      const losses: number[] = [];
      for (let i = 0; i < 3; i++) {
        optimizer.zeroGrad();
        const loss = nn.functional.crossEntropy(m.forward(x), targets);
        loss.backward();
        optimizer.step();
        losses.push(await loss.item());
      }
      return losses;
    };
    const [mine, theirs] = [await run(read), await run(model)];
    // The file's weights are float32, the reference's own are doubles.
    for (const [i, loss] of mine.entries()) expect(loss).toBeCloseTo(theirs[i]!, 9);
    const buffers = new Map(model.namedBuffers());
    for (const [name, t] of read.namedBuffers())
      for (const [i, value] of (await buffers.get(name)!.toArray()).entries())
        expect((await t.toArray())[i], name).toBeCloseTo(value, 6);
  });

  test("batch norm can be folded into the convolution", async () => {
    const model = net();
    const x = tensor(await pictures.toArray(), { shape: pictures.shape });
    model.forward(x); // moves the running statistics
    const bytes = await exportOnnx(model, { input: [1, 4, 4] });
    const [plain, folded] = [new OnnxModel(bytes), new OnnxModel(bytes, { foldBatchNorm: true })];
    expect(plain.nodes.map((node) => node.type)).toEqual(["Conv", "BatchNormalization", "Relu", "Flatten", "Gemm"]);
    expect(folded.nodes.map((node) => node.type)).toEqual(["Conv", "Relu", "Flatten", "Gemm"]);
    const [a, b] = [await plain.forward(x).toArray(), await folded.forward(x).toArray()];
    // Weights are rounded to float32 once more: 2⁻²⁴ of each product, of which a logit adds up a hundred or so.
    for (const [i, v] of a.entries()) expect(Math.abs(v - b[i]!)).toBeLessThan(128 * 2 ** -24);
  });
});

describe("inputs", () => {
  test("of another shape or type than declared are refused, another batch is not", async () => {
    const model = new OnnxModel(await exportOnnx(new nn.Linear(3, 2), { input: [3], batch: 1 }));
    expect(
      model.forward(
        tensor([
          [1, 2, 3],
          [4, 5, 6],
        ]),
      ).shape,
    ).toEqual([2, 2]);
    expect(() => model.forward(tensor([[1, 2]]))).toThrow("the model takes input as [1, 3]");
    expect(() => model.forward(tensor(Int32Array.of(1, 2, 3), { shape: [1, 3] }))).toThrow(
      "takes input as float, got a tensor of int32",
    );
    expect(() => model.run({ picture: tensor([[1, 2, 3]]) })).toThrow('the model takes "input"; missing: input');
  });

  test("bytes are cast by the graph itself", async () => {
    const nodes = [{ opType: "Cast", input: ["x"], output: ["y"], attribute: [{ name: "to", i: 1 }] }];
    const model = new OnnxModel(modelBytes({ nodes, inputs: [["x", 2]], outputs: ["y"] }));
    expect(await model.forward(tensor(Uint8Array.of(7, 255))).tolist()).toEqual([7, 255]);
  });
});

test("an error says which node it rises from", () => {
  const nodes = [{ opType: "MatMul", name: "head/MatMul", input: ["x", "x"], output: ["y"] }];
  const model = new OnnxModel(modelBytes({ nodes, outputs: ["y"] }));
  expect(() => model.forward(tensor([[1, 2, 3]]))).toThrow('in: MatMul "head/MatMul"');
});

test("a graph computes its shapes as it goes", async () => {
  // Shape → Gather → Concat → Reshape, as exporters write view(x.size(0), -1).
  const nodes = [
    { opType: "Shape", input: ["x"], output: ["s"] },
    { opType: "Gather", input: ["s", "zero"], output: ["n"] },
    { opType: "Unsqueeze", input: ["n", "axes"], output: ["n1"] },
    { opType: "Concat", input: ["n1", "rest"], output: ["to"], attribute: [{ name: "axis", i: 0 }] },
    { opType: "Reshape", input: ["x", "to"], output: ["y"] },
  ];
  const initializers = [
    tensorProto("zero", [], "int64", [0]),
    tensorProto("axes", [1], "int64", [0]),
    tensorProto("rest", [1], "int64", [-1]),
  ];
  const model = new OnnxModel(modelBytes({ nodes, initializers, outputs: ["y"] }));
  for (const n of [1, 3])
    expect(model.forward(tensor(new Float32Array(8 * n), { shape: [n, 2, 4] })).shape).toEqual([n, 8]);
});

test("tensors in a file beside the model are read, those elsewhere are not", async () => {
  const folder = mkdtempSync(join(tmpdir(), "drishti-onnx-"));
  writeFileSync(join(folder, "weights.bin"), new Uint8Array(Float32Array.of(9, 1, 2, 9).buffer));
  const model = (location: string, offset = "4", length = "8") => {
    const entries = Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value }));
    const w = { ...tensorProto("w", [2], "float", []), rawData: undefined, dataLocation: 1, externalData: entries };
    const proto = modelProto({
      nodes: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
      initializers: [w],
      outputs: ["y"],
    });
    return new OnnxModel(encodeModel(proto), { external: externalData(join(folder, "m.onnx")) });
  };
  expect(
    await model("weights.bin")
      .forward(tensor([10, 20]))
      .tolist(),
  ).toEqual([11, 22]);
  expect(() => model("../weights.bin")).toThrow('"../weights.bin", which is not beside it');
  expect(() => model("/etc/hostname")).toThrow("which is not beside it");
  expect(() => model("none.bin")).toThrow("cannot be opened");
  expect(() => model("weights.bin", "12", "8")).toThrow("has 16 bytes, 20 are asked for");
  expect(() => model("weights.bin", "-1")).toThrow('lies at offset "-1"');
});
