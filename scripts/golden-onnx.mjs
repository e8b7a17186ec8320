// Writes packages/drishti/test/golden/onnx-operators.json: single operators with what ONNX Runtime makes of them, beyond what
// the ONNX project's own tests in the oracle cover. Needs npm run build and onnxruntime-node.
//   node scripts/golden-onnx.mjs
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadOnnxRuntime } from "../packages/drishti/dist/onnx/check.js";
import { encodeModel } from "../packages/drishti/dist/onnx/proto.js";

const { ort, name: runtime } = await loadOnnxRuntime();
const codes = { float: 1, uint8: 2, int32: 6, int64: 7, bool: 9 };
const ortTypes = { float: "float32", uint8: "uint8", int32: "int32", int64: "int64", bool: "bool" };

/** Values without a pattern, between −2 and 2, none of them near a tie. */
const noise = (count, seed = 1) =>
  Array.from({ length: count }, (_, i) => Math.fround((((i + seed) * 7919 + seed * 104729) % 1009) / 252.25 - 2));
const f = (
  shape,
  data = noise(
    shape.reduce((a, b) => a * b, 1),
    shape.length + shape.at(-1),
  ),
) => ({ type: "float", shape, data });
const ints = (...data) => ({ type: "int64", shape: [data.length], data });
const floats = (...data) => ({ type: "float", shape: [data.length], data });
const one = (data, type = "float") => ({ type, shape: [], data: [data] });
const none = null;

function attribute([name, value]) {
  const lists = { floats: [], ints: [], strings: [] };
  if (typeof value === "string") return { ...lists, name, type: 3, s: new TextEncoder().encode(value) };
  if (Array.isArray(value))
    return value.every(Number.isInteger)
      ? { ...lists, name, type: 7, ints: value }
      : { ...lists, name, type: 6, floats: value };
  if (typeof value === "object" && "float" in value) return { ...lists, name, type: 1, f: value.float };
  if (typeof value === "object") return { ...lists, name, type: 6, floats: value.floats };
  return { ...lists, name, type: 2, i: value };
}
const F = (float) => ({ float });

const cases = [];
const add = (opset, op, attributes, inputs, outputs = 1) => cases.push({ opset, op, attributes, inputs, outputs });

const picture = f([1, 2, 4, 5]);
const modes = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"];
for (const coordinate_transformation_mode of modes) {
  for (const nearest_mode of ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"])
    add(13, "Resize", { mode: "nearest", coordinate_transformation_mode, nearest_mode }, [
      f([1, 1, 4, 5]),
      none,
      floats(1, 1, 1.7, 0.6),
    ]);
  for (const mode of ["linear", "cubic"])
    add(13, "Resize", { mode, coordinate_transformation_mode }, [f([1, 1, 4, 5]), none, none, ints(1, 1, 7, 3)]);
}
add(13, "Resize", { mode: "cubic", cubic_coeff_a: F(-0.5), exclude_outside: 1 }, [picture, none, floats(1, 1, 2, 1.5)]);
add(18, "Resize", { mode: "linear", antialias: 1 }, [f([1, 1, 8, 9]), none, none, ints(1, 1, 3, 4)]);
add(18, "Resize", { mode: "cubic", antialias: 1 }, [f([1, 1, 8, 9]), none, none, ints(1, 1, 3, 4)]);
add(18, "Resize", { mode: "linear", axes: [2, 3] }, [picture, none, floats(2, 0.8)]);
add(18, "Resize", { mode: "nearest", axes: [3, 2], keep_aspect_ratio_policy: "not_larger" }, [
  picture,
  none,
  none,
  ints(9, 6),
]);
add(18, "Resize", { mode: "nearest", axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" }, [
  picture,
  none,
  none,
  ints(6, 9),
]);
add(19, "Resize", { mode: "linear", coordinate_transformation_mode: "half_pixel_symmetric" }, [
  picture,
  none,
  floats(1, 1, 0.6, 1.3),
]);
add(10, "Resize", { mode: "nearest" }, [picture, floats(1, 1, 2, 0.6)]);
add(10, "Resize", { mode: "linear" }, [picture, floats(1, 1, 2, 3)]);
add(9, "Upsample", { mode: "nearest" }, [picture, floats(1, 1, 2, 3)]);
add(9, "Upsample", { mode: "linear" }, [picture, floats(1, 1, 2, 2)]);
add(7, "Upsample", { mode: "nearest", scales: { floats: [1, 1, 2, 2] } }, [picture]);

for (const size of [3, 5]) add(13, "LRN", { size, alpha: F(0.5), beta: F(0.6), bias: F(2) }, [f([2, 6, 2, 3])]);
add(11, "TopK", { axis: 1 }, [f([2, 5, 2]), ints(3)], 2);
add(11, "TopK", { largest: 0 }, [f([3, 6]), ints(2)], 2);
add(13, "ArgMax", { axis: 1, select_last_index: 1 }, [f([2, 4], [1, 3, 3, 0, 5, 5, 2, 5])]);
add(13, "ArgMin", { axis: -1, keepdims: 0 }, [f([2, 3, 4])]);
for (const mode of ["DCR", "CRD"]) add(13, "DepthToSpace", { blocksize: 2, mode }, [f([1, 8, 2, 3])]);
add(13, "SpaceToDepth", { blocksize: 2 }, [f([1, 2, 4, 6])]);

const window = { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 2, 1] };
add(12, "MaxPool", { ...window, dilations: [1, 2] }, [f([1, 2, 6, 7])]);
add(12, "MaxPool", { ...window, ceil_mode: 1 }, [f([1, 2, 6, 7])], 2);
add(12, "MaxPool", { kernel_shape: [3], strides: [2], auto_pad: "SAME_UPPER" }, [f([1, 2, 8])]);
add(12, "MaxPool", { kernel_shape: [2, 3], storage_order: 1, pads: [1, 1, 0, 1] }, [f([1, 2, 3, 4])], 2);
for (const count_include_pad of [0, 1]) {
  add(11, "AveragePool", { ...window, count_include_pad }, [f([1, 2, 6, 7])]);
  add(19, "AveragePool", { kernel_shape: [2, 3], dilations: [2, 1], pads: [1, 1, 1, 1], count_include_pad }, [
    f([1, 2, 6, 7]),
  ]);
  add(11, "AveragePool", { kernel_shape: [3], strides: [2], pads: [0, 1], count_include_pad }, [f([2, 3, 8])]);
}
add(11, "AveragePool", { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_LOWER" }, [f([1, 1, 6, 7])]);
for (const p of [1, 2, 3]) add(11, "LpPool", { kernel_shape: [2, 3], strides: [2, 1], p }, [f([1, 2, 4, 5])]);
for (const p of [1, 2]) add(2, "GlobalLpPool", { p }, [f([1, 2, 4, 5])]);

const filters = f([4, 3, 3, 2]);
for (const auto_pad of ["SAME_UPPER", "SAME_LOWER", "VALID"]) {
  add(11, "Conv", { auto_pad, strides: [2, 3] }, [f([1, 3, 7, 8]), filters, f([4])]);
  add(11, "ConvTranspose", { auto_pad, strides: [2, 3], kernel_shape: [3, 3] }, [
    f([1, 2, 3, 4]),
    f([2, 3, 3, 3]),
    f([3]),
  ]);
}
add(11, "Conv", { pads: [2, 0], strides: [2], dilations: [2] }, [f([2, 3, 9]), f([4, 3, 3])]);
add(11, "Conv", { pads: [1, 0, 2, 3], group: 3, dilations: [2, 1] }, [f([1, 3, 6, 5]), f([6, 1, 2, 3])]);
add(11, "ConvTranspose", { strides: [2, 2], output_shape: [8, 9] }, [f([1, 2, 4, 4]), f([2, 3, 3, 3])]);
add(11, "ConvTranspose", { strides: [2, 3], pads: [0, 1, 2, 1], output_padding: [1, 2], group: 2, dilations: [2, 1] }, [
  f([1, 4, 3, 4]),
  f([4, 2, 2, 3]),
  f([4]),
]);
add(11, "ConvTranspose", { strides: [2], pads: [1, 0] }, [f([1, 2, 4]), f([2, 3, 3]), f([3])]);

add(13, "Pad", { mode: "constant" }, [f([2, 3, 2]), ints(1, 0, -1, 0, 2, 1), one(0.5)]);
add(13, "Pad", { mode: "edge" }, [f([2, 3, 2]), ints(1, 2, 0, 0, 1, 1)]);
add(13, "Pad", { mode: "reflect" }, [f([3, 3, 4]), ints(2, 1, 0, 1, 2, 3)]);
add(19, "Pad", { mode: "wrap" }, [f([2, 3, 4]), ints(0, 1, 2, 1, 2, 3)]);
add(18, "Pad", { mode: "constant" }, [f([2, 3, 4]), ints(1, 2), none, ints(-1)]);
add(9, "Slice", { starts: [0, -3], ends: [2, 1000], axes: [0, 2] }, [f([3, 2, 4])]);
add(13, "Slice", {}, [f([4, 6]), ints(-1, 5), ints(-1000, 0), ints(0, 1), ints(-2, -2)]);
add(13, "Gather", { axis: 1 }, [f([2, 4, 2]), { type: "int64", shape: [2, 2], data: [0, -1, 3, 1] }]);
add(13, "GatherND", {}, [f([3, 2, 4]), { type: "int64", shape: [2, 2], data: [0, 1, -1, 0] }]);
add(13, "GatherElements", { axis: 1 }, [f([2, 4]), { type: "int64", shape: [2, 3], data: [0, -1, 2, 3, 3, 1] }]);
add(11, "OneHot", { axis: 1 }, [ints(1, -1, 2), one(4, "int64"), floats(0.5, 3)]);
add(13, "NonZero", {}, [f([2, 3], [0, 1, 0, 2, 0, -3])]);
add(11, "Range", {}, [one(1), one(4.4), one(0.7)]);
add(9, "EyeLike", { k: 1 }, [f([3, 4])]);
add(13, "Tile", {}, [f([2, 3]), ints(2, 3)]);
add(13, "Expand", {}, [f([2, 1, 3]), ints(4, 1, 5, 1)]);
add(18, "Split", { axis: 1, num_outputs: 3 }, [f([2, 7])], 3);
add(11, "Split", { axis: 0, split: [1, 3] }, [f([4, 2])], 2);
add(13, "Squeeze", {}, [f([1, 3, 1, 2])]);
add(11, "Flatten", { axis: -2 }, [f([2, 3, 4])]);
add(15, "Shape", { start: -2 }, [f([2, 3, 4])]);

for (const op of ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"]) {
  add(18, `Reduce${op}`, { keepdims: 0 }, [f([2, 3, 4]), ints(0, 2)]);
  add(11, `Reduce${op}`, { axes: [-2] }, [f([2, 5, 2])]);
}
add(18, "ReduceLogSum", {}, [f([2, 3], [1, 2, 3, 4, 5, 6]), ints(1)]);
add(18, "ReduceSum", { noop_with_empty_axes: 1 }, [f([2, 3])]);
add(13, "ReduceSum", { keepdims: 0 }, [{ type: "int32", shape: [2, 2], data: [1, 2, 3, -9] }]);

const whole = { type: "int32", shape: [6], data: [-7, 7, -7, 7, 5, -5] };
const divisors = { type: "int32", shape: [6], data: [3, 3, -3, -3, 2, 2] };
add(13, "Div", {}, [whole, divisors]);
add(13, "Mod", {}, [whole, divisors]);
add(13, "Mod", { fmod: 1 }, [floats(-7.5, 7.5, 3.25), floats(2, -2, 0.5)]);
const halves = floats(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, -2.6, 3);
for (const op of ["Round", "Floor", "Ceil", "Sign", "Abs", "Reciprocal"]) add(13, op, {}, [halves]);
for (const to of [6, 7, 9, 2]) add(13, "Cast", { to }, [floats(1.9, 0, 0.5, 3, 200)]);
const truth = (...data) => ({ type: "bool", shape: [data.length], data });
for (const op of ["And", "Or", "Xor"]) add(7, op, {}, [truth(1, 1, 0, 0), truth(1, 0, 1, 0)]);
add(1, "Not", {}, [truth(1, 0)]);
for (const op of ["Less", "Greater", "LessOrEqual", "GreaterOrEqual"])
  add(16, op, {}, [f([2, 3], [1, 2, 3, 1, 2, 3]), floats(2, 2, 2)]);
add(16, "Where", {}, [truth(1, 0, 1), f([2, 3]), one(9)]);
add(13, "Clip", {}, [f([2, 5]), none, one(0.3)]);
add(6, "Clip", { min: F(-0.5), max: F(0.25) }, [f([2, 5])]);
for (const op of ["Min", "Max", "Sum", "Mean"]) add(13, op, {}, [f([2, 3]), f([3]), f([2, 1])]);
add(13, "Pow", {}, [floats(1, 2, 3), floats(-1, 0.5, 3)]);

for (const opset of [11, 13])
  for (const op of ["Softmax", "LogSoftmax", "Hardmax"]) add(opset, op, { axis: 1 }, [f([2, 3, 4])]);
add(12, "Celu", { alpha: F(0.7) }, [f([3, 4])]);
add(10, "ThresholdedRelu", { alpha: F(0.6) }, [f([3, 4])]);
for (const [op, opset] of [
  ["Softsign", 1],
  ["Mish", 18],
  ["Gelu", 20],
  ["Softplus", 1],
  ["HardSwish", 14],
  ["Erf", 13],
])
  add(opset, op, {}, [f([5, 8])]);
add(20, "Gelu", { approximate: "tanh" }, [f([5, 8])]);
add(9, "Shrink", { bias: F(0.5), lambd: F(0.8) }, [f([3, 4])]);
add(16, "PRelu", {}, [f([2, 3, 2, 2]), f([3, 1, 1])]);
add(6, "Selu", { alpha: F(2), gamma: F(3) }, [f([3, 4])]);

add(21, "GroupNormalization", { num_groups: 2, epsilon: F(0.01) }, [f([2, 4, 3, 2]), f([4]), f([4], noise(4, 9))]);
add(17, "LayerNormalization", { axis: 1 }, [f([2, 3, 4]), f([3, 4]), f([3, 4], noise(12, 9))], 3);
add(6, "InstanceNormalization", { epsilon: F(0.01) }, [f([2, 3, 4]), f([3]), f([3], noise(3, 9))]);
add(13, "MeanVarianceNormalization", {}, [f([2, 3, 2, 2])]);
for (const p of [1, 2]) add(1, "LpNormalization", { axis: 1, p }, [f([2, 3, 4])]);
add(15, "BatchNormalization", { epsilon: F(0.01) }, [
  f([2, 3, 4]),
  f([3]),
  f([3], noise(3, 9)),
  f([3], noise(3, 5)),
  floats(0.5, 1, 2),
]);
add(13, "SoftmaxCrossEntropyLoss", { ignore_index: 1 }, [f([4, 3]), ints(0, 2, 1, 2), floats(0.5, 1, 2)], 2);
add(13, "Gemm", { transA: 1, alpha: F(0.5), beta: F(2) }, [f([3, 2]), f([3, 4]), f([2, 1])]);
add(13, "MatMul", {}, [f([2, 1, 3, 4]), f([2, 4, 2])]);
add(13, "MatMul", {}, [f([3]), f([2, 3, 2])]);

const golden = [];
const refused = [];
for (const { opset, op, attributes, inputs, outputs } of cases) {
  const names = inputs.map((input, i) => (input ? `x${i}` : ""));
  const results = Array.from({ length: outputs }, (_, i) => `y${i}`);
  const info = (name, elemType) => ({ name, type: { tensorType: { elemType } } });
  const bytes = encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    metadataProps: [],
    functions: [],
    graph: {
      name: "g",
      node: [{ input: names, output: results, opType: op, attribute: Object.entries(attributes).map(attribute) }],
      initializer: [],
      sparseInitializer: [],
      input: inputs.flatMap((input, i) => (input ? [info(names[i], codes[input.type])] : [])),
      output: results.map((name) => ({ name })),
    },
  });
  const title = `${op}-${opset} ${JSON.stringify(attributes)}${inputs.some((i) => !i) ? ` of ${inputs.map((i) => (i ? i.shape.join("×") || "1" : "–")).join(", ")}` : ""}`;
  try {
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    const feeds = Object.fromEntries(
      inputs.flatMap((input, i) => {
        if (!input) return [];
        const { type, shape, data } = input;
        const typed = { float: Float32Array, uint8: Uint8Array, int32: Int32Array, bool: Uint8Array }[type];
        return [
          [
            names[i],
            new ort.Tensor(
              ortTypes[type],
              type === "int64" ? BigInt64Array.from(data, BigInt) : typed.from(data),
              shape,
            ),
          ],
        ];
      }),
    );
    const out = await session.run(feeds);
    golden.push({
      title,
      model: Buffer.from(bytes).toString("base64"),
      inputs: Object.fromEntries(inputs.flatMap((input, i) => (input ? [[names[i], input]] : []))),
      outputs: results.map((name) => ({
        shape: out[name].dims,
        data: Array.from(out[name].data, (v) => Number(Number(v).toPrecision(9))),
      })),
    });
  } catch (error) {
    refused.push(`${title}: ${error.message.split("\n")[0]}`);
  }
}
const path = fileURLToPath(new URL("../packages/drishti/test/golden/onnx-operators.json", import.meta.url));
writeFileSync(path, `${JSON.stringify({ runtime, cases: golden }).replaceAll('{"title"', '\n{"title"')}\n`);
console.log(`${golden.length} cases by ${runtime}; it refused ${refused.length}:\n  ${refused.join("\n  ")}`);
