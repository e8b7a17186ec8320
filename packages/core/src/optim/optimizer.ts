import { zerosLike } from "../autograd/create.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import type { Tensor } from "../autograd/tensor.ts";
import { hostSegment, watch } from "../autograd/watch.ts";
import { checkKnown } from "../base/known-options.ts";
import { ArgumentError, say } from "../errors/errors.ts";
import type { Parameter } from "../nn/parameter.ts";

/** What every optimiser's group has. */
export interface GroupOptions {
  /** Learning rate. */
  lr: number;
  /** Set by schedulers: the learning rate they started from. */
  initialLr?: number;
}

/** Parameters and the options that hold for them; options may be changed between steps, as schedules do. */
export type ParamGroup<O extends GroupOptions> = O & { params: Parameter[] };
/** Parameters, or groups of them with options of their own. */
export type Params<O extends GroupOptions> =
  | Iterable<Parameter>
  | readonly (Partial<O> & { params: Iterable<Parameter> })[];

/** Per-parameter state: step counts as numbers, moments as tensors. */
export type ParamState = Record<string, number | Tensor | undefined>;

/** State with values read out: what a checkpoint stores. */
export interface OptimizerState<O extends GroupOptions = GroupOptions> {
  /** By position of the parameter over all groups. */
  state: Record<number, Record<string, number | { shape: readonly number[]; data: Float32Array | Float64Array }>>;
  /** Options of every group, with the positions of its parameters. */
  paramGroups: (O & { params: number[] })[];
}

/**
 * Base of the optimisers: parameter groups, per-parameter state, zeroGrad(). A subclass writes update().
 *
 * Params   parameters, or groups with options of their own; what a group does not say holds for all.
 * Throws   ArgumentError "option" for a name that is none, "params" when they are no list, "empty", "duplicate" for a parameter given twice, "lr" when it
 *          is missing or negative; loadStateDict(): "state-dict" for groups or shapes of another model.
 * Source   torch.optim.Optimizer.
 *
 * @example
 * const [body, head] = [new nn.Linear(8, 8), new nn.Linear(8, 2)];
 * const groups = [{ params: body.parameters(), lr: 0.01 }, { params: head.parameters() }];
 * const optimizer = new optim.SGD(groups, { lr: 0.1 });
 * optimizer.paramGroups.map(({ lr }) => lr); // [0.01, 0.1]
 */
export abstract class Optimizer<O extends GroupOptions = GroupOptions> {
  readonly paramGroups: ParamGroup<O>[] = [];
  /** @internal */
  readonly state = new Map<Parameter, ParamState>();
  readonly #defaults: O;
  readonly #known: object | undefined;

  /** With `options`, which come before the defaults, names that the defaults have not are refused; in groups, too. */
  constructor(params: Params<O>, defaults: O);
  constructor(
    params: Params<O>,
    defaults: Required<Omit<O, keyof GroupOptions>> & Partial<GroupOptions>,
    options: Partial<O>,
  );
  constructor(params: Params<O>, defaults: Partial<O>, options?: Partial<O>) {
    const name = this.constructor.name;
    this.#known = options && { lr: 0, initialLr: 0, ...defaults, params: 0, name: 0 };
    if (options) checkKnown<object>(name, options, this.#known!);
    if (typeof (params as Partial<Iterable<unknown>> | undefined)?.[Symbol.iterator] !== "function")
      throw new ArgumentError(
        name,
        "params",
        say`params must be an iterable of parameters or groups, such as model.parameters(), got ${{ params: String(params) }}.`,
      );
    const given = [...(params as Iterable<Parameter | (Partial<O> & { params: Iterable<Parameter> })>)];
    if (given.length === 0)
      throw new ArgumentError(
        name,
        "empty",
        say`there are ${{ parameters: 0 }} parameters to optimise: give model.parameters().`,
      );
    const groups = given.every((entry) => "params" in entry)
      ? (given as (Partial<O> & { params: Iterable<Parameter> })[])
      : [{ params: given as Parameter[] } as Partial<O> & { params: Parameter[] }];
    this.#defaults = { ...defaults, ...options } as O;
    for (const group of groups) this.addParamGroup(group);
  }

  /**
   * Adds parameters that were not optimised so far, such as layers that were frozen; what the group does not say holds
   * as given to the optimiser. Throws ArgumentError "duplicate" for a parameter that has a group already.
   */
  addParamGroup(group: Partial<O> & { params: Iterable<Parameter> }): void {
    if (this.#known) checkKnown<object>(this.constructor.name, group, this.#known);
    const seen = new Set(this.paramGroups.flatMap(({ params }) => params));
    const own = [...group.params];
    for (const parameter of own) {
      if (seen.has(parameter))
        throw new ArgumentError(
          this.constructor.name,
          "duplicate",
          say`a parameter of ${{ parameter: parameter.shape }} appears twice: give each parameter once, in one group.`,
        );
      seen.add(parameter);
    }
    const merged = { ...this.#defaults, ...group, params: own };
    this.check(merged);
    this.paramGroups.push(merged);
  }

  /** Refuses options out of range. */
  protected check(group: O): void {
    this.atLeastZero("lr", group.lr);
  }

  /** Throws ArgumentError named after the option unless it is a number ≥ 0. */
  protected atLeastZero(name: string, value: number): void {
    if (value === undefined)
      throw new ArgumentError(
        this.constructor.name,
        name,
        say`${name} must be given, as a number ≥ 0, got ${{ [name]: value }}.`,
      );
    if (!(typeof value === "number" && value >= 0))
      throw new ArgumentError(this.constructor.name, name, say`${name} must be ≥ 0, got ${{ [name]: value }}.`);
  }

  /** What is kept of a parameter from step to step; empty at first. */
  protected stateOf(parameter: Parameter): ParamState {
    const state = this.state.get(parameter) ?? {};
    this.state.set(parameter, state);
    return state;
  }

  /** A tensor of the state, made as zeros of the parameter's shape at first use. */
  protected moment(state: ParamState, key: string, parameter: Parameter): Tensor {
    const moment = state[key] ?? zerosLike(parameter);
    state[key] = moment;
    return moment as Tensor;
  }

  /** Changes one parameter by its gradient. */
  protected abstract update(parameter: Parameter, grad: Tensor, group: ParamGroup<O>, state: ParamState): void;

  /** Whether update() may keep what it is given; those that do not let gradients' memory go back at zeroGrad(). @internal */
  protected get keepsGradients(): boolean {
    return true;
  }

  /** One step for every parameter that has a gradient; the others, and their state, stay as they are. */
  step(): void {
    const own = !this.keepsGradients; // somebody else's update() may look at anything
    hostSegment(
      () =>
        noGrad(() => {
          for (const group of this.paramGroups) {
            for (const parameter of group.params) {
              const grad = own ? parameter.peekGrad() : parameter.grad;
              if (!grad) continue;
              this.update(parameter, grad.contiguous(), group, this.stateOf(parameter));
              parameter.storage.version++;
            }
          }
        }),
      own,
    );
  }

  /** Sets every gradient to null, torch's zero_grad(set_to_none=True). Memory is reused. */
  zeroGrad(): void {
    const parameters = this.paramGroups.flatMap((group) => group.params);
    watch.current?.guard("the optimiser's parameters", () => {
      const now = this.paramGroups.flatMap((group) => group.params);
      return now.length === parameters.length && now.every((parameter, i) => parameter === parameters[i]);
    });
    for (const parameter of parameters) parameter.dropGrad();
  }

  /** Everything needed to go on, with values read from the device. */
  async stateDict(): Promise<OptimizerState<O>> {
    const out: OptimizerState<O> = { state: {}, paramGroups: [] };
    let index = 0;
    for (const group of this.paramGroups) {
      const { params, ...options } = group;
      out.paramGroups.push({ ...(options as unknown as O), params: params.map((_, i) => index + i) });
      for (const parameter of params) {
        const state = this.state.get(parameter);
        if (state) {
          const entry: OptimizerState["state"][number] = {};
          for (const [key, value] of Object.entries(state)) {
            if (value === undefined) continue;
            entry[key] =
              typeof value === "number"
                ? value
                : { shape: value.shape, data: (await value.readValues()) as Float32Array | Float64Array };
          }
          out.state[index] = entry;
        }
        index++;
      }
    }
    return out;
  }

  /**
   * Takes over a state made by stateDict() on the same parameters in the same order, or PyTorch's: optimizerStateOf()
   * of drishti/io finds it in a .pt file.
   */
  loadStateDict(given: OptimizerState): void {
    if (!Array.isArray((given as Partial<OptimizerState> | undefined)?.paramGroups))
      throw new ArgumentError(
        this.constructor.name,
        "state-dict",
        "there are no paramGroups in the state; PyTorch's own is made ready by optimizerStateOf() of drishti/io.",
      );
    const counts = (groups: readonly { params: readonly unknown[] }[]) =>
      groups.map((group) => group.params.length).join(", ");
    if (counts(given.paramGroups) !== counts(this.paramGroups))
      throw new ArgumentError(
        this.constructor.name,
        "state-dict",
        `the state has groups of ${counts(given.paramGroups)} parameters, this optimiser ${counts(this.paramGroups)}.`,
      );
    let index = 0;
    this.paramGroups.forEach((group, g) => {
      const { params: _params, ...options } = given.paramGroups[g]!;
      Object.assign(group, options);
      for (const parameter of group.params) {
        const entry = given.state[index++];
        if (!entry) continue;
        const state: ParamState = {};
        for (const [key, value] of Object.entries(entry))
          state[key] = typeof value === "number" ? value : this.restored(parameter, key, value);
        this.state.set(parameter, state);
      }
    });
  }

  private restored(
    parameter: Parameter,
    key: string,
    value: { shape: readonly number[]; data: Float32Array | Float64Array },
  ): Tensor {
    const tensor = zerosLike(parameter);
    if (value.data.length !== tensor.numel)
      throw new ArgumentError(
        this.constructor.name,
        "state-dict",
        say`${key} has ${{ count: value.data.length }} values for a parameter of ${{ parameter: parameter.shape }}.`,
      );
    return tensor.write(value.data);
  }
}
