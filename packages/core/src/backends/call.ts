/** @file What the compiled backends check before machine code gets at the memory: a wrong call must throw, not write. */
import { BackendError } from "../errors/errors.ts";
import { contract, type Field, type KernelName, type Operand, type Params, parseOperand } from "../kernels/contract.ts";
import { operandSizes } from "../kernels/reference/operand-sizes.ts";
import type { BufferView } from "./backend.ts";

interface Layout {
  readonly fields: readonly (readonly [name: string, length: number | undefined])[];
  readonly reads: readonly Operand[];
  readonly writes: readonly Operand[];
}

const layouts = new Map<KernelName, Layout>();

function layoutOf(kernel: KernelName): Layout {
  let layout = layouts.get(kernel);
  if (!layout) {
    const { params, reads, writes } = contract[kernel];
    layout = {
      fields: Object.entries<Field>(params).map(([name, field]) => [
        name,
        typeof field === "string" ? undefined : field[1],
      ]),
      reads: reads.map(parseOperand),
      writes: writes.map(parseOperand),
    };
    layouts.set(kernel, layout);
  }
  return layout;
}

function checkOperand(kernel: KernelName, operand: Operand, view: BufferView | null | undefined, size: number): void {
  if (!view) {
    if (operand.optional) return;
    throw new BackendError(kernel, "operand", `operand "${operand.name}" is missing.`);
  }
  const { buffer, offset } = view;
  if (buffer.type !== operand.type)
    throw new BackendError(kernel, "operand", `operand "${operand.name}" wants ${operand.type}, got ${buffer.type}.`);
  if (!Number.isInteger(offset) || offset < 0 || size > buffer.length - offset)
    throw new BackendError(
      kernel,
      "bounds",
      `operand "${operand.name}" wants ${size} elements from ${offset} on, in a buffer of ${buffer.length}.`,
    );
}

function checkOperands(
  kernel: KernelName,
  operands: readonly Operand[],
  views: readonly (BufferView | null)[],
  sizes: readonly number[],
  first: number,
): void {
  if (views.length !== operands.length)
    throw new BackendError(kernel, "operand", `wants ${operands.length} operands, got ${views.length}.`);
  for (let i = 0; i < operands.length; i++) checkOperand(kernel, operands[i]!, views[i], sizes[first + i]!);
}

/**
 * Checks a call against the contract: every parameter there, every operand of its type and large enough. Whose the
 * buffers are is for the backend to say.
 *
 * Throws  BackendError "params", "operand" or "bounds", which names the kernel and the parameter or operand.
 *
 * @example
 * const view = { buffer: backend.alloc("f32", 4), offset: 1 };
 * checkCall("fill_f32", { count: 3, value: 0 }, [], [view]); // count 4 would reach over the end: BackendError "bounds"
 */
export function checkCall<K extends KernelName>(
  kernel: K,
  params: Params<K>,
  reads: readonly (BufferView | null)[],
  writes: readonly (BufferView | null)[],
): void {
  const layout = layoutOf(kernel);
  for (const [name, length] of layout.fields) {
    const value = (params as Record<string, number | readonly number[]>)[name];
    if (length === undefined ? typeof value !== "number" : (value as readonly number[] | undefined)?.length !== length)
      throw new BackendError(kernel, "params", `"${name}" wants ${length ?? "a"} number(s), got ${value}.`);
  }
  const sizes = operandSizes[kernel](params);
  checkOperands(kernel, layout.reads, reads, sizes, 0);
  checkOperands(kernel, layout.writes, writes, sizes, reads.length);
}
