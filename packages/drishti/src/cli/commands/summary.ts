/** @file `drishti summary MODEL` */
import { type Command, InvalidArgumentError } from "commander";
import { drawTable } from "../draw.ts";
import { EXIT_DONE, type Io } from "../io.ts";
import { type CommonOptions, wholeNumber } from "../options.ts";
import { bytes, grouped, styleFor } from "../style.ts";

export interface SummaryOptions extends CommonOptions {
  /** (C, H, W). */
  readonly input?: readonly [number, number, number];
  readonly classes?: number;
}

export function define(command: Command): Command {
  return command
    .description("layers, output shapes, parameters, multiply-adds and memory of a network")
    .argument("<model>", "built-in name, run folder, model file or module")
    .option("--input <C,H,W>", "channels, height and width of the pictures (default: the model's own)", inputShape)
    .option("--classes <n>", "number of classes (default: the model's own)", wholeNumber(1));
}

export function inputShape(text: string): [number, number, number] {
  const sizes = text.split(/[,x×]/).map(Number);
  if (sizes.length === 3 && sizes.every((size) => Number.isInteger(size) && size >= 1))
    return sizes as [number, number, number];
  throw new InvalidArgumentError("It must be channels, height and width, such as 3,32,32.");
}

export async function run(model: string, options: SummaryOptions, io: Io): Promise<number> {
  const [{ openForUse }, { describeModel }] = await Promise.all([
    import("../../run/open-for-use.ts"),
    import("../../run/describe-model.ts"),
  ]);
  // Only shapes are wanted: wasm is there at once, native may have to be built first.
  openForUse({ ...options, device: options.device ?? "wasm" }, (line) =>
    io.err(`${line}
`),
  );
  const { summary, input, name } = await describeModel(model, options);
  if (options.json) {
    io.out(`${JSON.stringify(summary)}\n`);
    return EXIT_DONE;
  }
  const style = styleFor(io.outIsTerminal, io.env);
  const rows = [
    ["layer", "type", "output", "parameters", "multiply-adds"],
    ["", "input", shapeText(input), "", ""],
    ...summary.layers.map(({ name: layer, type, outputShape, parameters, macs }) => [
      layer,
      type,
      shapeText(outputShape.slice(1)),
      parameters > 0 ? grouped(parameters) : "",
      macs > 0 ? grouped(macs) : "",
    ]),
  ];
  const [head, ...body] = drawTable(rows, [false, false, false, true, true]);
  const values = summary.layers.reduce((sum, { outputShape }) => sum + outputShape.reduce((a, b) => a * b, 1), 0);
  const frozen = summary.parameters - summary.trainable;
  const lines = [
    style.bold(name),
    style.dim(head!),
    ...body,
    `${grouped(summary.parameters)} parameters${frozen > 0 ? `, ${grouped(frozen)} of them frozen` : ""} (${bytes(4 * summary.parameters)}); ` +
      `${grouped(summary.macs)} multiply-adds and ${bytes(4 * values)} of outputs a picture; output is height × width × channels`,
  ];
  io.out(`${lines.join("\n")}\n`);
  return EXIT_DONE;
}

/** (C, H, W) as the notes write it: height × width × channels. */
function shapeText(shape: readonly number[]): string {
  const [first, ...rest] = shape;
  return [...rest, first].join("×");
}
