// Writes docs/onnx-operators.md: which of ONNX's operators are read and written, and why others are not. After npm run build.
//   node scripts/docs-onnx.mjs           writes the page
//   node scripts/docs-onnx.mjs --check   exits 1 when the page on disk is not what would be written
// Exits 1 in both cases when an operator is said to be missing and is not, or the other way round.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { onnxOperators } from "drishti/onnx";

const page = fileURLToPath(new URL("../docs/onnx-operators.md", import.meta.url));
const exporter = new URL("../packages/drishti/src/onnx/export/", import.meta.url);

/** How far an operator goes; the error for a node beyond says the same. */
const limits = {
  AveragePool: "one or two axes of space",
  BatchNormalization: "`spatial` 0 (opset 7 and 8) is refused",
  Cast: "not from or to texts and complex numbers; float16 and bfloat16 are rounded to",
  Constant: "numbers; no texts, no sparse tensors",
  Conv: "one or two axes of space",
  ConvTranspose: "one or two axes of space",
  GatherND: "without `batch_dims`",
  LpPool: "one or two axes of space",
  MaxPool: "one or two axes of space",
  Resize: "nearest, linear, cubic; not by regions (`tf_crop_and_resize`)",
};

/** ONNX's other operators (opset 25), by why a network that tells pictures apart does not want them. */
const missing = {
  "recurrent networks": ["RNN", "LSTM", "GRU"],
  "graphs inside graphs, whose course depends on the data": ["If", "Loop", "Scan", "SequenceMap"],
  "lists and values that may be missing": [
    "ConcatFromSequence",
    "Optional",
    "OptionalGetElement",
    "OptionalHasElement",
    "SequenceAt",
    "SequenceConstruct",
    "SequenceEmpty",
    "SequenceErase",
    "SequenceInsert",
    "SequenceLength",
    "SplitToSequence",
  ],
  "quantised arithmetic: weights are floats here": [
    "ConvInteger",
    "DequantizeLinear",
    "DynamicQuantizeLinear",
    "QLinearConv",
    "QLinearMatMul",
    "QuantizeLinear",
  ],
  texts: ["RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer"],
  "sound and spectra": ["BlackmanWindow", "DFT", "HammingWindow", "HannWindow", "MelWeightMatrix", "STFT"],
  "finding and cutting out objects": ["MaxRoiPool", "NonMaxSuppression", "RoiAlign"],
  "sampling at places that are computed": ["AffineGrid", "Col2Im", "DeformConv", "GridSample"],
  "random numbers, whose values ONNX leaves open": [
    "Bernoulli",
    "Multinomial",
    "RandomNormal",
    "RandomNormalLike",
    "RandomUniform",
    "RandomUniformLike",
  ],
  "transformers' own: exporters write them as MatMul, Softmax and the like for opset 22 and below": [
    "Attention",
    "RotaryEmbedding",
    "TensorScatter",
  ],
  "bits of whole numbers": ["BitShift", "BitwiseAnd", "BitwiseNot", "BitwiseOr", "BitwiseXor"],
  "angles and hyperbolas": ["Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "Cos", "Cosh", "Sin", "Sinh", "Tan"],
  "seen in no classifier so far; say so when you meet one": [
    "CenterCropPad",
    "Compress",
    "CumSum",
    "Det",
    "Einsum",
    "ImageDecoder",
    "MaxUnpool",
    "ReverseSequence",
    "Scatter",
    "ScatterElements",
    "ScatterND",
    "Trilu",
    "Unique",
  ],
};

const wrong = Object.values(missing)
  .flat()
  .filter((name) => onnxOperators.includes(name));
wrong.push(...Object.keys(limits).filter((name) => !onnxOperators.includes(name)));

/** Operators that the export's rules name. */
const rules = readdirSync(exporter).filter(
  (name) => /^(rules-.*|emit|builder)\.ts$/.test(name) && !name.includes("test"),
);
const text = rules.map((name) => readFileSync(new URL(name, exporter), "utf8")).join("\n");
const written = new Set([...text.matchAll(/"([A-Z][A-Za-z0-9]+)"/g)].map(([, name]) => name));

const rows = onnxOperators.map((name) => `| ${name} | ${written.has(name) ? "yes" : ""} | ${limits[name] ?? ""} |`);
const others = Object.entries(missing).map(([why, names]) => `| ${names.join(", ")} | ${why} |`);
const content = `# ONNX operators

Of opset 7 to 25 (most of 1 to 6, too), on every backend. Written by \`scripts/docs-onnx.mjs\`, which asks the reader and the
export; \`npm run check\` fails when this page is out of date. How to use them: [guide](guide/onnx.md).

Read: ${onnxOperators.length}. A graph with any other is refused before anything runs, with every operator and node that is missing.

| read | written, too | limits |
| --- | --- | --- |
${rows.join("\n")}

\`BatchNormalization\` behind a convolution is folded into it on request: \`new OnnxModel(bytes, { foldBatchNorm: true })\`. Whole
numbers are exact to 2⁵³. Domains other than ONNX's own (\`com.microsoft\`, \`ai.onnx.ml\`), functions of the file's own and sparse
tensors are refused by name.

## Not read

| operators | why |
| --- | --- |
${others.join("\n")}
`;

if (wrong.length > 0) {
  console.error(`scripts/docs-onnx.mjs says otherwise of ${wrong.join(", ")}: correct its lists.`);
  process.exitCode = 1;
}
if (process.argv.includes("--check")) {
  if (!existsSync(page) || readFileSync(page, "utf8") !== content) {
    console.error("docs/onnx-operators.md is out of date: run node scripts/docs-onnx.mjs after npm run build.");
    process.exitCode = 1;
  } else console.log(`${onnxOperators.length} operators`);
} else writeFileSync(page, content);
