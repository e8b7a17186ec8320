/**
 * @file A list of calls in the form that the compiled backends read: for each call a record of kernel, number of
 * operands, bytes of the record and an empty word; then the operands' addresses; then the parameters. Records begin at
 * multiples of 8 bytes.
 */
import { type KernelName, kernelId, packParams, paramWords } from "../kernels/contract.ts";
import type { BufferView, KernelCall } from "./backend.ts";
import { checkCall } from "./call.ts";

const HEADER = 4;
const MOST_OPERANDS = 32;

interface Encoded {
  readonly call: KernelCall;
  readonly operands: (BufferView | null)[];
  /** First word of the record. */
  readonly at: number;
}

/**
 * Calls of kernels, checked against the contract and written as the words that the compiled backends read: what
 * `Backend.compile` makes its CallList of.
 *
 * Throws   BackendError "params", "operand" or "bounds" when a call, or a buffer bound later, does not fit.
 *
 * @example
 * const view = { buffer: backend.alloc("f32", 4), offset: 0 };
 * const fill = { kernel: "fill_f32", params: { count: 4, value: 1 }, reads: [], writes: [view] } as const;
 * const encoded = new EncodedCalls([fill, fill], 1, () => 4096);
 * encoded.byteOffset(1); // 32
 */
export class EncodedCalls {
  /** The records of all calls, one after the other. */
  readonly words: Int32Array;
  readonly #calls: Encoded[];
  readonly #addressWords: 1 | 2;
  readonly #addressOf: (view: BufferView, kernel: KernelName) => number;
  /** Operands that change, by place; and of the others every buffer once: what must still be there when the list runs. */
  readonly #bound = new Map<number, readonly [BufferView, KernelName]>();
  #fixed: (readonly [BufferView, KernelName])[] | undefined;

  /**
   * @param addressWords 32-bit words of an address.
   * @param addressOf Where a view's first element lies, in bytes.
   */
  constructor(
    calls: readonly KernelCall[],
    addressWords: 1 | 2,
    addressOf: (view: BufferView, kernel: KernelName) => number,
  ) {
    this.#addressWords = addressWords;
    this.#addressOf = addressOf;
    let at = 0;
    this.#calls = calls.map((call) => {
      const operands = [...call.reads, ...call.writes];
      const encoded = { call, operands, at };
      at += HEADER + operands.length * addressWords + paramWords(call.kernel);
      at += at % 2;
      return encoded;
    });
    this.words = new Int32Array(at);
    for (const [i, encoded] of this.#calls.entries()) this.#encode(encoded, this.#calls[i + 1]?.at ?? at);
  }

  /** Where a call's record begins; behind the last one for the number of calls. */
  byteOffset(call: number): number {
    return 4 * (this.#calls[call]?.at ?? this.words.length);
  }

  /** Puts another buffer in an operand's place; operands count reads first, then writes. */
  bind(call: number, operand: number, view: BufferView): void {
    const encoded = this.#calls[call]!;
    const { kernel, params, reads } = encoded.call;
    const operands = encoded.operands.with(operand, view);
    checkCall(kernel, params, operands.slice(0, reads.length), operands.slice(reads.length));
    encoded.operands[operand] = view;
    const place = call * MOST_OPERANDS + operand;
    if (!this.#bound.has(place)) this.#fixed = undefined;
    this.#bound.set(place, [view, kernel]);
    this.#writeAddress(encoded, operand);
  }

  /** Calls `alive` on every buffer of the list; it throws for one that was freed. */
  check(alive: (view: BufferView, kernel: KernelName) => void): void {
    this.#fixed ??= this.#fixedBuffers();
    for (const [view, kernel] of this.#fixed) alive(view, kernel);
    for (const [view, kernel] of this.#bound.values()) alive(view, kernel);
  }

  #fixedBuffers(): (readonly [BufferView, KernelName])[] {
    const found = new Map<unknown, readonly [BufferView, KernelName]>();
    for (const [c, { call, operands }] of this.#calls.entries())
      for (const [i, view] of operands.entries())
        if (view && !found.has(view.buffer) && !this.#bound.has(c * MOST_OPERANDS + i))
          found.set(view.buffer, [view, call.kernel]);
    return [...found.values()];
  }

  #encode(encoded: Encoded, end: number): void {
    const { call, operands, at } = encoded;
    checkCall(call.kernel, call.params, call.reads, call.writes);
    this.words.set([kernelId[call.kernel], operands.length, 4 * (end - at), 0], at);
    for (let i = 0; i < operands.length; i++) this.#writeAddress(encoded, i);
    packParams(call.kernel, call.params, this.words.subarray(at + HEADER + operands.length * this.#addressWords, end));
  }

  #writeAddress({ call, operands, at }: Encoded, operand: number): void {
    const view = operands[operand];
    const address = view ? this.#addressOf(view, call.kernel) : 0;
    const word = at + HEADER + operand * this.#addressWords;
    this.words[word] = address; // modulo 2^32
    if (this.#addressWords === 2) this.words[word + 1] = Math.floor(address / 2 ** 32);
  }
}
