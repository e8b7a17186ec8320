/**
 * @file Typical mistakes, each a compile error on the line below its comment: without the error the comment is one. What
 * the message says is in shape-cases.generated.ts.
 */
import {
  add,
  cat,
  conv2d,
  einsum,
  flatten,
  linear,
  maxPool2d,
  nn,
  sequential,
  stack,
  type Tensor,
  zeros,
} from "@drishti/core";

const images = zeros([8, 3, 32, 32] as const);
const grey = zeros([8, 1, 28, 28] as const);
const c = new nn.Conv2d(3, 16, 3, { padding: 1 });

// 1 The next convolution expects other channels.
sequential(
  [3, 32, 32],
  [
    c,
    // @ts-expect-error conv2d: expects 32 input channels, got 16
    new nn.Conv2d(32, 64, 3),
  ],
);
// 2 The same where the input is not known.
new nn.Sequential(
  c,
  // @ts-expect-error conv2d: expects 32 input channels, got 16
  new nn.Conv2d(32, 64, 3),
);
// 3 Padding forgotten: 30 · 30 features, not 32 · 32.
sequential(
  [3, 32, 32],
  [
    new nn.Conv2d(3, 4, 3),
    new nn.Flatten(),
    // @ts-expect-error linear: expects 4096 input features, got 3600
    new nn.Linear(4096, 10),
  ],
);
// 4 Flatten forgotten.
sequential(
  [3, 8, 8],
  [
    new nn.Conv2d(3, 4, 3),
    // @ts-expect-error linear: … is a Flatten missing?
    new nn.Linear(144, 10),
  ],
);
// 5 The pooling counted once too often.
sequential(
  [3, 32, 32],
  [
    c,
    new nn.MaxPool2d(2, 2),
    new nn.Flatten(),
    // @ts-expect-error linear: expects 1024 input features, got 4096
    new nn.Linear(1024, 10),
  ],
);
// 6 Two dense layers that do not meet.
new nn.Sequential(
  new nn.Linear(784, 128),
  new nn.ReLU(),
  // @ts-expect-error linear: expects 256 input features, got 128
  new nn.Linear(256, 10),
);
// 7 BatchNorm2d of the input's channels instead of the output's.
new nn.Sequential(
  c,
  // @ts-expect-error batchNorm2d: expects 3 channels, got 16
  new nn.BatchNorm2d(3),
);
// 8 BatchNorm2d after a dense layer.
sequential(
  [3, 4, 4],
  [
    new nn.Flatten(),
    new nn.Linear(48, 10),
    // @ts-expect-error batchNorm2d: expects [batch, channels, height, width]
    new nn.BatchNorm2d(10),
  ],
);
// 9 BatchNorm1d on maps.
sequential(
  [3, 8, 8],
  [
    c,
    // @ts-expect-error batchNorm1d: expects [batch, channels, …]
    new nn.BatchNorm1d(16),
  ],
);
// 10 Too many poolings.
sequential(
  [1, 4, 4],
  [
    new nn.MaxPool2d(2),
    new nn.MaxPool2d(2),
    // @ts-expect-error maxPool2d: the window covers 2 × 2, the padded input is only 1 × 1
    new nn.MaxPool2d(2),
  ],
);
// 11 A kernel larger than the picture.
sequential(
  [3, 4, 4],
  [
    // @ts-expect-error conv2d: the window covers 7 × 7
    new nn.Conv2d(3, 8, 7),
  ],
);
// 12 Dilation makes it larger.
sequential(
  [3, 4, 4],
  [
    // @ts-expect-error conv2d: the window covers 5 × 5
    new nn.Conv2d(3, 8, 3, { dilation: 2 }),
  ],
);
// 13 Height and width before the channels.
sequential(
  [32, 32, 3],
  [
    // @ts-expect-error conv2d: expects 3 input channels, got 32
    new nn.Conv2d(3, 8, 3),
  ],
);
// 14 The batch in the sample's shape.
sequential(
  [8, 3, 32, 32],
  [
    // @ts-expect-error conv2d: expects [batch, channels, height, width], got [N, 8, 3, 32, 32]
    new nn.Conv2d(3, 8, 3),
  ],
);
// 15 Groups that do not divide the channels.
sequential(
  [3, 32, 32],
  [
    // @ts-expect-error conv2d: groups 2 must divide 3 input and 4 output channels
    new nn.Conv2d(3, 4, 3, { groups: 2 }),
  ],
);
// 16 "same" with a stride.
sequential(
  [3, 32, 32],
  [
    // @ts-expect-error conv2d: padding "same" needs stride 1
    new nn.Conv2d(3, 4, 3, { padding: "same", stride: 2 }),
  ],
);
// 17 A residual branch that shrinks.
sequential(
  [16, 30, 30],
  [
    // @ts-expect-error residual: the branch gives [N, 16, 28, 28], the way around it [N, 16, 30, 30]
    new nn.Residual(new nn.Conv2d(16, 16, 3)),
  ],
);
// 18 A shortcut without the branch's stride.
sequential(
  [16, 32, 32],
  [
    // @ts-expect-error residual: …
    new nn.Residual(new nn.Conv2d(16, 32, 3, { stride: 2, padding: 1 }), new nn.Conv2d(16, 32, 1)),
  ],
);
// 19 After a concatenation there are more channels.
sequential(
  [16, 8, 8],
  [
    new nn.Concat([new nn.Conv2d(16, 8, 1), new nn.Conv2d(16, 4, 3, { padding: 1 })]),
    // @ts-expect-error conv2d: expects 16 input channels, got 12
    new nn.Conv2d(16, 8, 1),
  ],
);
// 20 Branches of other sizes.
sequential(
  [16, 8, 8],
  [
    // @ts-expect-error cat: [N, 8, 8, 8] and [N, 4, 6, 6] differ outside axis 1
    new nn.Concat([new nn.Conv2d(16, 8, 1), new nn.Conv2d(16, 4, 3)]),
  ],
);
// 21 A grey batch into a model for colour.
// @ts-expect-error conv2d: expects 3 input channels, got 1
c.forward(grey);
// 22 A model on pictures of another size.
const model = sequential([3, 32, 32], [c, new nn.Flatten(), new nn.Linear(16384, 10)]);
// @ts-expect-error sequential: expects [N, 3, 32, 32], got [8, 1, 28, 28]
model.forward(grey);
// 23 The sizes of a sum.
// @ts-expect-error add: [8, 3, 32, 32] and [8, 1, 28, 28] do not broadcast
add(images, grey);
// 24 The same as a method.
// @ts-expect-error mul: …
images.mul(zeros([4, 1, 1] as const));
// 25 What cat joins must agree elsewhere.
// @ts-expect-error cat: …
cat([images, grey], 1);
// 26 A weight for other channels.
// @ts-expect-error conv2d: expects 4 input channels, got 3
conv2d(images, zeros([8, 4, 3, 3] as const));
// 27 A weight the wrong way round.
// @ts-expect-error linear: expects 10 input features, got 3072
linear(flatten(images, 1), zeros([3072, 10] as const));
// 28 A window larger than the maps, as a function.
// @ts-expect-error maxPool2d: the window covers 64 × 64
maxPool2d(images, 64);
// 29 The output is taken for another.
// @ts-expect-error ten classes are not a hundred
const hundred: Tensor<[8, 100]> = model.forward(images);
// 30 A misspelt option.
// @ts-expect-error there is no option of this name
new nn.Conv2d(3, 8, 3, { stride: 2, paddding: 1 });
// 31 Inside a Sequential in a sequence.
sequential(
  [3, 8, 8],
  [
    new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.ReLU()),
    new nn.Sequential(new nn.Flatten()),
    // @ts-expect-error linear: expects 512 input features, got 288
    new nn.Sequential(new nn.Linear(512, 10)),
  ],
);
// 32 A decoder whose channels do not come back.
sequential(
  [4, 8, 8],
  [
    new nn.ConvTranspose2d(4, 2, 2, { stride: 2 }),
    // @ts-expect-error conv2d: expects 4 input channels, got 2 in [N, 2, 16, 16]
    new nn.Conv2d(4, 4, 3),
  ],
);
// 33 PixelShuffle of channels that 4 does not divide.
sequential(
  [6, 8, 8],
  [
    // @ts-expect-error pixelShuffle: 2² = 4 must divide 6 channels
    new nn.PixelShuffle(2),
  ],
);
// 34 Rows and columns exchanged once too often.
// @ts-expect-error linear: expects 3072 input features, got 8
new nn.Linear(3072, 10).forward(images.flatten(1).t());
// 35 An axis that the tensor does not have.
// @ts-expect-error reduction: there is no axis 4 in [8, 3, 32, 32]
images.mean([2, 4]);
// 36 The mean over height and width leaves no maps.
const pooled = images.mean([2, 3]);
// @ts-expect-error conv2d: expects [batch, channels, height, width], got [8, 3]
c.forward(pooled);
// 37 A batch axis put behind instead of in front.
const behind = zeros([3, 32, 32] as const).unsqueeze(-1);
// @ts-expect-error conv2d: expects 3 input channels, got 32
c.forward(behind.permute([2, 1, 0, 3]));
// 38 A reshape that loses elements.
// @ts-expect-error reshape: [8, 3, 32, 32] has 24576 elements, [8, 1024] 8192
images.reshape([8, 1024]);
// 39 Attention's product without its transpose.
const queries = zeros([8, 16, 64] as const);
// @ts-expect-error matmul: [8, 16, 64] has 64 columns, [8, 16, 64] 16 rows
queries.matmul(queries);
// 40 The same in letters.
// @ts-expect-error einsum: axis "d" is 64 here and 16 there
einsum("bqd,bdk->bqk", queries, queries);
// 41 Pictures of other sizes in one batch.
// @ts-expect-error stack: …
stack([zeros([3, 32, 32] as const), zeros([3, 28, 28] as const)]);
// 42 A misfit between layers that have names.
new nn.Sequential(
  ["conv", c],
  ["norm", new nn.BatchNorm2d(16)],
  // @ts-expect-error batchNorm2d: expects 32 channels, got 16
  ["bad", new nn.BatchNorm2d(32)],
);
// 43 A layer appended that does not fit.
const grown = sequential([3, 32, 32], [["conv", c]])
  .append(new nn.Flatten())
  .append(new nn.Linear(16384, 10));
// @ts-expect-error linear: expects 100 input features, got 10
grown.append(new nn.Linear(100, 10));
// 44 Five best of three classes.
// @ts-expect-error topk: k must be a whole number from 0 to 3, got 5
zeros([8, 3] as const).topk(5);
void hundred;
