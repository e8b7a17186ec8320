import { type RemoveHook, removable } from "../autograd/backward.ts";
import { type Device, getBackend } from "../autograd/device.ts";
import { isGradEnabled } from "../autograd/grad-mode.ts";
import { Tensor } from "../autograd/tensor.ts";
import { watch } from "../autograd/watch.ts";
import type { ShapeRule } from "../base/typed/rules.ts";
import { ArgumentError, DrishtiError, say } from "../errors/errors.ts";
import { Gate } from "./backward-hook.ts";
import { Parameter } from "./parameter.ts";

/** Sees a module's inputs before forward; an array returned replaces them. */
export type ForwardPreHook = (module: Module, inputs: unknown[]) => unknown[] | undefined;
/** Sees a module's inputs and output; a value returned replaces the output. */
export type ForwardHook = (module: Module, inputs: unknown[], output: unknown) => unknown;
/**
 * Sees the gradients of a module's inputs (null for what wants none) and of its output, once for each backward; an
 * array returned replaces those of the inputs.
 */
export type FullBackwardHook = (
  module: Module,
  gradInput: readonly (Tensor | null)[],
  gradOutput: readonly (Tensor | null)[],
) => readonly (Tensor | null)[] | undefined;

type Forward = (...inputs: unknown[]) => unknown;

/**
 * Base class of everything with parameters. Fields that hold a Parameter or a Module are found by themselves, in the
 * order they were assigned; their names are the keys of stateDict(), exactly PyTorch's.
 *
 * Calling `model.forward(x)` runs the hooks and, when an operation refuses, adds this module's name to the error.
 *
 * Source   torch.nn.Module.
 *
 * @example
 * class Net extends nn.Module {
 *   fc = new nn.Linear(4, 2);
 *   forward(x: Tensor) { return this.fc.forward(x); }
 * }
 * [...new Net().namedParameters()].map(([name]) => name); // ["fc.weight", "fc.bias"]
 */
export abstract class Module {
  /** Whether dropout drops and batch norm uses the batch; set by train() and eval(). */
  training = true;
  /** What the layer does to shapes, for the compiler; no such field exists at run time. See base/typed/rules.ts. */
  declare readonly shapeRule?: ShapeRule;
  readonly #buffers = new Map<string, Tensor | null>();
  readonly #parameters = new Map<string, Parameter | null>();
  readonly #preHooks = new Set<ForwardPreHook>();
  readonly #hooks = new Set<ForwardHook>();
  readonly #backwardHooks = new Set<FullBackwardHook>();
  readonly #wrapped: Forward;

  constructor() {
    const own = this.forward as Forward;
    this.#wrapped = (...inputs) => this.#run(own, inputs);
    // forward is wrapped once per instance, so that hooks and error paths work however it is called.
    Object.defineProperty(this, "forward", {
      value: this.#wrapped,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }

  /** What the module computes; every subclass writes its own. */
  abstract forward(...inputs: never[]): unknown;

  #run(own: Forward, given: unknown[]): unknown {
    if (watch.current) watch.current.module(this, this.hasHooks);
    try {
      let inputs = given;
      for (const hook of this.#preHooks) inputs = hook(this, inputs) ?? inputs;
      const gate = this.#backwardHooks.size > 0 && isGradEnabled() ? this.#gate() : null;
      if (gate) inputs = gate.enter(inputs);
      let output = own.apply(this, inputs);
      for (const hook of this.#hooks) output = hook(this, inputs, output) ?? output;
      return gate ? gate.leave(output) : output;
    } catch (error) {
      if (error instanceof DrishtiError) this.#locate(error);
      throw error;
    }
  }

  #gate(): Gate {
    return new Gate(this.constructor.name, (gradInput, gradOutput) => {
      let grads = gradInput;
      for (const hook of this.#backwardHooks) grads = hook(this, grads, gradOutput) ?? grads;
      return grads;
    });
  }

  /** Prepends the name of the child the error came from. */
  #locate(error: DrishtiError): void {
    const from = located.get(error);
    if (from && from !== this) {
      for (const [name, child] of this.namedChildren()) if (child === from) error.enter(name);
    }
    located.set(error, this);
  }

  /** Whether a hook looks at this module: without one its temporaries are nobody's. @internal */
  get hasHooks(): boolean {
    return this.#hooks.size > 0 || this.#preHooks.size > 0 || this.#backwardHooks.size > 0;
  }

  /** Whether forward is still the class's, and nobody has put another in its place. @internal */
  get runsItsOwn(): boolean {
    return (this.forward as Forward) === this.#wrapped;
  }

  /**
   * Called before every forward with its inputs, which a returned array replaces; remove() ends it.
   *
   * Source   torch.nn.Module.register_forward_pre_hook.
   *
   * @example
   * const layer = new nn.Identity();
   * layer.registerForwardPreHook((_module, [x]) => [(x as Tensor).mul(10)]);
   * await layer.forward(tensor([1, 2])).tolist(); // [10, 20]
   */
  registerForwardPreHook(hook: ForwardPreHook): RemoveHook {
    this.#preHooks.add(hook);
    return removable(() => this.#preHooks.delete(hook));
  }

  /**
   * Called after every forward with its inputs and its output, which a returned value replaces; remove() ends it.
   *
   * Source   torch.nn.Module.register_forward_hook.
   *
   * @example
   * const net = new nn.Sequential(new nn.Conv2d(3, 8, 3), new nn.Flatten());
   * const shapes: unknown[] = [];
   * net.at(0).registerForwardHook((_module, _inputs, output) => void shapes.push((output as Tensor).shape));
   * net.forward(zeros([1, 3, 6, 6]));
   * shapes; // [[1, 8, 4, 4]]
   */
  registerForwardHook(hook: ForwardHook): RemoveHook {
    this.#hooks.add(hook);
    return removable(() => this.#hooks.delete(hook));
  }

  /**
   * Called in backward() when the gradients of this module's inputs are there; without an input that wants one, when
   * its output's is. The output must be one tensor.
   *
   * Source   torch.nn.Module.register_full_backward_hook.
   *
   * @example
   * const [layer, x] = [new nn.Identity(), tensor([1, 2], { requiresGrad: true })];
   * const hook = layer.registerFullBackwardHook((_module, [gradInput]) => [gradInput!.mul(0.5)]);
   * layer.forward(x).sum().backward();
   * await x.grad!.tolist(); // [0.5, 0.5]
   * hook.remove(); // from now on the gradients are left as they are
   */
  registerFullBackwardHook(hook: FullBackwardHook): RemoveHook {
    this.#backwardHooks.add(hook);
    return removable(() => this.#backwardHooks.delete(hook));
  }

  /** Adds a tensor that is state but not learned, such as a running mean, under PyTorch's key. */
  protected registerBuffer(key: string, tensor: Tensor | null): void {
    this.#buffers.set(key, tensor);
  }

  /** A buffer by its key; undefined when there is none. */
  protected buffer(key: string): Tensor | undefined {
    return this.#buffers.get(key) ?? undefined;
  }

  /** Adds a parameter under a key that is no field, for layers that make theirs in a loop. */
  protected registerParameter(key: string, parameter: Parameter | null): void {
    this.#parameters.set(key, parameter);
  }

  /** Direct children with their names. */
  *namedChildren(): Generator<[string, Module]> {
    for (const [name, value] of Object.entries(this)) if (value instanceof Module) yield [name, value];
  }

  /** This module and all below it, with dotted paths; the root's is "". */
  *namedModules(prefix = ""): Generator<[string, Module]> {
    yield [prefix, this];
    for (const [name, child] of this.namedChildren()) yield* child.namedModules(prefix ? `${prefix}.${name}` : name);
  }

  /** This module and all below it. */
  *modules(): Generator<Module> {
    for (const [, module] of this.namedModules()) yield module;
  }

  /** This module's own parameters. */
  *#ownParameters(): Generator<[string, Parameter]> {
    for (const [name, value] of Object.entries(this)) if (value instanceof Parameter) yield [name, value];
    for (const [name, value] of this.#parameters) if (value) yield [name, value];
  }

  /** Every parameter with its dotted path, each once even when shared. */
  *namedParameters(): Generator<[string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [path, module] of this.namedModules()) {
      for (const [name, parameter] of module.#ownParameters()) {
        if (seen.has(parameter)) continue;
        seen.add(parameter);
        yield [path ? `${path}.${name}` : name, parameter];
      }
    }
  }

  /** Every parameter, each once even when shared: what an optimiser takes. */
  *parameters(): Generator<Parameter> {
    for (const [, parameter] of this.namedParameters()) yield parameter;
  }

  /** Every buffer with its dotted path. */
  *namedBuffers(): Generator<[string, Tensor]> {
    for (const [path, module] of this.namedModules())
      for (const [name, tensor] of module.#buffers) if (tensor) yield [path ? `${path}.${name}` : name, tensor];
  }

  /** Parameters and buffers by PyTorch's keys: the tensors themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [path, module] of this.namedModules()) {
      const key = (name: string) => (path ? `${path}.${name}` : name);
      for (const [name, parameter] of module.#ownParameters()) state.set(key(name), parameter);
      for (const [name, tensor] of module.#buffers) if (tensor) state.set(key(name), tensor);
    }
    return state;
  }

  /**
   * Copies values into the parameters and buffers of the same keys. Nothing is changed unless everything fits.
   *
   * Options  strict true: every key on both sides must meet; without it those that differ are only returned.
   * Throws   ArgumentError "state-dict" that lists missing, unexpected and misshapen keys; "device" for a tensor that
   *          lies where it cannot be read at once.
   * Source   torch.nn.Module.load_state_dict.
   *
   * @example
   * const [from, to] = [new nn.Linear(2, 1), new nn.Linear(2, 1)];
   * to.loadStateDict(from.stateDict()); // { "missing": [], "unexpected": [] }
   * to.loadStateDict({ bias: { shape: [1], data: [0.5] } }, { strict: false }).missing; // ["weight"]
   * await to.bias!.tolist(); // [0.5]
   */
  loadStateDict(
    state: ReadonlyMap<string, StateValue> | Record<string, StateValue>,
    options: { /** Every key on both sides must meet. Default true. */ strict?: boolean } = {},
  ): { missing: string[]; unexpected: string[] } {
    const given = state instanceof Map ? state : new Map(Object.entries(state as Record<string, StateValue>));
    const own = this.stateDict();
    const missing = [...own.keys()].filter((key) => !given.has(key));
    const unexpected = [...given.keys()].filter((key) => !own.has(key));
    const shapes = [...own].flatMap(([key, tensor]) => {
      const value = given.get(key);
      return value && value.shape.join() !== tensor.shape.join()
        ? [`${key}: the file has [${value.shape.join(", ")}], the model [${tensor.shape.join(", ")}]`]
        : [];
    });
    const faults = [...shapes];
    if (options.strict ?? true) {
      if (missing.length > 0) faults.push(`missing: ${missing.join(", ")}`);
      if (unexpected.length > 0) faults.push(`unexpected: ${unexpected.join(", ")}`);
    }
    if (faults.length > 0)
      throw new ArgumentError(this.constructor.name, "state-dict", {
        text: `the state does not fit this model:\n  ${faults.join("\n  ")}\n  hint: ${shapes.length > 0 ? "make the model as it was when the state was saved." : "is it another model's state? { strict: false } loads the keys that both have."}`,
        facts: { missing, unexpected, shapes },
      });
    for (const [key, tensor] of own) {
      const value = given.get(key);
      if (value) assign(key, tensor, value);
    }
    return { missing, unexpected };
  }

  /** Training mode for this module and all below. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Evaluation mode: dropout passes everything, batch norm uses its running statistics. */
  eval(): this {
    return this.train(false);
  }

  /**
   * Whether backward() computes gradients of the parameters: freezes (false) or thaws (true, the default).
   *
   * Source   torch.nn.Module.requires_grad_.
   *
   * @example
   * const layer = new nn.Linear(2, 1).requiresGrad_(false);
   * layer.weight.requiresGrad; // false
   */
  requiresGrad_(value = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = value;
    return this;
  }

  /** Forgets every parameter's gradient. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.dropGrad();
  }

  /**
   * Calls `visit` on this module and all below, children first.
   *
   * Source   torch.nn.Module.apply.
   *
   * @example
   * const net = new nn.Sequential(new nn.Linear(4, 2), new nn.ReLU());
   * net.apply((module) => {
   *   if (module instanceof nn.Linear) nn.init.ones_(module.weight);
   * });
   * await net.stateDict().get("0.weight")!.tolist(); // [[1, 1, 1, 1], [1, 1, 1, 1]]
   */
  apply(visit: (module: Module) => void): this {
    for (const [, child] of this.namedChildren()) child.apply(visit);
    visit(this);
    return this;
  }

  /** The module at a dotted path; "" is this one. Throws ArgumentError "no-submodule". */
  getSubmodule(path: string): Module {
    for (const [name, module] of this.namedModules()) if (name === path) return module;
    throw new ArgumentError(
      this.constructor.name,
      "no-submodule",
      say`there is no module "${{ path }}"; there are: ${[...this.namedModules()].map(([name]) => name || "(root)").join(", ")}.`,
    );
  }

  /**
   * Moves every parameter and buffer to another backend, by its name or itself. The parameters become new ones:
   * optimisers made before must be made anew.
   */
  async to(device: Device): Promise<this> {
    const backend = getBackend(device);
    for (const module of this.modules()) {
      for (const [name, parameter] of Object.entries(module))
        if (parameter instanceof Parameter && parameter.backend !== backend)
          (module as unknown as Record<string, Parameter>)[name] = new Parameter(
            await moved(parameter, backend),
            parameter.requiresGrad,
          );
      for (const [name, parameter] of module.#parameters)
        if (parameter)
          module.#parameters.set(name, new Parameter(await moved(parameter, backend), parameter.requiresGrad));
      for (const [name, tensor] of module.#buffers) if (tensor) module.#buffers.set(name, await moved(tensor, backend));
    }
    return this;
  }

  /** What stands in brackets in a summary: the layer's arguments. */
  extraRepr(): string {
    return "";
  }
}

/** A value of a state dict: a tensor on the same backend, or plain numbers with a shape. */
export type StateValue =
  | Tensor
  | { readonly shape: readonly number[]; readonly data: ArrayLike<number> | ArrayLike<bigint> };

const located = new WeakMap<DrishtiError, Module>();

async function moved(tensor: Tensor, backend: Tensor["backend"]): Promise<Tensor> {
  const out = Tensor.empty(backend, tensor.shape, tensor.dtype);
  return out.write(await tensor.readValues());
}

function assign(key: string, target: Tensor, value: StateValue): void {
  if (value instanceof Tensor) {
    const read = value.backend.readSync;
    if (!read)
      throw new ArgumentError(
        "loadStateDict",
        "device",
        `${key} lies on ${value.device}, which cannot be read at once; pass its toArray() values.`,
      );
    target.write(read.call(value.backend, value.isContiguous ? value.memory : value.contiguous().memory, value.numel));
    return;
  }
  const { data } = value;
  const length = target.numel;
  const values =
    target.dtype === "float32"
      ? new Float32Array(length)
      : target.dtype === "int32"
        ? new Int32Array(length)
        : new Uint8Array(length);
  if (data instanceof Float64Array && target.dtype === "float32") target.write(data);
  else {
    for (let i = 0; i < length; i++) values[i] = Number(data[i]);
    target.write(values);
  }
}
