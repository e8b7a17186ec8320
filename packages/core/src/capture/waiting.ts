/**
 * @file What a recorded call has put off. Its kernels wait: when the recording serves, a replay stands for the call; when
 * somebody looks at values before that, they are made up for.
 */
import type { Tensor } from "../autograd/tensor.ts";
import { type Backend, type BackendBuffer, KernelRefusal } from "../backends/backend.ts";
import { lifetimes } from "./arena.ts";
import type { Command, Memory, Operand } from "./recording.ts";

export class Waiting {
  /** Host code that ran meanwhile, such as random draws, with what it gave: the replay does not run it again. */
  readonly given = new Map<() => unknown, unknown>();
  /** Host code that waits behind the kernels. */
  readonly held: (() => unknown)[] = [];
  /** Memory between the kernels that was given back before they ran. */
  readonly #freed = new Set<BackendBuffer>();
  /** The same of memory with values in it. */
  readonly #late: BackendBuffer[] = [];
  readonly #gradients = new Map<Tensor, Tensor | null>();

  /** Whether memory that the waiting kernels know may go back now. */
  mayFree({ origin, buffer }: Memory): boolean {
    if (origin === "made") this.#freed.add(buffer);
    else this.#late.push(buffer);
    return origin === "made";
  }

  /** Before a gradient is set. */
  gradient(leaf: Tensor, before: Tensor | null): void {
    if (!this.#gradients.has(leaf)) this.#gradients.set(leaf, before);
  }

  /** Runs the kernels after all; what was given back between them is there again for as long as it is wanted. */
  catchUp(backend: Backend, commands: readonly Command[], args: readonly unknown[]): void {
    const lives = lifetimes(commands, ({ buffer }) => this.#freed.has(buffer));
    const places = new Map<Memory, BackendBuffer>();
    const view = (operand: Operand | null) => {
      if (!operand) return null;
      const { memory, offset } = operand;
      const base = memory.argument < 0 ? 0 : (args[memory.argument] as Tensor).offset;
      return { buffer: places.get(memory) ?? memory.buffer, offset: base + offset };
    };
    for (const [at, { kernel, params, reads, writes, translate }] of commands.entries()) {
      for (const [memory, { first }] of lives)
        if (first === at) places.set(memory, backend.alloc(memory.type, memory.length));
      try {
        backend.run(kernel, params, reads.map(view), writes.map(view));
      } catch (error) {
        throw translate && error instanceof KernelRefusal ? translate(error) : error;
      }
      for (const [memory, { last }] of lives) if (last === at) backend.free(places.get(memory)!);
    }
    this.freeLate(backend);
  }

  freeLate(backend: Backend): void {
    for (const buffer of this.#late.splice(0)) backend.free(buffer);
  }

  /** A call that did not come to its end leaves no gradients that were never computed. */
  restoreGradients(): void {
    for (const [leaf, before] of this.#gradients) leaf.grad = before;
  }
}
