import type { Layer } from "@drishti/core/nn";
import type { ArrayState } from "@drishti/core/train";

/** A model's state as plain numbers, from whatever device; whole numbers as int64, as PyTorch has them. */
export async function stateOf(model: Layer): Promise<Map<string, ArrayState>> {
  const state = new Map<string, ArrayState>();
  for (const [key, value] of model.stateDict())
    state.set(key, { shape: value.shape, data: (await value.toArray()) as ArrayState["data"] });
  return state;
}
