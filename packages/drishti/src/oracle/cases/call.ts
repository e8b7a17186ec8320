/** @file One call of a layer, a loss or a function: outputs, gradients, buffers afterwards. */
import type { Tensor } from "@drishti/core";
import { difference } from "../compare.ts";
import { callFunction, type Outputs } from "../functions.ts";
import { makeLayer, makeLoss } from "../modules.ts";
import type { Case, Store } from "../store.ts";
import { refuseWindowsInPadding } from "../torch-limits.ts";

export interface CallCase extends Case {
  readonly buffers?: readonly string[];
  readonly mode?: "eval";
  readonly upstream?: Readonly<Record<string, string>>;
  readonly grads?: Readonly<Record<string, string>>;
  readonly state_after?: Readonly<Record<string, string>>;
  readonly exact?: boolean;
  readonly flags?: readonly string[];
}

interface Called {
  readonly outputs: Outputs;
  /** Where the gradients arrive, by name. */
  readonly leaves: Readonly<Record<string, Tensor | undefined>>;
  readonly buffers: Readonly<Record<string, Tensor | undefined>>;
}

function inputs(item: CallCase, store: Store): Record<string, Tensor> {
  const entries = Object.entries(item.tensors);
  return Object.fromEntries(
    entries.map(([role, name]) => [role, store.tensor(name, { requiresGrad: role in (item.grads ?? {}) })]),
  );
}

function callLayer(type: string, item: CallCase, store: Store): Called {
  const { return_indices, ...args } = item.args;
  const layer = makeLayer(type, args).train(item.mode !== "eval");
  const { input: inputName, ...state } = item.tensors;
  layer.loadStateDict(store.state(state));
  const input = store.tensor(inputName!, { requiresGrad: "input" in (item.grads ?? {}) });
  const output = layer.forward(input);
  const tensors = layer.stateDict();
  const of = (names: Iterable<string>) => Object.fromEntries([...names].map((name) => [name, tensors.get(name)]));
  return { outputs: { output }, leaves: { ...of(tensors.keys()), input }, buffers: of(item.buffers ?? []) };
}

/** torch's pooling layers with return_indices=True; ours are functions of their own. */
const withIndices: Readonly<Record<string, string>> = {
  MaxPool2d: "max_pool2d",
  AdaptiveMaxPool2d: "adaptive_max_pool2d",
};

function call(item: CallCase, store: Store): Called {
  const [namespace, name] = item.op.split(".", 2) as [string, string];
  const functionName = namespace === "F" ? name : item.args.return_indices ? withIndices[name] : undefined;
  if (functionName === undefined && !("target" in item.tensors)) return callLayer(name, item, store);
  const tensors = inputs(item, store);
  const { input, target } = tensors;
  const outputs =
    functionName === undefined
      ? { output: makeLoss(name, item.args, tensors).forward(input!, target!) }
      : callFunction(functionName, { ...tensors, input: input! }, item.args);
  return { outputs, leaves: tensors, buffers: tensors };
}

/**
 * Padding a volume around: an element's gradient is the sum of up to eight copies'. torch copies slice by slice and its bits
 * come from that order; ours is axis by axis.
 */
const addsInAnotherOrder = ({ op, args }: CallCase): boolean =>
  op === "F.pad" && args.mode === "circular" && (args.pad as readonly number[]).length > 4;

/** What differs from torch; nothing when the case passes. */
export async function runCall(item: CallCase, store: Store): Promise<string[]> {
  if (/max_?pool2d$/i.test(item.op) && !/adaptive/i.test(item.op))
    refuseWindowsInPadding(item.args, store.raw(item.tensors.input!).shape, store.raw(item.outputs.output!).shape);
  const { outputs, leaves, buffers } = call(item, store);
  const overflows = item.flags?.includes("float32-overflow") ?? false;
  const rule = (key: string) => ({ atol: item.exact ? 0 : (item.tol?.[key]?.atol ?? 0), overflows });
  const found: (string | null)[] = [];
  for (const [key, name] of Object.entries(item.outputs))
    found.push(await difference(key, outputs[key], store.raw(name), rule(`out.${key}`)));

  if (!found.some((fault) => fault !== null) && item.grads) {
    for (const [key, name] of Object.entries(item.upstream ?? {}))
      outputs[key]!.backward({ gradient: store.tensor(name), retainGraph: true });
    for (const [key, name] of Object.entries(item.grads))
      found.push(
        await difference(`gradient of ${key}`, leaves[key]?.grad, store.raw(name), {
          ...rule(`grad.${key}`),
          sum: true,
          reordered: addsInAnotherOrder(item),
        }),
      );
  }
  for (const [key, name] of Object.entries(item.state_after ?? {}))
    found.push(await difference(`${key} afterwards`, buffers[key], store.raw(name), rule(`state.${key}`)));
  return found.filter((fault) => fault !== null);
}

export interface SequenceCase extends Case {
  readonly calls: readonly {
    readonly mode: "train" | "eval";
    readonly input: string;
    readonly output: string;
    readonly state_after?: Readonly<Record<string, string>>;
    readonly atol: Readonly<Record<string, number>>;
  }[];
}

/** Several forward calls of one layer, each with its mode and the buffers after it. */
export async function runSequence(item: SequenceCase, store: Store): Promise<string[]> {
  const layer = makeLayer(item.op.slice("nn.".length), item.args);
  layer.loadStateDict(store.state(item.tensors), { strict: false });
  const found: (string | null)[] = [];
  for (const [i, step] of item.calls.entries()) {
    layer.train(step.mode === "train");
    const output = layer.forward(store.tensor(step.input));
    found.push(await difference(`output ${i}`, output, store.raw(step.output), { atol: step.atol.output ?? 0 }));
    const buffers: ReadonlyMap<string, Tensor> = new Map(layer.namedBuffers());
    for (const [key, name] of Object.entries(step.state_after ?? {}))
      found.push(
        await difference(`${key} after ${i}`, buffers.get(key), store.raw(name), { atol: step.atol[key] ?? 0 }),
      );
  }
  return found.filter((fault) => fault !== null);
}
