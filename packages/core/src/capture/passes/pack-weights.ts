/** @file Weights that hold still are packed by calls of their own, which replays need not repeat. */
import type { Params } from "../../kernels/contract.ts";
import { operandSizes } from "../../kernels/reference/operand-sizes.ts";
import type { Command, Memory, Operand } from "../recording.ts";
import { call, newMemory, whole } from "./graph.ts";

/** Channels from which the transforms are small beside the products. */
const WINOGRAD_CHANNELS = 32;

/** Whether Winograd's algorithm serves a convolution, by its shape alone. */
function isForWinograd(p: Params<"conv2d_fused_f32">, index: Operand | null): boolean {
  const plain = [p.strideHeight, p.strideWidth, p.dilationHeight, p.dilationWidth].every((step) => step === 1);
  const window = `${p.poolHeight}x${p.poolWidth}`;
  return (
    plain &&
    p.kernelHeight === 3 &&
    p.kernelWidth === 3 &&
    p.groups === 1 &&
    Math.min(p.inChannels, p.outChannels) >= WINOGRAD_CHANNELS &&
    (window === "1x1" || window === "2x2") &&
    index === null
  );
}

/**
 * @param lanes numbers in a vector: the kernel takes one, or two where there are more outputs.
 * @param winograd whether 3x3 convolutions may be computed by Winograd's algorithm.
 */
export function packWeights(
  commands: readonly Command[],
  isConstant: (memory: Memory) => boolean,
  lanes: number,
  winograd: boolean,
): readonly Command[] {
  return commands.flatMap((command) => {
    if (command.kernel !== "conv2d_fused_f32") return [command];
    const p = command.params as Params<"conv2d_fused_f32">;
    const [input, weight, scale, bias, residual] = command.reads as [Operand, Operand, ...(Operand | null)[]];
    if (p.groups !== 1 || !isConstant(weight.memory) || (scale && !isConstant(scale.memory))) return [command];
    const panel = p.outChannels <= lanes ? lanes : 2 * lanes;
    const { outChannels, inChannels, kernelHeight, kernelWidth, groups, inLayout } = p;
    if (winograd && isForWinograd(p, command.writes[1] ?? null)) {
      const params = { outChannels, inChannels, panel };
      const packed = newMemory("f32", operandSizes.conv2d_winograd_pack_f32(params)[2]!);
      return [
        call("conv2d_winograd_pack_f32", params, [weight, scale ?? null], [whole(packed)]),
        call(
          "conv2d_winograd_f32",
          { ...p, panel },
          [input, whole(packed), bias ?? null, residual ?? null],
          [command.writes[0]!],
        ),
      ];
    }
    const params = { outChannels, inChannels, kernelHeight, kernelWidth, groups, inLayout, panel };
    const packed = newMemory("f32", operandSizes.conv2d_pack_f32(params)[2]!);
    return [
      call("conv2d_pack_f32", params, [weight, scale ?? null], [whole(packed)]),
      { ...command, params: { ...p, panel }, reads: [input, whole(packed), null, bias ?? null, residual ?? null] },
    ];
  });
}
