/** @file The tape: one node per recorded operation, walked backwards by backward(). */

import { sameShape } from "../base/shape.ts";
import { AutogradError, ShapeError, say } from "../errors/errors.ts";
import { enableGrad, isGradEnabled, noGrad } from "./grad-mode.ts";
import { copyStrided, makeContiguous, padAxes, release, type Tensor } from "./tensor.ts";
import { watch } from "./watch.ts";

let clock = 0;

/** Every node made from now on has at least this order. @internal */
export function graphClock(): number {
  return clock;
}

/** Gets the gradient of a tensor before it is used; a tensor returned replaces it. */
export type TensorHook = (grad: Tensor) => Tensor | undefined;

/** A value that a gradient formula needs, wherever it is kept. @internal */
export interface Saved {
  take(): Tensor;
  drop(): void;
}

/** Decides how a value is kept for backward(). @internal */
export type Keeper = (tensor: Tensor, op: string, key: string) => Saved;

/** Keeps the value itself; a change in place in between is found when it is taken. @internal */
export const keep: Keeper = (tensor, op, key) => {
  // An alias, so that the caller's own handle may be released without losing the value.
  const alias = tensor.alias();
  const { version } = tensor.storage;
  return {
    take() {
      if (alias.storage.version !== version)
        throw new AutogradError(
          "backward",
          "modified",
          say`${key} ${{ shape: alias.shape }}, which ${{ op }} needs for its gradient, was changed in place: version ${{ version: alias.storage.version }}, saved at ${{ saved: version }}. Change a clone() instead.`,
        );
      return alias;
    },
    drop: () => release(alias),
  };
};

let keeper: Keeper = keep;

/** What is recorded in `body` is kept by another keeper. @internal */
export function withKeeper<T>(other: Keeper, body: () => T): T {
  const before = keeper;
  keeper = other;
  try {
    return body();
  } finally {
    keeper = before;
  }
}

/** What an operation leaves behind for backward(). */
export interface NodeSpec {
  readonly name: string;
  /** Where the gradients go; null for inputs that need none. */
  readonly inputs: readonly (GraphNode | null)[];
  readonly saved?: Readonly<Record<string, Tensor | undefined>>;
  /** Names of `inputs`, for saved values that are inputs; "output" is the result. Only createGraph needs them. */
  readonly names?: readonly string[];
  /** backward() is made of recorded operations alone, so that createGraph can differentiate its result. Default false. */
  readonly differentiable?: boolean;
  /** One gradient per input, in order. */
  backward(gradOutput: Tensor, saved: Record<string, Tensor | undefined>): readonly (Tensor | null | undefined)[];
}

/** One recorded operation. @internal */
export class GraphNode {
  readonly name: string;
  readonly inputs: readonly (GraphNode | null)[];
  readonly order = clock++;
  readonly hooks: TensorHook[] = [];
  readonly #names: readonly string[];
  readonly #differentiable: boolean;
  #saved: Record<string, Saved> | null = {};
  #backward: NodeSpec["backward"] | null;

  constructor(spec: NodeSpec) {
    this.name = spec.name;
    this.inputs = spec.inputs;
    this.#names = spec.names ?? [];
    this.#differentiable = spec.differentiable ?? false;
    this.#backward = spec.backward;
    for (const [key, tensor] of Object.entries(spec.saved ?? {}))
      if (tensor) this.#saved![key] = keeper(tensor, spec.name, key);
  }

  /** Whether a backward() has been here and dropped what was saved. */
  get freed(): boolean {
    return this.#backward === null;
  }

  run(gradOutput: Tensor): readonly (Tensor | null | undefined)[] {
    if (!this.#backward || !this.#saved)
      throw new AutogradError(
        "backward",
        "freed",
        say`the values that ${{ op: this.name }} saved were freed by an earlier backward(); call backward({ retainGraph: true }) the first time.`,
      );
    const saved: Record<string, Tensor | undefined> = {};
    const recording = isGradEnabled();
    for (const [key, value] of Object.entries(this.#saved))
      saved[key] = recording ? this.#withHistory(key, value.take()) : value.take();
    const formula = this.#backward;
    if (!recording || this.#differentiable) return formula(gradOutput, saved);
    const grads = noGrad(() => formula(gradOutput, saved));
    const constant = !gradOutput.requiresGrad && !Object.values(saved).some((t) => t?.requiresGrad);
    return constant ? grads : grads.map((t) => t && this.#endOfGraph(t));
  }

  /** The saved value with where its own gradient goes. */
  #withHistory(key: string, value: Tensor): Tensor {
    const from = key === "output" ? this : this.inputs[this.#names.indexOf(key)];
    if (!from) return value;
    const t = value.alias();
    if (!isAccumulator(from)) t.gradFn = from;
    else {
      t.requiresGrad = true;
      t.accumulator = from;
    }
    return t;
  }

  /** A gradient that cannot be differentiated further: the attempt is an error, not a wrong number. */
  #endOfGraph(value: Tensor): Tensor {
    const t = value.alias();
    t.gradFn = new GraphNode({
      name: `${this.name} backward`,
      inputs: this.inputs,
      backward: () => {
        throw new AutogradError(
          "backward",
          "no-second-derivative",
          `the gradient of ${this.name} cannot be differentiated again: it has no second derivative here.`,
        );
      },
    });
    return t;
  }

  /** Drops what was saved; memory goes back at once where nobody else looks at it. */
  free(): void {
    for (const value of Object.values(this.#saved ?? {})) value.drop();
    this.#saved = null;
    this.#backward = null;
  }
}

/** The node a tensor's gradient flows to: the operation that made it, or its own accumulator. @internal */
export function nodeOf(t: Tensor | undefined): GraphNode | null {
  if (!t?.requiresGrad) return null;
  if (t.gradFn) return t.gradFn;
  if (!t.accumulator) {
    const leaf = new WeakRef(t);
    const node: GraphNode & { leaf?: WeakRef<Tensor> } = new GraphNode({
      name: "accumulateGrad",
      inputs: [],
      backward: () => [],
    });
    node.leaf = leaf;
    t.accumulator = node;
  }
  return t.accumulator;
}

function leafOf(node: GraphNode): Tensor | undefined {
  return (node as GraphNode & { leaf?: WeakRef<Tensor> }).leaf?.deref();
}

function isAccumulator(node: GraphNode): boolean {
  return "leaf" in node;
}

/** a + b into a fresh tensor; part of the graph only while one is being made of the gradients. @internal */
export function addGrads(a: Tensor, b: Tensor): Tensor {
  const out = makeContiguous(a);
  const params = {
    ndim: 8,
    shape: padAxes(out.shape, 1),
    stridesA: padAxes(b.strides, 0),
    stridesB: padAxes(out.strides, 0),
  };
  if (out.numel > 0) out.backend.run("add_strided_f32", params, [b.memory], [out.memory]);
  const inputs = isGradEnabled() ? [nodeOf(a), nodeOf(b)] : [];
  if (inputs.some((node) => node))
    out.gradFn = new GraphNode({ name: "add", inputs, backward: (g) => [g, g], differentiable: true });
  return out;
}

function reachable(roots: readonly GraphNode[]): GraphNode[] {
  const seen = new Set<GraphNode>(roots);
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const next of node.inputs) {
      if (next && !seen.has(next)) {
        seen.add(next);
        stack.push(next);
      }
    }
  }
  // Newest first is a topological order: an operation is always younger than what made its inputs.
  return [...seen].sort((a, b) => b.order - a.order);
}

/** Gradients waiting at a node; `owned` ones are the engine's own and may be recycled. */
interface Pending {
  grad: Tensor;
  owned: boolean;
}

export interface WalkOptions {
  retainGraph: boolean;
  /** Takes a gradient that reached a leaf or a watched node; true: keep it out of leaf accumulation. */
  capture?: ReadonlyMap<GraphNode, (grad: Tensor) => void>;
  /** false: leaves keep their .grad as it is; a set: only those of these nodes change. */
  accumulate: boolean | ReadonlySet<GraphNode>;
  /** Records what computes the gradients, so that they can be differentiated. Default false. */
  createGraph?: boolean;
}

/** Sends gradients from the roots to the leaves. @internal */
export function walk(roots: readonly { node: GraphNode; grad: Tensor }[], options: WalkOptions): void {
  const { accumulate: target, createGraph = false } = options;
  const wanted = (node: GraphNode) => (typeof target === "boolean" ? target : target.has(node));
  (createGraph ? enableGrad : noGrad)(() => {
    const pending = new Map<GraphNode, Pending>();
    for (const { node, grad } of roots) deliver(pending, node, grad, false);
    for (const node of reachable(roots.map((root) => root.node))) {
      const arrived = pending.get(node);
      pending.delete(node);
      if (!arrived) continue;
      let { grad, owned } = arrived;
      if (node.hooks.length > 0) watch.current?.hooked(node);
      for (const hook of node.hooks) {
        owned = false; // the hook may have kept it
        grad = hook(grad) ?? grad;
      }
      const capture = options.capture?.get(node);
      if (capture) {
        capture(grad);
        owned = false;
      }
      if (isAccumulator(node)) {
        if (wanted(node)) accumulate(node, grad, owned);
        continue;
      }
      const grads = node.run(grad);
      const passedOn = new Set<Tensor>();
      // One tensor handed to two inputs must not be recycled by the first: every alias exists before any is delivered.
      const deliveries = node.inputs.flatMap((next, i) => {
        const value = grads[i];
        if (!next || !value) return [];
        const again = passedOn.has(value);
        passedOn.add(value);
        // A graph made of the gradients holds on to all of them.
        const mine = !createGraph && (value === grad && !again ? owned : true);
        return [{ next, value: again && !createGraph ? value.alias() : value, owned: mine }];
      });
      for (const delivery of deliveries) deliver(pending, delivery.next, delivery.value, delivery.owned);
      if (!createGraph) {
        for (const value of grads) if (value && !passedOn.has(value) && value !== grad) release(value);
        if (owned && !passedOn.has(grad)) release(grad);
      }
      if (!options.retainGraph) node.free();
    }
  });
}

function deliver(pending: Map<GraphNode, Pending>, node: GraphNode, grad: Tensor, owned: boolean): void {
  const before = pending.get(node);
  if (!before) {
    pending.set(node, { grad, owned });
    return;
  }
  const sum = addGrads(before.grad, grad);
  if (before.owned) release(before.grad);
  if (owned) release(grad);
  pending.set(node, { grad: sum, owned: true });
}

function accumulate(node: GraphNode, grad: Tensor, owned: boolean): void {
  const leaf = leafOf(node);
  if (!leaf) return;
  if (!sameShape(leaf.shape, grad.shape))
    throw new ShapeError(
      "backward",
      "grad-shape",
      say`a gradient of ${{ grad: grad.shape }} reached a leaf of ${{ leaf: leaf.shape }}.`,
    );
  if (isGradEnabled()) {
    leaf.grad = leaf.grad ? addGrads(leaf.grad, grad) : grad;
    return;
  }
  const sum = leaf.peekGrad();
  if (!sum) {
    // A gradient nobody else holds becomes .grad as it is; otherwise a copy.
    const fresh = owned && grad.isContiguous && grad.storage.handles === 1;
    leaf.ownGrad(fresh ? grad : makeContiguous(grad));
    if (owned && !fresh) release(grad);
    return;
  }
  const params = {
    ndim: 8,
    shape: padAxes(grad.shape, 1),
    stridesA: padAxes(grad.strides, 0),
    stridesB: padAxes(sum.strides, 0),
  };
  if (grad.numel > 0) leaf.backend.run("add_strided_f32", params, [grad.memory], [sum.memory]);
  sum.storage.version++;
  if (owned) release(grad);
}

export { copyStrided };
