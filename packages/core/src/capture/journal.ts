/** @file What a call changed, to undo it: values in memory, gradients, torch's generator. */
import type { Storage } from "../autograd/storage.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { TypedArray } from "../base/dtype.ts";
import { defaultGenerator } from "../base/rng/index.ts";

export class Journal {
  readonly #generator = defaultGenerator.getState();
  readonly #memory = new Map<Storage, TypedArray>();
  readonly #gradients = new Map<Tensor, Tensor | null>();

  /** Before it is first written to. */
  memory(storage: Storage): void {
    const { buffer, backend } = storage;
    if (this.#memory.has(storage) || !backend.readSync) return;
    this.#memory.set(storage, backend.readSync({ buffer, offset: 0 }, buffer.length));
  }

  gradient(leaf: Tensor, before: Tensor | null): void {
    if (!this.#gradients.has(leaf)) this.#gradients.set(leaf, before);
  }

  undo(): void {
    for (const [storage, values] of this.#memory) {
      storage.backend.write({ buffer: storage.buffer, offset: 0 }, values);
      storage.version++; // what is read from it is read again
    }
    for (const [leaf, before] of this.#gradients) leaf.grad = before;
    defaultGenerator.setState(this.#generator);
  }
}
