/** @file 3x3 convolutions and their gradients by Winograd's algorithm: 16 products for 36, or 36 for 144; with stride 2, 25 for 36. */
import { type Params, WINOGRAD_CHANNELS, WINOGRAD_PIXELS } from "../../kernels/contract.ts";
import { operandSizes } from "../../kernels/reference/operand-sizes.ts";
import type { Command, Memory, Operand } from "../recording.ts";
import { call, newMemory, whole } from "./graph.ts";

type Convolution = Params<"conv2d_winograd_f32">;
type Shape = Omit<Convolution, "residualBorder" | "panel" | "maskBorder" | "tile" | "backward"> & { backward?: number };

/**
 * From how many tiles of 4x4 outputs on, of all images, they pay: so many that reading their larger weights is little beside the
 * products, 36 numbers for 16; and so many that transforming those in every step is.
 */
const LARGE_TILES = 32;
const LARGE_TILES_OF_A_STEP = 128;

/** Outputs of a tile across and down: 4 where that saves a quarter of the products or more. */
function tileOf({ batch, outHeight, outWidth, strideHeight }: Shape, least: number): number {
  if (strideHeight === 2) return 2;
  const tiles = (size: number) => Math.ceil(outHeight / size) * Math.ceil(outWidth / size);
  return batch * tiles(4) >= least && 3 * tiles(4) <= tiles(2) ? 4 : 2;
}

/** Whether it serves a convolution, by its shape alone. */
function fits(p: Shape, index: Operand | null): boolean {
  const window = `${p.poolHeight}x${p.poolWidth}`;
  const stride = `${p.strideHeight}x${p.strideWidth}`;
  return (
    p.kernelHeight === 3 &&
    p.kernelWidth === 3 &&
    [p.dilationHeight, p.dilationWidth, p.groups].every((one) => one === 1) &&
    Math.min(p.padTop, p.padLeft) >= 0 &&
    Math.min(p.inChannels, p.outChannels) >= WINOGRAD_CHANNELS &&
    ((window === "1x1" && index === null && (stride === "1x1" || stride === "2x2")) ||
      (window === "2x2" && stride === "1x1"))
  );
}

interface Given {
  readonly input: Operand;
  readonly weight: Operand;
  readonly transposed: boolean;
  readonly scale?: Operand | null;
  readonly bias?: Operand | null;
  readonly residual?: Operand | null;
  readonly output: Operand;
  readonly index?: Operand | null;
  readonly mask?: Operand | null;
}

/** The two calls: what transforms the weight, and the convolution. */
function calls(p: Convolution, given: Given, lanes: number, isStill: boolean): readonly Command[] {
  const { outChannels, inChannels } = p;
  const panel = outChannels <= lanes ? lanes : 2 * lanes;
  const tile = tileOf(p, isStill ? LARGE_TILES : LARGE_TILES_OF_A_STEP);
  const params = { outChannels, inChannels, transposed: Number(given.transposed), panel, tile, stride: p.strideHeight };
  const packed = newMemory("f32", operandSizes.conv2d_winograd_pack_f32(params)[2]!);
  return [
    call("conv2d_winograd_pack_f32", params, [given.weight, given.scale ?? null], [whole(packed)]),
    call(
      "conv2d_winograd_f32",
      { ...p, panel, tile },
      [given.input, whole(packed), given.bias ?? null, given.residual ?? null, given.mask ?? null],
      [given.output, given.index ?? null],
    ),
  ];
}

/** The input's gradient is a convolution of the output's, filters turned and channels' roles exchanged; with stride 2 a kind of its own. */
function gradientOf(params: Params<"conv2d_fused_backward_f32">): Convolution {
  const { gradBorder, gradInBorder, addendBorder, ...p } = params;
  const backward = Number(p.strideHeight === 2);
  return {
    ...p,
    inChannels: p.outChannels,
    inHeight: p.outHeight,
    inWidth: p.outWidth,
    inLayout: p.outLayout,
    inBorder: gradBorder,
    outChannels: p.inChannels,
    outHeight: p.inHeight,
    outWidth: p.inWidth,
    outLayout: p.inLayout,
    outBorder: gradInBorder,
    residualBorder: addendBorder,
    padTop: backward ? p.padTop : 2 - p.padTop,
    padLeft: backward ? p.padLeft : 2 - p.padLeft,
    relu: 0,
    panel: 0,
    tile: 0,
    backward,
    maskBorder: p.outBorder,
  };
}

type Pays = (p: Shape, weight: Operand | null, index: Operand | null) => boolean;

/** Of the gradients those that it serves, and what is left. */
function backward(command: Command<"conv2d_fused_backward_f32">, pays: Pays, lanes: number): readonly Command[] {
  const { params: p, reads, writes } = command;
  const [gradOutput, index, output, input, weight, addend] = reads;
  const [gradInput, gradWeight, gradBias] = writes;
  if (index || p.poolHeight * p.poolWidth !== 1) return [command];
  const { gradInBorder: _, addendBorder: __, ...weightParams } = p;
  const convolution = gradientOf(p);
  // With stride 2 a tile begins alike on both axes.
  const isAlike = p.strideHeight === 1 || (Math.max(p.padTop, p.padLeft) <= 2 && p.padTop % 2 === p.padLeft % 2);
  const ofInput = gradInput && weight && isAlike && pays(convolution, weight, null);
  const ofWeight = gradWeight && input && pays(p, null, null);
  const made: Command[] = [];
  const left = [ofInput ? null : gradInput!, ofWeight ? null : gradWeight!, ofWeight ? null : gradBias!] as const;
  if (left.some(Boolean)) {
    const wanted = [
      gradOutput!,
      null,
      output!,
      left[1] ? input! : null,
      left[0] ? weight! : null,
      left[0] ? addend! : null,
    ];
    made.push({ ...command, reads: wanted, writes: left });
  }
  if (ofWeight)
    made.push(
      call(
        "conv2d_winograd_backward_weight_f32",
        { ...weightParams, tile: tileOf(p, LARGE_TILES) },
        [gradOutput!, output!, input],
        [gradWeight, gradBias!],
      ),
    );
  if (ofInput) {
    const mask = p.relu === 0 ? null : output!;
    const given = { input: gradOutput!, weight, transposed: true, residual: addend!, output: gradInput, mask };
    made.push(...calls(convolution, given, lanes, false));
  }
  return made;
}

/**
 * @param isConstant of weights that hold still, which are transformed once.
 * @param lanes numbers in a vector: the kernel takes one, or two where there are more outputs.
 */
export function winograd(
  commands: readonly Command[],
  isConstant: (memory: Memory) => boolean,
  lanes: number,
): readonly Command[] {
  // Backward with stride 2 a tile has sixteen pixels where it has four forward.
  const pixels = (p: Shape) => (p.batch * p.outHeight * p.outWidth) / (p.backward ? 4 : 1);
  // Where they hold still, few tiles are enough to read them for; with stride 2 less is saved.
  const least = (p: Shape, weight: Operand | null) =>
    weight === null || !isConstant(weight.memory) ? WINOGRAD_PIXELS : p.strideHeight === 2 ? 4 * LARGE_TILES : 0;
  const pays: Pays = (p, weight, index) => fits(p, index) && pixels(p) >= least(p, weight);
  return commands.flatMap((command): readonly Command[] => {
    if (command.kernel === "conv2d_fused_f32") {
      const p = { ...(command.params as Params<"conv2d_fused_f32">), maskBorder: 0, tile: 0, backward: 0 };
      const [input, weight, scale, bias, residual] = command.reads as [Operand, Operand, ...(Operand | null)[]];
      const [output, index] = command.writes as [Operand, Operand | null];
      if (!pays(p, weight, index)) return [command];
      const given = { input, weight, transposed: false, scale, bias, residual, output, index };
      return calls(p, given, lanes, isConstant(weight.memory));
    }
    if (command.kernel === "conv2d_fused_backward_f32")
      return backward(command as Command<"conv2d_fused_backward_f32">, pays, lanes);
    return [command];
  });
}
