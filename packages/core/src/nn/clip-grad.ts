import { full } from "../autograd/create.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { Tensor } from "../autograd/tensor.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, BackendError, say } from "../errors/errors.ts";
import { copy_, mul_ } from "../ops/in-place.ts";
import { stack } from "../ops/join.ts";
import type { Parameter } from "./parameter.ts";

function gradients(parameters: Iterable<Parameter> | Parameter): Tensor[] {
  return (parameters instanceof Tensor ? [parameters] : [...parameters]).flatMap(
    (parameter) => parameter.peekGrad() ?? [],
  );
}

function norm(t: Tensor, type: number): Tensor {
  if (type === Infinity) return t.abs().amax();
  if (type === -Infinity) return t.abs().amin();
  if (type === 2) return t.mul(t).sum().sqrt();
  return t
    .abs()
    .pow(type)
    .sum()
    .pow(1 / type);
}

function checkFinite(total: Tensor, normType: number): void {
  const { backend } = total;
  if (!backend.readSync)
    throw new BackendError(
      "clipGradNorm_",
      "read",
      `${backend.name} cannot be read at once, as errorIfNonfinite wants; look at the norm returned instead.`,
    );
  const [value = 0] = backend.readSync(total.memory, 1);
  if (!Number.isFinite(value))
    throw new ArgumentError(
      "clipGradNorm_",
      "non-finite",
      say`the norm of order ${{ normType }} over all gradients is ${{ value }}, so they cannot be clipped. Lower the learning rate, or leave errorIfNonfinite out.`,
    );
}

/**
 * Scales all gradients together so that their common norm is at most `maxNorm`; returns the norm before.
 * Nothing is read: the scale min(1, maxNorm/(norm + 1e-6)) is computed on the device.
 *
 * Options  normType (default 2; Infinity: the largest magnitude); errorIfNonfinite (default false), which reads the norm.
 * Throws   ArgumentError "maxNorm" for a negative one; with errorIfNonfinite, before any gradient is touched,
 *          "non-finite", and BackendError "read" on a device that cannot be read at once.
 * Source   Pascanu et al. 2013; torch.nn.utils.clip_grad_norm_.
 *
 * @example
 * const w = new nn.Parameter(zeros([2]));
 * w.grad = tensor([3, 4]);
 * await nn.utils.clipGradNorm_([w], 1).item(); // 5
 * await w.grad.tolist(); // [0.6, 0.8]
 */
export function clipGradNorm_(
  parameters: Iterable<Parameter> | Parameter,
  maxNorm: number,
  options: { normType?: number; errorIfNonfinite?: boolean } = {},
): Tensor {
  checkKnown("clipGradNorm_", options, { normType: 0, errorIfNonfinite: 0 });
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(maxNorm >= 0))
    throw new ArgumentError("clipGradNorm_", "maxNorm", say`maxNorm must be ≥ 0, got ${{ maxNorm }}.`);
  return noGrad(() => {
    const grads = gradients(parameters).filter((grad) => grad.numel > 0);
    if (grads.length === 0) return full([], 0);
    const total = norm(stack(grads.map((grad) => norm(grad, normType))), normType);
    if (errorIfNonfinite) checkFinite(total, normType);
    const factor = full([], maxNorm, { device: total.backend }).div(total.add(1e-6)).clamp(-Infinity, 1);
    for (const grad of grads) mul_(grad, factor);
    return total;
  });
}

/**
 * Limits every value of every gradient to [−clipValue, clipValue].
 *
 * Throws   ArgumentError "clipValue" for a negative one.
 * Source   torch.nn.utils.clip_grad_value_.
 *
 * @example
 * const w = new nn.Parameter(zeros([2]));
 * w.grad = tensor([3, -0.25]);
 * nn.utils.clipGradValue_([w], 1);
 * await w.grad.tolist(); // [1, -0.25]
 */
export function clipGradValue_(parameters: Iterable<Parameter> | Parameter, clipValue: number): void {
  if (!(clipValue >= 0))
    throw new ArgumentError("clipGradValue_", "clipValue", say`clipValue must be ≥ 0, got ${{ clipValue }}.`);
  noGrad(() => {
    for (const grad of gradients(parameters)) copy_(grad, grad.clamp(-clipValue, clipValue));
  });
}
