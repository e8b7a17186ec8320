/**
 * @file Which pictures lie in memory as NHWC: all that only fused calls touch. What must lie alike (a result and its
 * gradient, an input and what is added to its gradient) forms a class; a class that any other call touches stays NCHW.
 */
import type { KernelName, Params } from "../../kernels/contract.ts";
import type { Command, Memory } from "../recording.ts";
import { Graph, whole } from "./graph.ts";
import { isPool, Pools } from "./nhwc-pools.ts";

/** A picture that a call can take in either layout: the parameter that says which, and the one for its border. */
export interface Use {
  readonly memory: Memory;
  readonly layout: string | null;
  readonly border: string | null;
  readonly sizes: readonly [batch: number, channels: number, height: number, width: number];
  /** Zeros that the call would like around it. */
  readonly wishes: number;
}

type ConvBackward = Params<"conv2d_fused_backward_f32">;

/** Zeros around a convolution's input so that every tap of every window lies inside. */
function reach(p: ConvBackward | Params<"conv2d_fused_f32">): number {
  const below = (out: number, stride: number, kernel: number, dilation: number, before: number, size: number) =>
    (out - 1) * stride + (kernel - 1) * dilation + 1 - before - size;
  return Math.max(
    0,
    p.padTop,
    p.padLeft,
    below(p.outHeight, p.strideHeight, p.kernelHeight, p.dilationHeight, p.padTop, p.inHeight),
    below(p.outWidth, p.strideWidth, p.kernelWidth, p.dilationWidth, p.padLeft, p.inWidth),
  );
}

/** Uses of a call, in classes that must lie alike; operands not named here are not pictures. */
function classesOf(command: Command): Use[][] {
  const { reads, writes } = command;
  const use = (
    operand: { readonly memory: Memory } | null | undefined,
    layout: string | null,
    border: string | null,
    sizes: Use["sizes"],
    wishes = 0,
  ): Use[] => (operand ? [{ memory: operand.memory, layout, border, sizes, wishes }] : []);
  const pooledBy = (p: { poolHeight: number; poolWidth: number }, height: number, width: number) =>
    [Math.floor(height / p.poolHeight), Math.floor(width / p.poolWidth)] as const;
  switch (command.kernel as KernelName) {
    case "conv2d_fused_f32": {
      const p = command.params as Params<"conv2d_fused_f32">;
      const full = [p.batch, p.outChannels, p.outHeight, p.outWidth] as const;
      const small = [p.batch, p.outChannels, ...pooledBy(p, p.outHeight, p.outWidth)] as const;
      return [
        use(reads[0], "inLayout", "inBorder", [p.batch, p.inChannels, p.inHeight, p.inWidth], reach(p)),
        [...use(writes[0], "outLayout", "outBorder", small), ...use(reads[4], "outLayout", "residualBorder", full)],
      ];
    }
    case "conv2d_fused_backward_f32": {
      const p = command.params as ConvBackward;
      const input = [p.batch, p.inChannels, p.inHeight, p.inWidth] as const;
      const small = [p.batch, p.outChannels, ...pooledBy(p, p.outHeight, p.outWidth)] as const;
      const isDense = p.poolHeight * p.poolWidth === 1 && writes[0] && p.strideHeight === 1 && p.strideWidth === 1;
      const around = isDense
        ? Math.max(
            0,
            (p.kernelHeight - 1) * p.dilationHeight - p.padTop,
            (p.kernelWidth - 1) * p.dilationWidth - p.padLeft,
          )
        : 0;
      return [
        [
          ...use(reads[3], "inLayout", "inBorder", input, reach(p)),
          ...use(writes[0], "inLayout", "gradInBorder", input),
          ...use(reads[5], "inLayout", "addendBorder", input),
        ],
        // ReLU's mask is applied on the way, to a copy: no use in a border then.
        [
          ...use(reads[0], "outLayout", "gradBorder", small, p.relu ? 0 : around),
          ...use(reads[2], "outLayout", "outBorder", small),
        ],
      ];
    }
    case "batch_norm_fused_train_f32": {
      const p = command.params as Params<"batch_norm_fused_train_f32">;
      const full = [p.batch, p.channels, p.height, p.width] as const;
      return [
        use(reads[0], null, "inBorder", full),
        [
          ...use(writes[0], "outLayout", "outBorder", [p.batch, p.channels, ...pooledBy(p, p.height, p.width)]),
          ...use(reads[3], "outLayout", "residualBorder", full),
        ],
      ];
    }
    case "batch_norm_fused_train_backward_f32": {
      const p = command.params as Params<"batch_norm_fused_train_backward_f32">;
      const full = [p.batch, p.channels, p.height, p.width] as const;
      const small = [p.batch, p.channels, ...pooledBy(p, p.height, p.width)] as const;
      return [
        use(reads[3], null, "inBorder", full),
        use(writes[0], null, "gradInBorder", full),
        [
          ...use(reads[0], "outLayout", "gradBorder", small),
          ...use(reads[2], "outLayout", "outBorder", small),
          ...use(writes[3], "outLayout", "residualBorder", full),
        ],
      ];
    }
    default:
      return [];
  }
}

/** Union-find over memory. */
class Classes {
  readonly #parent = new Map<Memory, Memory>();

  find(memory: Memory): Memory {
    const parent = this.#parent.get(memory) ?? memory;
    if (parent === memory) return memory;
    const root = this.find(parent);
    this.#parent.set(memory, root);
    return root;
  }

  join(a: Memory, b: Memory): void {
    this.#parent.set(this.find(a), this.find(b));
  }
}

/** Settles the layouts: parameters are rewritten, and memory with a border becomes larger. */
export function settleLayouts(
  commands: readonly Command[],
  escapes: (memory: Memory) => boolean,
  supports: (kernel: KernelName) => boolean,
): readonly Command[] {
  const classes = new Classes();
  const uses = new Map<Memory, Use[]>();
  const fixed = new Set<Memory>();
  const known = commands
    .flatMap((command) => classesOf(command).flat())
    .map(({ memory, sizes: [batch, channels] }) => [memory, { batch, channels }] as const);
  const pools = new Pools(new Graph(commands, escapes), known, supports);
  const classesIn = (command: Command) => (isPool(command.kernel) ? pools.uses(command) : classesOf(command));
  for (const command of commands) {
    const groups = classesIn(command).filter((group) => group.length > 0);
    const flexible = new Set(groups.flat().map(({ memory }) => memory));
    for (const group of groups) {
      for (const use of group) {
        classes.join(use.memory, group[0]!.memory);
        const known = uses.get(use.memory);
        if (known) known.push(use);
        else uses.set(use.memory, [use]);
      }
    }
    for (const operand of [...command.reads, ...command.writes])
      if (operand && (!flexible.has(operand.memory) || operand.offset !== 0 || escapes(operand.memory)))
        fixed.add(operand.memory);
  }
  // The same memory under two shapes, or a part of it, cannot be moved.
  for (const [memory, all] of uses) {
    const [{ sizes }] = all as [Use];
    const agree = all.every((use) => use.sizes.every((size, i) => size === sizes[i]));
    if (!agree || sizes.reduce((a, b) => a * b, 1) !== memory.length) fixed.add(memory);
  }
  const fixedClasses = new Set([...fixed].map((memory) => classes.find(memory)));
  const isNhwc = (memory: Memory) => uses.has(memory) && !fixedClasses.has(classes.find(memory));
  const placed = new Map<Memory, { memory: Memory; border: number }>();
  const placeOf = (memory: Memory) => {
    let place = placed.get(memory);
    if (!place) {
      const all = uses.get(memory)!;
      const border = Math.max(...all.map(({ wishes }) => wishes));
      const [batch, channels, height, width] = all[0]!.sizes;
      const length = batch * channels * (height + 2 * border) * (width + 2 * border);
      place = { memory: border === 0 ? memory : { ...memory, length, buffer: { type: memory.type, length } }, border };
      placed.set(memory, place);
    }
    return place;
  };
  return commands.map((command) => {
    const own = classesIn(command)
      .flat()
      .filter(({ memory }) => isNhwc(memory));
    if (own.length === 0) return command;
    const params: Record<string, unknown> = { ...command.params };
    for (const { memory, layout, border } of own) {
      if (layout) params[layout] = 1;
      if (border) params[border] = placeOf(memory).border;
    }
    const move = (operand: Command["reads"][number]) =>
      operand && isNhwc(operand.memory) ? whole(placeOf(operand.memory).memory) : operand;
    const moved = { ...command, params, reads: command.reads.map(move), writes: command.writes.map(move) } as Command;
    return isPool(command.kernel) ? pools.toNhwc(moved, own[0]!.memory) : moved;
  });
}
