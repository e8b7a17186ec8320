/** @file Whether operations are recorded for backward(). */

let enabled = true;

export function isGradEnabled(): boolean {
  return enabled;
}

function withGrad<T>(value: boolean, body: () => T): T {
  const before = enabled;
  enabled = value;
  let result: T;
  try {
    result = body();
  } catch (error) {
    enabled = before;
    throw error;
  }
  if (result instanceof Promise) {
    return result.finally(() => {
      enabled = before;
    }) as T;
  }
  enabled = before;
  return result;
}

/**
 * Runs `body` without recording: results do not require gradients and nothing is saved for backward.
 * An async body keeps the mode until its promise settles. torch.no_grad.
 *
 * @example
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2)).requiresGrad; // false
 */
export function noGrad<T>(body: () => T): T {
  return withGrad(false, body);
}

/** Records again inside a noGrad. torch.enable_grad. */
export function enableGrad<T>(body: () => T): T {
  return withGrad(true, body);
}
