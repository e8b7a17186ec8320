/** @file Pools that can take their pictures as NHWC: max-pools, with byte indices then, and the average of whole maps. */
import type { KernelName, Params } from "../../kernels/contract.ts";
import type { Command, Memory } from "../recording.ts";
import { call, type Graph, newMemory, whole } from "./graph.ts";
import type { Use } from "./layouts.ts";

interface Counts {
  readonly batch: number;
  readonly channels: number;
}

type MaxPool = Command<"max_pool2d_f32">;

export class Pools {
  readonly #graph: Graph;
  readonly #supports: (kernel: KernelName) => boolean;
  /** The kernels of pools count planes; batch and channels are known from other calls on the same memory. */
  readonly #counts = new Map<Memory, Counts>();
  /** Max-pools by their indices, and the bytes that stand for these. */
  readonly #byIndices = new Map<Memory, MaxPool>();
  readonly #bytes = new Map<Memory, Memory>();

  constructor(graph: Graph, known: Iterable<readonly [Memory, Counts]>, supports: (kernel: KernelName) => boolean) {
    this.#graph = graph;
    this.#supports = supports;
    for (const [memory, counts] of known) this.#counts.set(memory, counts);
    for (const command of graph.commands)
      if (command.kernel === "max_pool2d_f32") this.#learn(command as unknown as MaxPool);
  }

  #learn(pool: MaxPool): void {
    const counts = this.#counts.get(pool.reads[0]!.memory);
    const { dilationHeight, dilationWidth, kernelHeight, kernelWidth } = pool.params;
    if (
      !counts ||
      pool.params.planes !== counts.batch * counts.channels ||
      dilationHeight !== 1 ||
      dilationWidth !== 1 ||
      kernelHeight * kernelWidth > 255
    )
      return;
    if (!this.#supports("max_pool2d_nhwc_f32") || !this.#supports("max_pool2d_nhwc_backward_f32")) return;
    const indices = pool.writes[1]!.memory;
    if (!this.#graph.isInner(indices)) return;
    if (this.#graph.readers(indices).some((at) => this.#graph.commands[at]!.kernel !== "max_pool2d_backward_f32"))
      return;
    this.#byIndices.set(indices, pool);
    this.#counts.set(pool.writes[0]!.memory, counts);
  }

  /** As `classesOf` for pools: what must lie alike; nothing where a pool cannot do it. */
  uses(command: Command): Use[][] {
    const use = (
      memory: Memory,
      border: string | null,
      { batch, channels }: Counts,
      height: number,
      width: number,
    ): Use => ({
      memory,
      layout: null,
      border,
      sizes: [batch, channels, height, width],
      wishes: 0,
    });
    if (command.kernel === "max_pool2d_f32") {
      const pool = this.#byIndices.get(command.writes[1]!.memory);
      if (!pool) return [];
      const [input, output] = [pool.reads[0]!.memory, pool.writes[0]!.memory];
      const { inHeight, inWidth, outHeight, outWidth } = pool.params;
      const counts = this.#counts.get(input)!;
      return [
        [use(input, "inBorder", counts, inHeight, inWidth), use(output, "outBorder", counts, outHeight, outWidth)],
      ];
    }
    if (command.kernel === "max_pool2d_backward_f32") {
      const pool = this.#byIndices.get(command.reads[1]!.memory);
      if (!pool) return [];
      const { inHeight, inWidth, outHeight, outWidth } = pool.params;
      const input = pool.reads[0]!.memory;
      const counts = this.#counts.get(input)!;
      return [
        [
          use(command.reads[0]!.memory, "outBorder", counts, outHeight, outWidth),
          use(command.writes[0]!.memory, "inBorder", counts, inHeight, inWidth),
          use(input, null, counts, inHeight, inWidth), // the indices are of one kind
        ],
      ];
    }
    const p = command.params as Params<"adaptive_avg_pool2d_f32">;
    const forward = command.kernel === "adaptive_avg_pool2d_f32";
    if (!forward && command.kernel !== "adaptive_avg_pool2d_backward_f32") return [];
    // One value a map lies alike in both layouts, so only the maps count.
    const maps = (forward ? command.reads : command.writes)[0]!.memory;
    const counts = this.#counts.get(maps);
    if (!counts || p.planes !== counts.batch * counts.channels || p.outHeight !== 1 || p.outWidth !== 1) return [];
    if (!this.#supports(forward ? "avg_pool2d_nhwc_f32" : "avg_pool2d_nhwc_backward_f32")) return [];
    return [[use(maps, "inBorder", counts, p.inHeight, p.inWidth)]];
  }

  /** The call on NHWC; its borders have been set beside its own parameters. */
  toNhwc(command: Command, maps: Memory): Command {
    const counts = this.#counts.get(maps)!;
    if (command.kernel === "max_pool2d_f32") {
      const { planes: _, dilationHeight: __, dilationWidth: ___, ...p } = command.params as MaxPool["params"];
      const borders = command.params as unknown as { inBorder: number; outBorder: number };
      const [output, indices] = command.writes;
      return call("max_pool2d_nhwc_f32", { ...p, ...counts, ...bordersOf(borders) }, command.reads, [
        output!,
        whole(this.#bytesFor(indices!.memory)),
      ]);
    }
    if (command.kernel === "max_pool2d_backward_f32") {
      const indices = command.reads[1]!.memory;
      const { planes: _, dilationHeight: __, dilationWidth: ___, ...p } = this.#byIndices.get(indices)!.params;
      const borders = command.params as unknown as { inBorder: number; outBorder: number };
      return call(
        "max_pool2d_nhwc_backward_f32",
        { ...p, ...counts, ...bordersOf(borders) },
        [command.reads[0]!, whole(this.#bytesFor(indices))],
        command.writes,
      );
    }
    const { inHeight, inWidth, inBorder } = command.params as unknown as Params<"avg_pool2d_nhwc_f32">;
    const params = {
      ...counts,
      inHeight,
      inWidth,
      outHeight: 1,
      outWidth: 1,
      kernelHeight: inHeight,
      kernelWidth: inWidth,
      strideHeight: inHeight,
      strideWidth: inWidth,
      padTop: 0,
      padLeft: 0,
      inBorder,
      outBorder: 0,
      countIncludePad: 1,
      padBottom: 0,
      padRight: 0,
    };
    const forward = command.kernel === "adaptive_avg_pool2d_f32";
    return call(
      forward ? "avg_pool2d_nhwc_f32" : "avg_pool2d_nhwc_backward_f32",
      params,
      command.reads,
      command.writes,
    );
  }

  #bytesFor(indices: Memory): Memory {
    const known = this.#bytes.get(indices) ?? newMemory("u8", indices.length);
    this.#bytes.set(indices, known);
    return known;
  }
}

function bordersOf({ inBorder, outBorder }: { inBorder: number; outBorder: number }) {
  return { inBorder, outBorder };
}

export function isPool(kernel: KernelName): boolean {
  return kernel.startsWith("max_pool2d") || kernel.startsWith("adaptive_avg_pool2d");
}
