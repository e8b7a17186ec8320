/** @file Forgetting what a part of the network saved, and computing it again when backward() comes by. */
import { defaultGenerator } from "../base/rng/index.ts";
import { sameShape } from "../base/shape.ts";
import { AutogradError } from "../errors/errors.ts";
import { enableGrad, isGradEnabled, recomputing } from "./grad-mode.ts";
import { type Keeper, keep, type Saved, withKeeper } from "./graph.ts";
import type { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";
import { watch } from "./watch.ts";

/** One checkpointed call: its inputs, the generator's state, and which values were forgotten. */
class Frame {
  readonly #body: () => unknown;
  readonly #given = new Set<Storage>();
  readonly #random = defaultGenerator.getState();
  /** What each forgotten value was, in order. */
  readonly #forgotten: { readonly op: string; readonly key: string; readonly shape: readonly number[] }[] = [];
  /** The values, computed again; null before, and those that have been used. */
  #values: (Saved | null)[] | null = null;

  constructor(body: (...inputs: readonly unknown[]) => unknown, inputs: readonly unknown[]) {
    const kept = inputs.map((input, i) => {
      if (!(input instanceof Tensor)) return () => input;
      this.#given.add(input.storage);
      const saved = keep(input, "checkpoint", `input ${i}`);
      const { requiresGrad } = input;
      return () => {
        const again = saved.take().alias();
        if (requiresGrad) again.requiresGrad = true;
        return again;
      };
    });
    this.#body = () => body(...kept.map((input) => input()));
  }

  /** Parameters stay in memory anyway, so they are kept, and changes to them found. */
  #stays(tensor: Tensor): boolean {
    return tensor.isLeaf && tensor.requiresGrad && !this.#given.has(tensor.storage);
  }

  readonly forget: Keeper = (tensor, op, key) => {
    if (this.#stays(tensor)) return keep(tensor, op, key);
    const at = this.#forgotten.push({ op, key, shape: tensor.shape }) - 1;
    return {
      take: () => this.#value(at).take(),
      drop: () => {
        this.#values?.[at]?.drop();
        if (this.#values) this.#values[at] = null;
      },
    };
  };

  #value(at: number): Saved {
    this.#values ??= this.#compute();
    return this.#values[at]!;
  }

  #compute(): Saved[] {
    const values: Saved[] = [];
    const collect: Keeper = (tensor, op, key) => {
      if (this.#stays(tensor)) return nothing;
      const before = this.#forgotten[values.length];
      if (before?.op !== op || before.key !== key || !sameShape(before.shape, tensor.shape)) throw changed();
      values.push(keep(tensor, op, key));
      return nothing;
    };
    const now = defaultGenerator.getState();
    defaultGenerator.setState(this.#random);
    try {
      recomputing(() => enableGrad(() => withKeeper(collect, this.#body)));
    } finally {
      defaultGenerator.setState(now);
    }
    if (values.length !== this.#forgotten.length) throw changed();
    return values;
  }
}

/** What a node of the second computation keeps: nobody asks it. */
const nothing: Saved = {
  take() {
    throw changed();
  },
  drop() {},
};

function changed(): AutogradError {
  return new AutogradError(
    "checkpoint",
    "changed",
    "the second computation took another way than the first: a checkpointed function must do the same each time.",
  );
}

/**
 * Calls `body(...inputs)` and forgets the values its operations saved for backward(), which computes them a second time
 * when it needs them: memory for time. Gradients are the same bits.
 *
 * Random    the default generator's state is restored for the second computation, so dropout drops the same; other
 *           generators are not. Batch norm moves its running statistics once.
 * Throws    AutogradError "changed" when the second computation takes another way; "modified" when an input was changed
 *           in place in between.
 * Source    Chen et al. 2016, Training Deep Nets with Sublinear Memory Cost; torch.utils.checkpoint (use_reentrant=False).
 *
 * @example
 * const layers = new nn.Sequential(new nn.Linear(8, 8), new nn.Tanh(), new nn.Linear(8, 1));
 * checkpoint((x: Tensor) => layers.forward(x), ones([4, 8])).sum().backward();
 */
export function checkpoint<In extends readonly unknown[], Out>(body: (...inputs: In) => Out, ...inputs: In): Out {
  if (!isGradEnabled()) return body(...inputs);
  watch.current?.refuse("checkpoint() computes twice with one state of the generator");
  const frame = new Frame(body as (...inputs: readonly unknown[]) => unknown, inputs);
  return withKeeper(frame.forget, () => body(...inputs));
}
