/** @file What is not known is not checked, and code that says nothing of shapes compiles as before. */
import {
  add,
  amax,
  argmax,
  argmin,
  conv2d,
  type Device,
  gt,
  lt,
  mean,
  mul,
  nn,
  optim,
  relu,
  type Shape,
  sequential,
  Tensor,
  zeros,
} from "@drishti/core";
import { same } from "./equal.ts";

declare const n: number;
declare const sizes: number[];
declare const channels: 3 | 1;

// Sizes from variables: unknown, no error, and what is known stays known.
const open = sequential(
  [3, n, n],
  [new nn.Conv2d(3, 16, 3), new nn.AdaptiveAvgPool2d(1), new nn.Flatten(), new nn.Linear(16, n)],
);
same<nn.OutputOf<typeof open>, ["N", number]>(true);
sequential([n, 32, 32], [new nn.Conv2d(3, 16, 3)]);
sequential(
  [3, 32, 32],
  [new nn.Conv2d(n, 16, n, { stride: n, padding: n, dilation: n, groups: n }), new nn.BatchNorm2d(16)],
);
sequential([channels, 32, 32], [new nn.Conv2d(channels, 8, 3)]);
const unknown = sequential(sizes, [new nn.Conv2d(3, 16, 3), new nn.Flatten(), new nn.Linear(123, 10)]);
unknown.forward(zeros([1, 2, 3]));

// A list of layers of unknown length.
declare const layers: nn.Layer[];
const list = new nn.Sequential(...layers);
const after = list.forward(zeros([1, 3, 32, 32] as const));
same<typeof after, Tensor<readonly number[]>>(true);
new nn.Sequential(new nn.Conv2d(3, 4, 3), ...layers, new nn.Linear(10, 10));
sequential([3, 32, 32], layers);

// By name, appended, and empty.
const namedOnes = new nn.Sequential(["conv", new nn.Conv2d(3, 4, 3)], new nn.ReLU(), ["flat", new nn.Flatten()]);
const namedOut = namedOnes.forward(zeros([2, 3, 8, 8] as const));
same<typeof namedOut, Tensor<[2, 144]>>(true);
const longer = namedOnes.append(new nn.Linear(144, 10), "fc").forward(zeros([2, 3, 8, 8] as const));
same<typeof longer, Tensor<[2, 10]>>(true);
new nn.Sequential({ features: new nn.Conv2d(3, 4, 3), relu: new nn.ReLU() });
new nn.Sequential();

// Plain tensors stay plain, so a variable may change its shape.
let x = zeros([1, 3, 32, 32]);
same<typeof x, Tensor>(true);
x = new nn.Conv2d(3, 16, 3).forward(x);
x = relu(x).flatten(1);
x = new nn.Linear(14400, 10).forward(x);
x = add(x, 1).reshape([-1]).sum();
for (const layer of list) x = layer.forward(x);

// Generic code over shapes: a tensor of any shape is still a tensor.
function normalised<S extends Shape>(input: Tensor<S>): Tensor<S> {
  const any: Tensor = input;
  any.sum(0).matmul(any);
  return relu(input).clamp(0, 1).neg();
}
same<ReturnType<typeof normalised<[2, 3]>>, Tensor<[2, 3]>>(true);

// Axes, sizes and options from variables: no error, the shape unknown, or known as far as it can be.
declare const axis: number;
declare const keep: boolean;
const grid = zeros([2, 3, 4] as const);
const unknowns: Tensor[] = [
  grid.sum(axis),
  grid.mean(sizes, { keepdim: keep }),
  grid.permute(sizes),
  grid.squeeze(axis),
];
unknowns.push(grid.unsqueeze(axis), grid.reshape(sizes), grid.expand(sizes), grid.index([0, [axis]]), ...grid.split(n));
same<ReturnType<typeof grid.sum<[2, 3, 4], 1, { keepdim: boolean }>>, Tensor<readonly number[]>>(true);
const open3 = grid.narrow(1, 0, n);
same<typeof open3, Tensor<[2, number, 4]>>(true);
const flat = grid.reshape([n, -1]);
same<typeof flat, Tensor<[number, number]>>(true);
void unknowns;

// A typed tensor goes wherever a tensor goes.
const typed = zeros([2, 3] as const);
const plain: Tensor = typed;
x = add(plain, typed);
x = add(typed, plain);
const shape: Shape = typed.shape;
const either: Tensor | number = typed;
typed.add(either);
const tensors: Tensor[] = [typed, plain];

// Layers and models as they are declared in classes.
class Net extends nn.Module {
  readonly conv1: nn.Conv2d;
  readonly act: nn.ReLU | nn.GELU;
  readonly pool: nn.MaxPool2d | nn.Identity;
  readonly norm: nn.BatchNorm2d | nn.GroupNorm | null = null;
  readonly flat: nn.Flatten = new nn.Flatten(0);
  readonly features: nn.Sequential;
  readonly head: nn.Linear;
  net = new nn.Sequential(new nn.Conv2d(3, 32, 3, { padding: 1 }), new nn.ReLU());

  constructor(width: number, options: { groups?: number } = {}) {
    super();
    this.conv1 = new nn.Conv2d(3, width, 7, { stride: 2, padding: 3, ...options });
    this.act = width > 8 ? new nn.ReLU() : new nn.GELU();
    this.pool = width > 8 ? new nn.MaxPool2d(3, { stride: 2, padding: 1 }) : new nn.Identity();
    this.features = new nn.Sequential(this.conv1, this.act, this.pool);
    this.head = new nn.Linear(width, 10);
  }

  forward(input: Tensor): Tensor {
    let y = this.pool.forward(this.act.forward(this.conv1.forward(input)));
    if (this.norm) y = this.norm.forward(y);
    y = this.features.forward(y);
    return this.head.forward(this.flat.forward(this.net.forward(y)));
  }
}
const net: nn.Layer = new Net(16);
const block: nn.Sequential = sequential([3, 8, 8], [new nn.Conv2d(3, 4, 3)]);
new nn.Sequential(net, block).append(new nn.ReLU()).forward(x);
new optim.SGD(net.parameters(), { lr: 0.1 });

// Subclasses that write forward as before.
class Scaled extends nn.Conv2d {
  override forward(input: Tensor): Tensor {
    return super.forward(input).mul(0.5);
  }
}
class Doubled extends nn.Sequential {
  override forward(input: Tensor): Tensor {
    return super.forward(super.forward(input));
  }
}
class Leaky extends nn.ReLU {
  override forward(input: Tensor): Tensor {
    return super.forward(input).add(input.mul(0.1));
  }
}
new nn.Sequential(new Scaled(3, 4, 3), new Doubled(), new Leaky());

// Functions of tensors, options from elsewhere, one of two functions.
const extreme = n > 0 ? argmax : argmin;
extreme(x, 0, { keepdim: true }).sum();
const pooling = n > 0 ? amax : mean;
pooling(x, [2, 3]).add(1);
const compared = n > 0 ? gt : lt;
compared(x, 0).any();
const joined = n > 0 ? add : mul;
joined(x, 2).relu();
const twice = (f: (input: Tensor) => Tensor, input: Tensor): Tensor => f(f(input));
twice(relu, x);
declare const options: nn.Conv2dOptions;
new nn.Conv2d(3, 4, 3, options).forward(x);
conv2d(x, zeros([4, 3, 3, 3]), null, { stride: n });
const maybe: unknown = x;
if (maybe instanceof Tensor) maybe.shape.length;
declare const device: Device;
zeros([1, 2], { device });
void [tensors, shape];
