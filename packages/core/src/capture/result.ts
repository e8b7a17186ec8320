/** @file Results of a captured function: how they are taken apart once and put together in every replay. */
import type { Storage } from "../autograd/storage.ts";
import { Tensor } from "../autograd/tensor.ts";
import { type Memory, NotCapturable, type Template } from "./recording.ts";

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** @throws NotCapturable for what cannot be made again. */
export function templateOf(
  value: unknown,
  args: readonly unknown[],
  memoryOf: (storage: Storage) => Memory,
): { template: Template; memories: Memory[] } {
  const memories: Memory[] = [];
  const visit = (part: unknown): Template => {
    if (part instanceof Tensor) {
      const index = args.indexOf(part);
      if (index >= 0) return { kind: "argument", index };
      if (part.gradFn && !part.gradFn.freed)
        throw new NotCapturable(
          "it returns a tensor that backward() has yet to pass through; call backward() inside, return it detached, or use noGrad",
        );
      const memory = memoryOf(part.storage);
      memories.push(memory);
      return { kind: "tensor", tensor: part, memory };
    }
    if (Array.isArray(part)) return { kind: "list", items: part.map(visit) };
    if (typeof part === "object" && part !== null) {
      if (!isPlain(part)) throw new NotCapturable(`it returns a ${part.constructor.name}; return tensors and numbers`);
      return { kind: "object", entries: Object.entries(part).map(([key, entry]) => [key, visit(entry)] as const) };
    }
    if (typeof part === "function") throw new NotCapturable("it returns a function; return tensors and numbers");
    return { kind: "constant", value: part };
  };
  return { template: visit(value), memories };
}

/** Puts a result together: `storageOf` gives the memory that stands for a recorded one in this call. */
export function resultOf(
  template: Template,
  args: readonly unknown[],
  storageOf: (memory: Memory) => { storage: Storage; base: number } | undefined,
): unknown {
  switch (template.kind) {
    case "constant":
      return template.value;
    case "argument":
      return args[template.index];
    case "list":
      return template.items.map((item) => resultOf(item, args, storageOf));
    case "object":
      return Object.fromEntries(template.entries.map(([key, entry]) => [key, resultOf(entry, args, storageOf)]));
    case "tensor": {
      const { tensor, memory } = template;
      const found = storageOf(memory);
      if (!found) return tensor;
      const { dtype, shape, strides, offset } = tensor;
      return new Tensor(found.storage, dtype, shape, strides, offset + found.base);
    }
  }
}
