/** @file A network with given weights: logits, loss, gradients, buffers, and logits in eval mode. */
import { nn } from "@drishti/core";
import { difference } from "../compare.ts";
import { type LayerSpec, makeNetwork } from "../modules.ts";
import type { Case, Store } from "../store.ts";

export interface NetCase extends Case {
  readonly layers: readonly LayerSpec[];
  readonly state_dict: Readonly<Record<string, string>>;
  readonly grads: Readonly<Record<string, string>>;
  readonly state_after: Readonly<Record<string, string>>;
}

export async function runNet(item: NetCase, store: Store): Promise<string[]> {
  const net = makeNetwork(item.layers);
  const { missing, unexpected } = net.loadStateDict(store.state(item.state_dict), { strict: false });
  // Fixtures leave out the batch counters, which do not matter to a momentum that is a number.
  const lost = missing.filter((key) => !key.endsWith("num_batches_tracked"));
  if (lost.length + unexpected.length > 0)
    return [`keys: missing ${lost.join(", ")}; unexpected ${unexpected.join(", ")}`];

  const input = store.tensor(item.tensors.input!, { requiresGrad: true });
  const logits = net.forward(input);
  const loss = nn.functional.crossEntropy(logits, store.tensor(item.tensors.target!));
  loss.backward();
  const gradients = new Map([...net.namedParameters()].map(([key, parameter]) => [key, parameter.grad]));
  gradients.set("input", input.grad);

  const found: (string | null)[] = [];
  const rule = (key: string) => ({ atol: item.tol?.[key]?.atol ?? 0 });
  for (const [key, name] of Object.entries(item.grads))
    found.push(await difference(`gradient of ${key}`, gradients.get(key), store.raw(name), rule(`grads.${key}`)));
  const buffers = new Map(net.namedBuffers());
  for (const [key, name] of Object.entries(item.state_after))
    found.push(await difference(`${key} afterwards`, buffers.get(key), store.raw(name), rule(`state_after.${key}`)));
  const outputs: Record<string, typeof logits> = {
    logits,
    loss,
    eval_logits: net.eval().forward(store.tensor(item.tensors.input!)),
  };
  for (const [key, name] of Object.entries(item.outputs))
    found.push(await difference(key, outputs[key], store.raw(name), rule(`outputs.${key}`)));
  return found.filter((fault) => fault !== null);
}
