/** @file Running a list of calls on a backend that has no lists of its own: one by one. */
import { type Backend, type BufferView, type CallList, type KernelCall, KernelRefusal } from "../backends/backend.ts";

class Loop implements CallList {
  readonly #backend: Backend;
  readonly #calls: { call: KernelCall; operands: (BufferView | null)[] }[];

  constructor(backend: Backend, calls: readonly KernelCall[]) {
    this.#backend = backend;
    this.#calls = calls.map((call) => ({ call, operands: [...call.reads, ...call.writes] }));
  }

  run(from = 0, to = this.#calls.length): void {
    for (let i = from; i < to; i++) {
      const { call, operands } = this.#calls[i]!;
      const { kernel, params, reads } = call;
      try {
        this.#backend.run(kernel, params, operands.slice(0, reads.length), operands.slice(reads.length));
      } catch (error) {
        if (error instanceof KernelRefusal) throw new KernelRefusal(error.kernel, error.status, error.facts, i);
        throw error;
      }
    }
  }

  bind(call: number, operand: number, view: BufferView): void {
    this.#calls[call]!.operands[operand] = view;
  }
}

export function compile(backend: Backend, calls: readonly KernelCall[]): CallList {
  return backend.compile?.(calls) ?? new Loop(backend, calls);
}
