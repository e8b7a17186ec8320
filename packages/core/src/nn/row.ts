/**
 * @file Layers one after another, each temporary handed back as soon as the next layer has used it: a Sequential, and modules that
 * are more than one.
 */
import { release, type Tensor } from "../autograd/tensor.ts";
import type { Layer } from "./container.ts";
import { keepsNothing, poolsFirst, ranAsOne } from "./plain-layers.ts";

/** A tensor on its way through a module; `mine` when only this module can reach it. @internal */
export interface Passing {
  readonly tensor: Tensor;
  readonly mine: boolean;
}

/** What a module was given. @internal */
export const given = (tensor: Tensor): Passing => ({ tensor, mine: false });

/** layerₙ(… layer₁(x)). @internal */
export function inRow(from: Passing, ...row: Layer[]): Passing {
  let { tensor: x, mine } = from;
  for (let i = 0; i < row.length; i++) {
    if (mine && poolsFirst(row[i]!, row[i + 1])) [row[i], row[i + 1]] = [row[i + 1]!, row[i]!];
    const layer = row[i]!;
    const joined = ranAsOne(row, i, x);
    const y = joined?.output ?? layer.forward(x);
    if (joined) i += joined.count - 1;
    const plain = keepsNothing(layer);
    if (y === x) {
      mine &&= plain;
      continue;
    }
    if (mine && plain) release(x);
    mine = plain;
    x = y;
  }
  return { tensor: x, mine };
}

/** What an operation that keeps nothing makes of all of them. @internal */
export function meeting(op: (...tensors: Tensor[]) => Tensor, ...parts: Passing[]): Passing {
  const tensor = op(...parts.map((part) => part.tensor));
  for (const part of parts) if (part.mine) release(part.tensor);
  return { tensor, mine: true };
}
