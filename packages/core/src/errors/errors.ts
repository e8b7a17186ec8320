/** @file Every error of ours: a `code` for programs, the facts as fields, a message for people. */

/**
 * What all our errors share: the operation that refused, a stable `code`, and where in the model it happened. The
 * message says all of it, with both numbers that do not fit and what to do.
 *
 * @example
 * const net = new nn.Sequential(new nn.Flatten(), new nn.Linear(784, 10));
 * let facts: readonly string[] = [];
 * try {
 *   net.forward(zeros([1, 1, 20, 20]));
 * } catch (error) {
 *   if (error instanceof DrishtiError) facts = [error.where, error.code, ...error.path];
 * }
 * facts; // ["linear", "features", "1"]
 */
export class DrishtiError extends Error {
  /** Stable, kebab-case; for programs. */
  readonly code: string;
  /** The operation, layer or command that refused. */
  readonly where: string;
  /** Names of the modules the error rose through, outermost first: `features.3`. */
  readonly path: string[] = [];
  readonly #text: string;

  constructor(where: string, code: string, text: string, options?: ErrorOptions) {
    super(`${where}: ${text}`, options);
    this.name = new.target.name;
    this.where = where;
    this.code = code;
    this.#text = `${where}: ${text}`;
  }

  /** Called by each module on the way up, so ops know nothing of modules. */
  enter(name: string): void {
    this.path.unshift(name);
    this.message = `${this.#text}\n  in: ${this.path.join(".")}`;
  }
}

/** One tensor of a failed call: `input [1, 8, 64, 64] (N, C, H, W)`. */
export interface OperandFact {
  /** As the operation calls it: "input", "weight". */
  readonly name: string;
  readonly shape: readonly number[];
  /** Axis names, for example `N, C, H, W`. */
  readonly axes?: string;
}

/**
 * Shapes that do not fit together; carries the shapes, which its message lists, and a hint where there is one.
 *
 * @example
 * const error = new ShapeError("twice", "rank", "wants 4 axes, got 2.", [{ name: "input", shape: [2, 3] }]);
 * error.message; // "twice: wants 4 axes, got 2.\n  input  [2, 3]"
 */
export class ShapeError extends DrishtiError {
  /** The tensors of the call, as far as they matter. */
  readonly operands: readonly OperandFact[];
  /** What to try. */
  readonly hint: string | undefined;

  constructor(where: string, code: string, text: string, operands: readonly OperandFact[] = [], hint?: string) {
    const width = Math.max(0, ...operands.map((o) => o.name.length));
    const lines = operands.map(
      (o) => `\n  ${o.name.padEnd(width)}  [${o.shape.join(", ")}]${o.axes ? `  (${o.axes})` : ""}`,
    );
    super(where, code, text + lines.join("") + (hint ? `\n  hint: ${hint}` : ""));
    this.operands = operands;
    this.hint = hint;
  }
}

/**
 * A tensor of the wrong element type, or a dtype that does not exist.
 *
 * @example
 * let code = "";
 * try {
 *   tensor([1, 2], { dtype: "int32", requiresGrad: true });
 * } catch (error) {
 *   if (error instanceof DTypeError) code = error.code;
 * }
 * code; // "dtype"
 */
export class DTypeError extends DrishtiError {}

/**
 * An argument outside its range: a negative stride, a probability above 1. `code` is mostly the argument's name.
 *
 * @example
 * let code = "";
 * try {
 *   new nn.Dropout(1.5);
 * } catch (error) {
 *   if (error instanceof ArgumentError) code = error.code;
 * }
 * code; // "p"
 */
export class ArgumentError extends DrishtiError {}

/**
 * An index outside its axis, a target outside the classes.
 *
 * @example
 * let code = "";
 * try {
 *   crossEntropy(zeros([1, 3]), tensor([7], { dtype: "int32" }));
 * } catch (error) {
 *   if (error instanceof TargetError) code = error.code;
 * }
 * code; // "target-range"
 */
export class TargetError extends DrishtiError {}

/**
 * A backend that cannot do what was asked: not there, no such kernel, out of memory, operands on different devices.
 *
 * @example
 * let code = "";
 * try {
 *   zeros([2], { device: "reference" }).add(zeros([2], { device: "wasm" }));
 * } catch (error) {
 *   if (error instanceof BackendError) code = error.code;
 * }
 * code; // "device"
 */
export class BackendError extends DrishtiError {}

/**
 * Gradients that cannot be had: no graph, freed graph, a saved value changed in place.
 *
 * @example
 * let code = "";
 * try {
 *   zeros([1]).backward();
 * } catch (error) {
 *   if (error instanceof AutogradError) code = error.code;
 * }
 * code; // "no-grad"
 */
export class AutogradError extends DrishtiError {}

/**
 * A file or data set that is not what it should be; `file` says which.
 *
 * @example
 * let code = "";
 * try {
 *   readSafetensors(new Uint8Array(4), { file: "net.safetensors" });
 * } catch (error) {
 *   if (error instanceof DataError) code = error.code;
 * }
 * code; // "short"
 */
export class DataError extends DrishtiError {
  /** The file (or other source) that is wrong. */
  readonly file: string | undefined;
  constructor(where: string, code: string, text: string, file?: string, options?: ErrorOptions) {
    super(where, code, text, options);
    this.file = file;
  }
}
