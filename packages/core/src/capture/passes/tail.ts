/** @file What may follow a convolution or a batch norm in one pass: an addition, ReLU, a max-pool without overlap. */
import type { Params } from "../../kernels/contract.ts";
import type { Memory } from "../recording.ts";
import { type Graph, newMemory, written } from "./graph.ts";

/** Sizes of what the tail works on. */
export interface Planes {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

export interface Tail {
  /** Calls that the fused ones stand for: forward, and those between the gradient and the layer's own backward. */
  readonly forward: readonly number[];
  readonly backward: readonly number[];
  readonly residual: Memory | null;
  /** 0: none; 1: ReLU; 2: ReLU6. */
  readonly relu: 0 | 1 | 2;
  readonly pool: readonly [height: number, width: number];
  readonly output: Memory;
  /** Which value of a window won, or that ReLU let none pass; where a gradient wants to know. */
  readonly index: Memory | null;
  /** The gradient that arrives behind the tail and the one before it; undefined where nothing was taken in. */
  readonly gradOutput: Memory | undefined;
  readonly gradBefore: Memory | undefined;
}

const elements = ({ batch, channels, height, width }: Planes) => batch * channels * height * width;

/** a + b of two tensors of one shape, nothing repeated. */
function isPlainSum(p: Params<"add_f32">, count: number): boolean {
  const dense = (strides: readonly number[]) => {
    let expected = 1;
    for (let i = p.shape.length - 1; i >= 0; i--) {
      if (p.shape[i] !== 1 && strides[i] !== expected) return false;
      expected *= p.shape[i]!;
    }
    return expected === count;
  };
  return dense(p.stridesA) && dense(p.stridesB);
}

function isSideBySide(p: Params<"max_pool2d_f32">, { batch, channels, height, width }: Planes): boolean {
  return (
    p.planes === batch * channels &&
    p.inHeight === height &&
    p.inWidth === width &&
    p.kernelHeight === p.strideHeight &&
    p.kernelWidth === p.strideWidth &&
    p.padTop === 0 &&
    p.padLeft === 0 &&
    p.dilationHeight === 1 &&
    p.dilationWidth === 1 &&
    p.outHeight === Math.floor(height / p.kernelHeight) &&
    p.outWidth === Math.floor(width / p.kernelWidth) &&
    p.outHeight > 0 &&
    p.outWidth > 0 &&
    p.kernelHeight * p.kernelWidth < 255
  );
}

export const noTail = (output: Memory): Tail => ({
  forward: [],
  backward: [],
  residual: null,
  relu: 0,
  pool: [1, 1],
  output,
  index: null,
  gradOutput: undefined,
  gradBefore: undefined,
});

/** An addition right behind `value`, whose other summand may be added in the same pass. */
function residualOf(
  graph: Graph,
  value: Memory,
  planes: Planes,
): { at: number; other: Memory; sum: Memory } | undefined {
  const add = graph.isInner(value) ? graph.onlyReader(value, "add_f32") : undefined;
  if (!add || !isPlainSum(add.command.params, elements(planes))) return undefined;
  const [a, b] = add.command.reads;
  const other = a!.memory === value ? b! : a!;
  // Twice the same, or a part of something: not worth a case.
  if (other.memory === value || other.offset !== 0 || other.memory.length !== elements(planes)) return undefined;
  return { at: add.at, other: other.memory, sum: written(add.command) };
}

/** Backward of a pool whose indices nobody else looks at; "none" when there is no backward, undefined when it is not so. */
function poolBackward(
  graph: Graph,
  indices: Memory,
): { at: number; gradOutput: Memory; gradInput: Memory } | "none" | undefined {
  if (!graph.isInner(indices)) return undefined;
  if (graph.readers(indices).length === 0) return "none";
  const found = graph.onlyReader(indices, "max_pool2d_backward_f32");
  const gradInput = found && written(found.command);
  if (!gradInput || !graph.isInner(gradInput)) return undefined;
  return { at: found.at, gradOutput: found.command.reads[0]!.memory, gradInput };
}

/**
 * The longest tail behind `value` whose intermediate results nobody else needs.
 *
 * @param mayAdd whether an addition may be part of it.
 */
export function tailOf(graph: Graph, value: Memory, planes: Planes, mayAdd: boolean): Tail {
  const added = mayAdd ? residualOf(graph, value, planes) : undefined;
  const start = added ? { ...noTail(added.sum), forward: [added.at], residual: added.other } : noTail(value);
  return reluAndPool(graph, start, planes);
}

/** min(max(x, 0), 6), where nobody wants a gradient of it. */
function relu6(graph: Graph, start: Tail, planes: Planes): Tail {
  const clamp = graph.isInner(start.output) ? graph.onlyReader(start.output, "clamp_f32") : undefined;
  if (!clamp || start.output.length !== elements(planes)) return start;
  const { count, alpha, beta } = clamp.command.params;
  if (count !== elements(planes) || alpha !== 0 || beta !== 6) return start;
  return { ...start, forward: [...start.forward, clamp.at], relu: 2, output: written(clamp.command) };
}

function reluAndPool(graph: Graph, start: Tail, planes: Planes): Tail {
  const relu = graph.isInner(start.output) ? graph.onlyReader(start.output, "relu_f32") : undefined;
  if (!relu) return relu6(graph, start, planes);
  if (relu.command.params.count !== elements(planes) || start.output.length !== elements(planes)) return start;
  const result = written(relu.command);
  const forward = [...start.forward, relu.at];
  const others = graph.readers(result).filter((at) => graph.commands[at]!.kernel !== "max_pool2d_f32");
  const back = graph.reader(result, "relu_backward_f32");
  const isSaved =
    back !== undefined && back.command.reads[1]!.memory === result && back.command.reads[0]!.memory !== result;
  const gradBefore = isSaved ? written(back.command) : undefined;
  const pool = graph.isInner(result) ? graph.reader(result, "max_pool2d_f32") : undefined;
  // ReLU's result vanishes only if nothing but the pool, and ReLU's own backward, wants it.
  if (pool && isSideBySide(pool.command.params, planes) && others.every((at) => at === back?.at)) {
    const { kernelHeight, kernelWidth, outHeight, outWidth, planes: count } = pool.command.params;
    const after = poolBackward(graph, written(pool.command, 1));
    const fits =
      after === "none"
        ? !back
        : after && isSaved && graph.onlyReader(after.gradInput, "relu_backward_f32")?.at === back.at;
    if (fits) {
      const common = {
        ...start,
        forward: [...forward, pool.at],
        relu: 1 as const,
        pool: [kernelHeight, kernelWidth] as const,
        output: written(pool.command),
      };
      if (after === "none" || !after) return common;
      return {
        ...common,
        backward: [after.at, back!.at],
        index: newMemory("u8", count * outHeight * outWidth),
        gradOutput: after.gradOutput,
        gradBefore,
      };
    }
  }
  const common = { ...start, forward, relu: 1 as const, output: result };
  if (!isSaved || !gradBefore || !graph.isInner(gradBefore)) return back ? start : common;
  return { ...common, backward: [back.at], gradOutput: back.command.reads[0]!.memory, gradBefore };
}
