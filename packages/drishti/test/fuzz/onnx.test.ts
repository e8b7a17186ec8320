/** The reader of ONNX files, to the network that is made of one. */
import { createReference, nn, setDefaultDevice } from "@drishti/core";
import { OnnxModel } from "../../src/onnx/browser.ts";
import { tensorProto } from "../../src/onnx/export/builder.ts";
import { exportOnnx } from "../../src/onnx/export/export-onnx.ts";
import { modelBytes } from "../onnx-graph.ts";
import { fuzzReader } from "./harness.ts";

setDefaultDevice(createReference());
const net = new nn.Sequential(
  new nn.Conv2d(1, 2, 3, { padding: 1 }),
  new nn.BatchNorm2d(2),
  new nn.ReLU(),
  new nn.AvgPool2d(2, { ceilMode: true, padding: 1 }),
  new nn.Flatten(),
  new nn.Linear(8, 2),
);

const lists = {
  floatData: [],
  int32Data: [],
  stringData: [],
  int64Data: [],
  doubleData: [],
  uint64Data: [],
  externalData: [],
};
const types = [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21, 22, 23];
const bytesOf: Readonly<Record<number, number>> = {
  4: 4,
  5: 4,
  6: 8,
  7: 16,
  10: 4,
  11: 16,
  12: 8,
  13: 16,
  16: 4,
  21: 1,
  22: 1,
  23: 1,
};

fuzzReader("ONNX", {
  samples: {
    network: await exportOnnx(net, { input: [1, 3, 3], metadata: { note: "दृष्टि" } }),
    "every element type": modelBytes({
      nodes: [{ opType: "Relu", input: ["x"], output: ["y"] }],
      initializers: [
        ...types.map((dataType) => ({
          ...lists,
          name: `t${dataType}`,
          dims: [2],
          dataType,
          rawData: new Uint8Array(bytesOf[dataType] ?? 2).fill(1),
        })),
        { ...lists, name: "lists", dims: [3], dataType: 1, floatData: [1, 2, 3] },
        { ...lists, name: "wide", dims: [2], dataType: 7, int64Data: [-1, 2 ** 40] },
        { ...lists, name: "deep", dims: [2], dataType: 11, doubleData: [0.1, 1e300] },
        { ...lists, name: "half", dims: [2], dataType: 10, int32Data: [0x3c00, 0x7c00] },
      ],
      outputs: ["y"],
    }),
    "attributes of every kind": modelBytes({
      nodes: [
        {
          opType: "Constant",
          output: ["c"],
          attribute: [{ name: "value", t: tensorProto("", [2], "float", [1, 2]), type: 4 }],
        },
        {
          opType: "Resize",
          input: ["x", "", "c"],
          output: ["y"],
          attribute: [
            { name: "mode", s: new TextEncoder().encode("linear"), type: 3 },
            { name: "cubic_coeff_a", f: -0.5, type: 1 },
            { name: "axes", ints: [2, 3], type: 7 },
            { name: "antialias", i: 1, type: 2 },
            { name: "scales", floats: [1, 2], type: 6 },
          ],
        },
      ],
      outputs: ["y"],
    }),
  },
  read: (bytes) => new OnnxModel(bytes),
});
