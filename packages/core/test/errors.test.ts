/** @file What our errors say: both sides, the layer's path, and what to do. Calls from the oracle's errors.json. */
import { expect, test } from "vitest";
import {
  cat,
  createReference,
  DrishtiError,
  matmul,
  nn,
  ones,
  optim,
  registerBackend,
  setDefaultDevice,
  stack,
  type Tensor,
  tensor,
  zeros,
} from "../src/index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

/** `code: message` of what `call` throws. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof DrishtiError) return `${error.name} ${error.code}\n${error.message}`;
    throw error;
  }
  throw new Error("not refused");
}

const image = (...shape: number[]): Tensor => zeros(shape);
const labels = (...values: number[]): Tensor => tensor(Int32Array.from(values));

test("wrong number of channels", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3).forward(image(2, 4, 8, 8)))).toMatchInlineSnapshot(`
    "ShapeError channels
    conv2d: input has 4 channels, weight wants 3 × groups 1 = 3.
      input   [2, 4, 8, 8]  (N, C, H, W)
      weight  [4, 3, 3, 3]  (O, C/groups, kH, kW)
      hint: make the layer with inChannels 4, or give it 3 channels."
  `);
});

test("NHWC instead of NCHW", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3).forward(image(2, 8, 8, 3)))).toMatchInlineSnapshot(`
    "ShapeError channels
    conv2d: input has 8 channels, weight wants 3 × groups 1 = 3.
      input   [2, 8, 8, 3]  (N, C, H, W)
      weight  [4, 3, 3, 3]  (O, C/groups, kH, kW)
      hint: is the data NHWC? conv2d takes NCHW."
  `);
});

test("dilated kernel larger than the input", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { dilation: 2 }).forward(image(1, 3, 4, 4)))).toMatchInlineSnapshot(`
    "ShapeError kernel-too-large
    conv2d: the kernel covers 5 × 5, the padded input is only 4 × 4.
      input   [1, 3, 4, 4]  (N, C, H, W)
      weight  [4, 3, 3, 3]  (O, C/groups, kH, kW)
      hint: add padding, or use a smaller kernel or dilation."
  `);
});

test("uint8 image", () => {
  expect(
    refusal(() => new nn.Conv2d(3, 4, 3).forward(tensor(new Uint8Array(48), { shape: [1, 3, 4, 4] }))),
  ).toMatchInlineSnapshot(`
    "DTypeError dtype
    conv2d: input must be float32, got uint8. Convert it with to("float32")."
  `);
});

test("unknown dtype", () => {
  expect(refusal(() => zeros([2], { dtype: "float64" as never }))).toMatchInlineSnapshot(`
    "DTypeError dtype
    tensor: there is no dtype "float64": use float32, int32, uint8, bool."
  `);
});

test("zero stride", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { stride: 0 }))).toMatchInlineSnapshot(`
    "ArgumentError stride
    conv2d: stride must be whole numbers ≥ 1, got [0, 0]."
  `);
});

test("padding of three numbers", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { padding: [1, 1, 1] }))).toMatchInlineSnapshot(`
    "ArgumentError padding
    conv2d: padding must be one number, or two for height and width, got 3: [1, 1, 1]."
  `);
});

test("groups do not divide", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { groups: 2 }))).toMatchInlineSnapshot(`
    "ArgumentError groups
    Conv2d: groups 2 must divide inChannels 3 and outChannels 4."
  `);
});

test("'same' with a stride", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { padding: "same", stride: 2 }))).toMatchInlineSnapshot(`
    "ArgumentError same-stride
    conv2d: padding "same" needs stride 1, got [2, 2]. Give the padding as numbers."
  `);
});

test("an empty image", () => {
  expect(refusal(() => new nn.Conv2d(3, 4, 3, { padding: 2 }).forward(image(1, 3, 0, 4)))).toMatchInlineSnapshot(`
    "ShapeError empty
    conv2d: the images have no pixels: 0 × 4. Only the batch may be empty.
      input   [1, 3, 0, 4]  (N, C, H, W)
      weight  [4, 3, 3, 3]  (O, C/groups, kH, kW)
      hint: check how the pictures were read or cut."
  `);
});

test("Conv1d: kernel longer than the input", () => {
  expect(refusal(() => new nn.Conv1d(2, 3, 9).forward(image(1, 2, 8)))).toMatchInlineSnapshot(`
    "ShapeError kernel-too-large
    conv1d: the kernel covers 9, the padded input is only 8.
      input   [1, 2, 8]
      weight  [3, 2, 9]  (O, C/groups, k)
      hint: add padding, or use a smaller kernel or dilation."
  `);
});

test("transposed: outputPadding too large", () => {
  expect(refusal(() => new nn.ConvTranspose2d(3, 2, 3, { outputPadding: 1 }))).toMatchInlineSnapshot(`
    "ArgumentError output-padding
    convTranspose2d: outputPadding [1, 1] must be below stride [1, 1] or dilation [1, 1]."
  `);
});

test("forgotten Flatten", () => {
  expect(
    refusal(() =>
      new nn.Sequential({
        features: new nn.Sequential(new nn.Conv2d(3, 32, 3, { padding: 1 }), new nn.ReLU()),
        classifier: new nn.Sequential(new nn.Linear(2048, 10)),
      }).forward(image(2, 3, 8, 8)),
    ),
  ).toMatchInlineSnapshot(`
      "ShapeError features
      linear: input has 8 features, weight wants 2048.
        input   [2, 32, 8, 8]  (…, in)
        weight  [10, 2048]  (out, in)
        hint: flatten the maps first: new nn.Flatten().
        in: classifier.0"
    `);
});

test("pooling window larger than the maps", () => {
  expect(refusal(() => new nn.MaxPool2d(3).forward(image(1, 2, 2, 2)))).toMatchInlineSnapshot(`
    "ShapeError kernel-too-large
    maxPool2d: the window of 3 × 3 (dilation 1, 1) does not fit into 2 × 2.
      input  [1, 2, 2, 2]  (N, C, H, W)
      hint: the maps have become smaller than the window: pool less often."
  `);
});

test("pooling padding above half the window", () => {
  expect(refusal(() => new nn.AvgPool2d(3, { padding: 2 }))).toMatchInlineSnapshot(`
    "ArgumentError padding
    AvgPool2d: padding [2, 2] must be at most half of the window [3, 3]: some windows would see nothing."
  `);
});

test("one value per channel in training", () => {
  expect(refusal(() => new nn.BatchNorm1d(3).forward(image(1, 3)))).toMatchInlineSnapshot(`
    "ArgumentError one-value
    batchNorm: expected more than 1 value per channel when training, got input size [1, 3]. Use a larger batch (dropLast) or eval()."
  `);
});

test("one value per group", () => {
  expect(refusal(() => new nn.GroupNorm(4, 4).forward(image(1, 4)))).toMatchInlineSnapshot(`
    "ArgumentError one-value
    groupNorm: expected more than 1 value per group, got input size [1, 4] and 4 groups: (x − mean) would always be 0. Use fewer groups or larger maps."
  `);
});

test("LayerNorm: last axis differs", () => {
  expect(refusal(() => new nn.LayerNorm(4).forward(image(2, 5)))).toMatchInlineSnapshot(`
    "ShapeError normalized-shape
    layerNorm: input must end in normalizedShape [4], got [2, 5].
      input  [2, 5]"
  `);
});

test("dropout above one", () => {
  expect(refusal(() => new nn.Dropout(1.5))).toMatchInlineSnapshot(`
    "ArgumentError p
    Dropout: p must lie in [0, 1], got 1.5."
  `);
});

test("target outside the classes", () => {
  expect(refusal(() => new nn.CrossEntropyLoss().forward(image(2, 3), labels(0, 3)))).toMatchInlineSnapshot(`
    "TargetError target-range
    nllLoss: target 3 at position 1 is outside the 3 classes 0 … 2. Check the labels, or the number of outputs of the last layer."
  `);
});

test("batch sizes differ", () => {
  expect(refusal(() => new nn.CrossEntropyLoss().forward(image(2, 3), labels(0, 1, 2)))).toMatchInlineSnapshot(`
    "ShapeError target-shape
    nllLoss: targets must be [2] for this input, got [3].
      input   [2, 3]  (N, C, …)
      target  [3]"
  `);
});

test("class numbers as floats", () => {
  expect(refusal(() => new nn.NLLLoss().forward(image(2, 3), image(2)))).toMatchInlineSnapshot(`
    "DTypeError target-dtype
    nllLoss: targets must be class numbers of dtype int32, got float32: convert them with to("int32"), or use crossEntropy for probabilities."
  `);
});

test("probabilities of another width", () => {
  expect(refusal(() => new nn.CrossEntropyLoss().forward(image(2, 3), image(2, 4)))).toMatchInlineSnapshot(`
    "ShapeError target-shape
    crossEntropy: targets given as probabilities must have the input's shape.
      input   [2, 3]
      target  [2, 4]"
  `);
});

test("unknown reduction", () => {
  expect(refusal(() => new nn.MSELoss({ reduction: "avg" as never }))).toMatchInlineSnapshot(`
    "ArgumentError reduction
    MSELoss: reduction must be "mean", "sum" or "none", got "avg"."
  `);
});

test("shapes that broadcast by accident", () => {
  expect(refusal(() => new nn.MSELoss().forward(image(2, 1), image(2)))).toMatchInlineSnapshot(`
    "ShapeError target-shape
    mseLoss: input and target must have one shape.
      input   [2, 1]
      target  [2]
      hint: nothing is broadcast here: use unsqueeze, squeeze or reshape."
  `);
});

test("logits where probabilities are wanted", () => {
  expect(refusal(() => new nn.BCELoss().forward(tensor([-1, 2]), tensor([0, 1])))).toMatchInlineSnapshot(`
    "TargetError probability
    binaryCrossEntropy: every input must lie in [0, 1], got values from -1 to 2. For logits use binaryCrossEntropyWithLogits."
  `);
});

test("no learning rate", () => {
  expect(refusal(() => new optim.SGD(new nn.Linear(2, 1).parameters(), {} as never))).toMatchInlineSnapshot(`
    "ArgumentError lr
    SGD: lr must be given, as a number ≥ 0, got undefined."
  `);
});

test("a beta of one", () => {
  expect(refusal(() => new optim.Adam(new nn.Linear(2, 1).parameters(), { betas: [1, 0.999] }))).toMatchInlineSnapshot(`
    "ArgumentError betas
    Adam: betas must lie in [0, 1), got [1, 0.999]."
  `);
});

test("a tensor instead of parameters", () => {
  expect(refusal(() => new optim.Adam(new nn.Linear(2, 1).weight as never))).toMatchInlineSnapshot(`
    "ArgumentError params
    Adam: params must be an iterable of parameters or groups, such as model.parameters(), got Tensor(float32 [1, 2] on reference, requiresGrad)."
  `);
});

test("several problems in a state", () => {
  expect(
    refusal(() => {
      const net = new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.BatchNorm2d(4));
      const state = net.stateDict();
      state.delete("0.bias");
      state.set("fc.weight", ones([1]));
      state.set("0.weight", ones([4, 3, 5, 5]));
      net.loadStateDict(state);
    }),
  ).toMatchInlineSnapshot(`
    "ArgumentError state-dict
    Sequential: the state does not fit this model:
      0.weight: the file has [4, 3, 5, 5], the model [4, 3, 3, 3]
      missing: 0.bias
      unexpected: fc.weight
      hint: make the model as it was when the state was saved."
  `);
});

test("backward twice", () => {
  expect(
    refusal(() => {
      const x = ones([3], { requiresGrad: true });
      const y = x.mul(x).sum();
      y.backward();
      y.backward();
    }),
  ).toMatchInlineSnapshot(`
    "AutogradError freed
    backward: the values that sum saved were freed by an earlier backward(); call backward({ retainGraph: true }) the first time."
  `);
});

test("a saved value changed in place", () => {
  expect(
    refusal(() => {
      const y = ones([3], { requiresGrad: true }).sigmoid();
      y.add_(1);
      y.sum().backward();
    }),
  ).toMatchInlineSnapshot(`
    "AutogradError modified
    backward: output [3], which sigmoid needs for its gradient, was changed in place: version 1, saved at 0. Change a clone() instead."
  `);
});

test("shapes that do not broadcast", () => {
  expect(refusal(() => ones([2, 3]).add(ones([4])))).toMatchInlineSnapshot(`
    "ShapeError broadcast
    add: sizes 3 and 4 at axis 1 do not broadcast.
      a  [2, 3]
      b  [4]
      hint: sizes must be equal, or one of them 1, counted from the last axis."
  `);
});

test("inner sizes that differ", () => {
  expect(refusal(() => matmul(ones([2, 3]), ones([4, 5])))).toMatchInlineSnapshot(`
    "ShapeError inner
    matmul: a has 3 columns, b has 4 rows; they must be equal. Is one to be transposed?
      a  [2, 3]
      b  [4, 5]"
  `);
});

test("joining sizes that differ", () => {
  expect(refusal(() => cat([ones([2, 3]), ones([2, 4])]))).toMatchInlineSnapshot(`
    "ShapeError sizes
    cat: input 1 differs from input 0 outside dim 0; they must agree there.
      input 0  [2, 3]
      input 1  [2, 4]"
  `);
});

test("stacking sizes that differ", () => {
  expect(refusal(() => stack([ones([2]), ones([3])]))).toMatchInlineSnapshot(`
    "ShapeError sizes
    stack: all tensors must have one shape; input 1 differs from input 0.
      input 0  [2]
      input 1  [3]"
  `);
});

test("an index outside its axis", () => {
  expect(refusal(() => ones([3]).select(0, 5))).toMatchInlineSnapshot(`
    "ArgumentError index
    select: index 5 is outside axis 0 of size 3: use -3 to 2."
  `);
});

test("orthogonal_ of a vector", () => {
  expect(refusal(() => nn.init.orthogonal_(ones([5])))).toMatchInlineSnapshot(`
    "ShapeError rank
    orthogonal_: the tensor must have 2 or more axes, it has 1.
      tensor  [5]"
  `);
});
