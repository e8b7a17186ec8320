/** @file Weights that hold still are packed by calls of their own, which replays need not repeat. */
import type { Params } from "../../kernels/contract.ts";
import { operandSizes } from "../../kernels/reference/operand-sizes.ts";
import type { Command, Memory, Operand } from "../recording.ts";
import { call, newMemory, whole } from "./graph.ts";

/**
 * @param lanes numbers in a vector: the kernel takes one, or two where there are more outputs.
 */
export function packWeights(
  commands: readonly Command[],
  isConstant: (memory: Memory) => boolean,
  lanes: number,
): readonly Command[] {
  return commands.flatMap((command) => {
    if (command.kernel !== "conv2d_fused_f32") return [command];
    const p = command.params as Params<"conv2d_fused_f32">;
    const [input, weight, scale, bias, residual] = command.reads as [Operand, Operand, ...(Operand | null)[]];
    if (p.groups !== 1 || !isConstant(weight.memory) || (scale && !isConstant(scale.memory))) return [command];
    const panel = p.outChannels <= lanes ? lanes : 2 * lanes;
    const { outChannels, inChannels, kernelHeight, kernelWidth, groups, inLayout } = p;
    const params = { outChannels, inChannels, kernelHeight, kernelWidth, groups, inLayout, panel };
    const packed = newMemory("f32", operandSizes.conv2d_pack_f32(params)[2]!);
    return [
      call("conv2d_pack_f32", params, [weight, scale ?? null], [whole(packed)]),
      { ...command, params: { ...p, panel }, reads: [input, whole(packed), null, bias ?? null, residual ?? null] },
    ];
  });
}
