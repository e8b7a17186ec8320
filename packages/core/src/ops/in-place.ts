/** @file Changes in place: a trailing underscore, as in PyTorch. Each counts up the memory's version. */
import { fill } from "../autograd/create.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { copyStrided, makeContiguous, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { broadcastStrides, sameShape } from "../base/shape.ts";
import { AutogradError, DTypeError, ShapeError, say } from "../errors/errors.ts";
import { add, div, mul, type Operand, sub } from "./binary.ts";
import { to } from "./cast.ts";
import { sumTo } from "./sum.ts";
import { clone } from "./view.ts";

/** Refuses what would make gradients wrong: a leaf that wants one, or a view while its base is being recorded. */
function guard(name: string, target: Tensor, source?: Tensor): void {
  tell(name, { target, source }, null, target);
  if (!isGradEnabled()) return;
  if (target.isLeaf && target.requiresGrad)
    throw new AutogradError(
      name,
      "leaf",
      say`a leaf ${{ shape: target.shape }} that requires a gradient cannot be changed in place while recording; wrap the change in noGrad(() => …).`,
    );
  if (target.isView && (target.requiresGrad || source?.requiresGrad))
    throw new AutogradError(
      name,
      "view",
      "a view cannot be changed in place while gradients are recorded; change a clone().",
    );
}

function store(name: string, target: Tensor, value: Tensor): Tensor {
  if (!sameShape(value.shape, target.shape))
    throw new ShapeError(
      name,
      "in-place-shape",
      say`the result ${{ value: value.shape }} does not fit into ${{ target: target.shape }}.`,
      [{ name: "target", shape: target.shape }],
      "in-place operations cannot broadcast their target.",
    );
  copyStrided(to(value, target.dtype), target);
  target.storage.version++;
  // Inside noGrad the change is not recorded; the history before it stays, as in torch.
  if (isGradEnabled()) target.gradFn = value.gradFn;
  return target;
}

function inPlace(name: string, op: (a: Tensor, b: Operand) => Tensor) {
  return (target: Tensor, other: Operand): Tensor => {
    const source = typeof other === "number" ? undefined : other;
    guard(name, target, source);
    const recorded = isGradEnabled() && (target.requiresGrad || source?.requiresGrad);
    // What the gradient may need of the old value must outlive the change.
    return store(name, target, op(recorded ? clone(target) : target, other));
  };
}

/** target ← target + other. torch.Tensor.add_. */
export const add_ = inPlace("add_", add);
/** target ← target − other. torch.Tensor.sub_. */
export const sub_ = inPlace("sub_", sub);
/** target ← target·other, element by element. torch.Tensor.mul_. */
export const mul_ = inPlace("mul_", mul);
/** target ← target/other. torch.Tensor.div_. */
export const div_ = inPlace("div_", div);

/** Every element `value`; the history ends here. torch.Tensor.fill_. */
export function fill_(target: Tensor, value: number): Tensor {
  guard("fill_", target);
  if (target.isContiguous) fill(target, value);
  else {
    const flat = Tensor.empty(target.backend, target.shape, target.dtype);
    fill(flat, value);
    copyStrided(flat, target);
  }
  target.storage.version++;
  if (isGradEnabled()) target.gradFn = null;
  return target;
}

/** Every element 0; the history ends here. torch.Tensor.zero_. */
export function zero_(target: Tensor): Tensor {
  return fill_(target, 0);
}

/** Copies `source` (broadcast if need be) into the tensor; gradients pass to the source. torch.Tensor.copy_. */
export function copy_(target: Tensor, source: Tensor): Tensor {
  guard("copy_", target, source);
  if (source.backend !== target.backend)
    throw new DTypeError(
      "copy_",
      "device",
      `source is on ${source.device}, target on ${target.device}; read and write() instead.`,
    );
  const fits =
    source.ndim <= target.ndim &&
    source.shape.every((size, i) => size === 1 || size === target.shape[i + target.ndim - source.ndim]);
  if (!fits)
    throw new ShapeError(
      "copy_",
      "in-place-shape",
      say`${{ source: source.shape }} cannot be copied into ${{ target: target.shape }}.`,
      [
        { name: "target", shape: target.shape },
        { name: "source", shape: source.shape },
      ],
    );
  const node = isGradEnabled() ? nodeOf(source) : null;
  const cast = to(source, target.dtype);
  const spread = new Tensor(
    cast.storage,
    cast.dtype,
    target.shape,
    broadcastStrides(cast.shape, cast.strides, target.shape),
    cast.offset,
  );
  copyStrided(spread.storage === target.storage ? makeContiguous(spread) : spread, target);
  target.storage.version++;
  if (isGradEnabled())
    target.gradFn = node
      ? new GraphNode({
          name: "copy_",
          inputs: [node],
          backward: (g) => [sumTo(g, source.shape)],
          differentiable: true,
        })
      : null;
  return target;
}
