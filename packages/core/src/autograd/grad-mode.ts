/** @file Whether operations are recorded for backward(). */

const mode = { enabled: true, inference: false, recomputing: false };

/**
 * Whether operations are recorded for backward(): true, but inside noGrad() and inferenceMode().
 *
 * Source   torch.is_grad_enabled.
 *
 * @example
 * noGrad(() => isGradEnabled()); // false
 */
export function isGradEnabled(): boolean {
  return mode.enabled && !mode.inference;
}

/** Runs `body` with one flag set; an async body keeps it until its promise settles. */
function withMode<T>(flag: keyof typeof mode, value: boolean, body: () => T): T {
  const before = mode[flag];
  const restore = () => {
    mode[flag] = before;
  };
  mode[flag] = value;
  let result: T;
  try {
    result = body();
  } catch (error) {
    restore();
    throw error;
  }
  if (result instanceof Promise) return result.finally(restore) as T;
  restore();
  return result;
}

/**
 * Runs `body` without recording: results do not require gradients and nothing is saved for backward.
 * An async body keeps the mode until its promise settles.
 *
 * Source   torch.no_grad.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2)).requiresGrad; // false
 */
export function noGrad<T>(body: () => T): T {
  return withMode("enabled", false, body);
}

/**
 * Runs `body` with recording on again, inside a noGrad(). Inside inferenceMode() it stays off.
 *
 * Source   torch.enable_grad.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => enableGrad(() => w.mul(2))).requiresGrad; // true
 */
export function enableGrad<T>(body: () => T): T {
  return withMode("enabled", true, body);
}

/**
 * noGrad that nothing inside can undo: enableGrad() in it records nothing either. Unlike torch's, tensors made inside
 * are ordinary ones and may be used for training later.
 *
 * Source   torch.inference_mode.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * inferenceMode(() => enableGrad(() => w.mul(2))).requiresGrad; // false
 */
export function inferenceMode<T>(body: () => T): T {
  return withMode("inference", true, body);
}

/** Whether a checkpoint is computing its values a second time: what counts calls must not count this one. @internal */
export function isRecomputing(): boolean {
  return mode.recomputing;
}

/** @internal */
export function recomputing<T>(body: () => T): T {
  return withMode("recomputing", true, body);
}
