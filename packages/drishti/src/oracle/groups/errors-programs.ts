/** @file The bad calls that errors.json gives in words, as programs: by operation and what is wrong. */
import {
  bernoulli,
  cat,
  data,
  full,
  matmul,
  nn,
  ones,
  optim,
  randint,
  randperm,
  stack,
  type Tensor,
  tensor,
} from "@drishti/core";

type State = Map<string, Tensor>;

function model(): nn.Sequential {
  return new nn.Sequential(new nn.Conv2d(3, 4, 3), new nn.BatchNorm2d(4));
}

function load(edit: (state: State) => void, strict = true): void {
  const net = model();
  const state = net.stateDict();
  edit(state);
  net.loadStateDict(state, { strict });
}

const drop = (state: State) => void state.delete("0.bias");
const extra = (state: State) => void state.set("fc.weight", ones([1]));
const misshape = (state: State) => void state.set("0.weight", ones([4, 3, 5, 5]));

function leaf(): Tensor {
  return ones([3], { requiresGrad: true });
}

export const programs: Readonly<Record<string, () => unknown>> = {
  "load_state_dict: a key is missing": () => load(drop),
  "load_state_dict: an unexpected key": () => load(extra),
  "load_state_dict: a shape differs": () => load(misshape),
  "load_state_dict: several problems at once: all are listed": () =>
    load((state) => {
      drop(state);
      extra(state);
      misshape(state);
    }),
  "load_state_dict: a shape differs, strict=False: still refused": () => load(misshape, false),
  "load_state_dict: missing and extra keys, strict=False: accepted": () =>
    load((state) => {
      drop(state);
      extra(state);
    }, false),

  "backward: of a tensor that is not a scalar": () => leaf().mul(2).backward(),
  "backward: nothing requires a gradient": () => ones([3]).sum().backward(),
  "backward: twice through the same graph": () => {
    const x = leaf();
    const y = x.mul(x).sum();
    y.backward();
    y.backward();
  },
  "autograd: in-place change of a leaf": () => leaf().add_(1),
  "autograd: in-place change of a value needed for backward": () => {
    const y = leaf().sigmoid();
    y.add_(1);
    y.sum().backward();
  },
  "autograd: integers cannot require a gradient": () => tensor(Int32Array.of(1, 2), { requiresGrad: true }),

  "tensor: shapes that do not broadcast": () => ones([2, 3]).add(ones([4])),
  "tensor: reshape to another size": () => ones([2, 3]).reshape([4]),
  "tensor: reshape with two -1": () => ones([2, 3]).reshape([-1, -1]),
  "tensor: matmul of inner sizes that differ": () => matmul(ones([2, 3]), ones([4, 5])),
  "tensor: concatenating sizes that differ": () => cat([ones([2, 3]), ones([2, 4])], 0),
  "tensor: stacking sizes that differ": () => stack([ones([2]), ones([3])]),
  "tensor: item of several elements": () => ones([2]).item(),
  "tensor: index out of range": () => ones([3]).select(0, 5),
  "Sequential: index out of range": () => new nn.Sequential(new nn.ReLU()).at(3),
  "tensor: permute with too few axes": () => ones([2, 3, 4]).permute([0, 1]),
  "tensor: squeeze of an axis out of range": () => ones([2, 3]).squeeze(4),

  "DataLoader: batch_size zero": () => new data.DataLoader(pictures(2, 2), { batchSize: 0 }),
  "random_split: lengths that do not add up": () => data.randomSplit(pictures(10, 10), [3, 3]),
  // The pair of equal lengths that we have is pictures and their labels.
  "TensorDataset: sizes differ": () => pictures(3, 4),

  "randperm: negative n": () => randperm(-1),
  "randint: empty range": () => randint(5, 5, [2]),
  "bernoulli: p out of range": () => bernoulli(full([3], 1.5)),
  "clip_grad_norm_: a norm that is not finite, with error_if_nonfinite": () => {
    const p = new nn.Parameter(ones([1]));
    p.grad = tensor([Number.POSITIVE_INFINITY]);
    optim.clipGradNorm_([p], 1, { errorIfNonfinite: true });
  },
};

function pictures(count: number, labels: number): data.ArrayImageSet {
  return new data.ArrayImageSet(new Uint8Array(count), new Array<number>(labels).fill(0), [1, 1, 1], ["only"]);
}
