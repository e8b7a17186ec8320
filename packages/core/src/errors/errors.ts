/** @file Every error of ours: a `code` for programs, the facts as fields, a message for people. */

/** What was wrong, by name: `{ groups: 2, inChannels: 3 }`. All of it stands in the message too. */
export type Facts = Readonly<Record<string, unknown>>;

/** A message and the facts it names, from one source, so that they cannot differ. */
export interface Said {
  readonly text: string;
  readonly facts: Facts;
}

const shown = (value: unknown): string => (Array.isArray(value) ? `[${value.join(", ")}]` : String(value));

/**
 * A message whose objects are facts; anything else in it is plain text.
 *
 * @example
 * const [groups, channels] = [2, 3];
 * const said = say`groups ${{ groups }} must divide the ${{ channels }} channels`;
 * said.text; // "groups 2 must divide the 3 channels"
 * said.facts; // { groups: 2, channels: 3 }
 */
export function say(words: TemplateStringsArray, ...values: readonly (Facts | string | number)[]): Said {
  const facts: Record<string, unknown> = {};
  let text = words[0]!;
  values.forEach((value, i) => {
    if (typeof value === "object") Object.assign(facts, value);
    text += (typeof value === "object" ? Object.values(value).map(shown).join(", ") : value) + words[i + 1]!;
  });
  return { text, facts };
}

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
  /** What was wrong, by name; a shape under its operand's name. */
  readonly facts: Facts;
  /** Names of the modules the error rose through, outermost first: `features.3`. */
  readonly path: string[] = [];
  readonly #text: string;

  constructor(where: string, code: string, said: string | Said, options?: ErrorOptions) {
    const { text, facts } = typeof said === "string" ? { text: said, facts: {} } : said;
    super(`${where}: ${text}`, options);
    this.name = new.target.name;
    this.where = where;
    this.code = code;
    this.facts = facts;
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

  constructor(where: string, code: string, said: string | Said, operands: readonly OperandFact[] = [], hint?: string) {
    const { text, facts } = typeof said === "string" ? { text: said, facts: {} } : said;
    const width = Math.max(0, ...operands.map((o) => o.name.length));
    const lines = operands.map(
      (o) => `\n  ${o.name.padEnd(width)}  [${o.shape.join(", ")}]${o.axes ? `  (${o.axes})` : ""}`,
    );
    const shapes = Object.fromEntries(operands.map(({ name, shape }) => [name, shape]));
    super(where, code, {
      text: text + lines.join("") + (hint ? `\n  hint: ${hint}` : ""),
      facts: { ...facts, ...shapes },
    });
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
  constructor(where: string, code: string, said: string | Said, file?: string, options?: ErrorOptions) {
    super(where, code, said, options);
    this.file = file;
  }
}
