/** @file Every error of ours: a `code` for programs, the facts as fields, a message for people. */

/** What all our errors share: the operation that refused, a stable `code`, and where in the model it happened. */
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
  readonly name: string;
  readonly shape: readonly number[];
  /** Axis names, for example `N, C, H, W`. */
  readonly axes?: string;
}

/** Shapes that do not fit together; carries both shapes and a hint. */
export class ShapeError extends DrishtiError {
  readonly operands: readonly OperandFact[];
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

/** A tensor of the wrong element type. */
export class DTypeError extends DrishtiError {}

/** An argument outside its range: a negative stride, a probability above 1. */
export class ArgumentError extends DrishtiError {}

/** An index outside its axis, a target outside the classes. */
export class TargetError extends DrishtiError {}

/** A backend that cannot do what was asked: not there, no such kernel, out of memory. */
export class BackendError extends DrishtiError {}

/** Gradients that cannot be had: no graph, freed graph, a saved value changed in place. */
export class AutogradError extends DrishtiError {}

/** A file or data set that is not what it should be. */
export class DataError extends DrishtiError {
  /** The file (or other source) that is wrong. */
  readonly file: string | undefined;
  constructor(where: string, code: string, text: string, file?: string, options?: ErrorOptions) {
    super(where, code, text, options);
    this.file = file;
  }
}
