/** @file Hooks that see the gradients of a module's output and inputs. */
import { zeros } from "../autograd/create.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { GraphNode, nodeOf } from "../autograd/graph.ts";
import { Tensor } from "../autograd/tensor.ts";
import { ArgumentError } from "../errors/errors.ts";

type Gradients = readonly (Tensor | null)[];

/** Called once, when the gradients of all inputs are there. */
export type Listener = (gradInput: Gradients, gradOutput: Gradients) => Gradients | undefined;

/** The same memory as part of the graph, under another node. */
function under(t: Tensor, node: GraphNode): Tensor {
  const copy = t.alias();
  copy.gradFn = node;
  return copy;
}

/** A gradient that outlives its way through the graph. */
const kept = (g: Tensor): Tensor => (isGradEnabled() ? g : g.alias());

/**
 * The gate through which one call of a module goes: its inputs and its output pass nodes that stop at nothing but take
 * note of the gradients on their way back.
 */
export class Gate {
  readonly #listen: Listener;
  readonly #where: string;
  readonly #gradInput: (Tensor | null)[] = [];
  #gradOutput: Tensor | null = null;
  /** Where the inputs' gradients meet before any goes further; null when no input wants one. */
  #meeting: GraphNode | null = null;

  constructor(where: string, listen: Listener) {
    this.#where = where;
    this.#listen = listen;
  }

  enter(inputs: readonly unknown[]): unknown[] {
    const nodes = inputs.map((input) => (input instanceof Tensor ? nodeOf(input) : null));
    this.#gradInput.push(...inputs.map(() => null));
    if (!nodes.some((node) => node)) return [...inputs];
    // Older than the nodes below, so it runs after all of them.
    const meeting = new GraphNode({
      name: "fullBackwardHook",
      inputs: nodes,
      backward: () => this.#fire().map((g) => g && kept(g)),
      differentiable: true,
    });
    this.#meeting = meeting;
    return inputs.map((input, i) => {
      if (!nodes[i]) return input;
      const backward = (g: Tensor) => {
        this.#gradInput[i] = kept(g);
        return [zeros([], { device: g.backend })]; // only to be waited for
      };
      return under(
        input as Tensor,
        new GraphNode({ name: "fullBackwardHook", inputs: [meeting], backward, differentiable: true }),
      );
    });
  }

  leave(output: unknown): unknown {
    if (!(output instanceof Tensor))
      throw new ArgumentError(
        this.#where,
        "hook-output",
        "full backward hooks want a module whose output is one tensor.",
      );
    const node = nodeOf(output);
    if (!node) return output;
    const backward = (g: Tensor) => {
      this.#gradOutput = kept(g);
      if (!this.#meeting) this.#fire();
      return [g];
    };
    return under(output, new GraphNode({ name: "fullBackwardHook", inputs: [node], backward, differentiable: true }));
  }

  #fire(): Gradients {
    const given = [...this.#gradInput];
    const changed = this.#listen(given, [this.#gradOutput]);
    this.#gradInput.fill(null);
    this.#gradOutput = null;
    return changed ?? given;
  }
}
