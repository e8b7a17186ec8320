/** @file `drishti import FILE` */
import { type Command, InvalidArgumentError, Option } from "commander";
import { EXIT_DONE, EXIT_FAILED, type Io } from "../io.ts";
import { type CommonOptions, wholeNumber } from "../options.ts";
import { inputShape } from "./summary.ts";

export interface ImportCommandOptions extends CommonOptions {
  readonly model?: string;
  readonly key?: string;
  readonly classes?: string;
  readonly input?: readonly [number, number, number];
  readonly preprocessing?: "imagenet" | "tf" | "caffe" | "unit";
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly channelOrder?: "RGB" | "BGR";
  readonly resize?: number;
  readonly out?: string;
}

export function define(command: Command): Command {
  return command
    .description("make a model file of weights from elsewhere: PyTorch, safetensors, TensorFlow.js, ONNX")
    .argument("<file>", ".pt, .pth, .th, .safetensors, model.json, .onnx")
    .option("--model <name>", "the network: built-in name or module (default: found by the weights)")
    .option("--key <path>", "where in a checkpoint the weights are, such as ema.state_dict")
    .option("--classes <names>", "names, or a file of them: one a line, or JSON")
    .option("--input <C,H,W>", "channels, height and width of the network's input", inputShape)
    .addOption(
      new Option("--preprocessing <name>", "how pictures become numbers (default: imagenet for 3 channels)").choices([
        "imagenet",
        "tf",
        "caffe",
        "unit",
      ]),
    )
    .option("--mean <list>", "one number a channel, in units of 0..1", numbers)
    .option("--std <list>", "one number a channel, in units of 0..1", numbers)
    .addOption(new Option("--channel-order <order>", "of the network's input").choices(["RGB", "BGR"]))
    .option("--resize <n>", "smaller side before the middle is cut out; 0: squeeze the whole picture", wholeNumber(0))
    .option("--out <file>", "where the model goes (default: beside the file)");
}

function numbers(text: string): number[] {
  const values = text.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError("It must be numbers, such as 0.485,0.456,0.406.");
}

export async function run(file: string, options: ImportCommandOptions, io: Io): Promise<number> {
  const [{ openForUse }, { importModel }] = await Promise.all([
    import("../../run/open-for-use.ts"),
    import("../../run/import-model.ts"),
  ]);
  const say = (line: string) => options.quiet || io.err(`${line}\n`);
  openForUse(options, say);
  const { preprocessing, ...rest } = options;
  const imported = await importModel(file, preprocessing === undefined ? rest : { ...rest, preset: preprocessing });
  const { card, check } = imported;
  if (options.json) io.out(`${JSON.stringify({ file: imported.file, maxError: check.maxError, ok: check.ok })}\n`);
  else {
    const { channels, height, width, mean, std, channelOrder } = card.preprocessing;
    io.out(
      `${imported.file}: ${card.model.name}, ${card.classes.length} classes, pictures of ${height}×${width}×${channels}\n` +
        `preprocessing: ${channelOrder}, mean ${mean.map(short).join(" ")}, std ${std.map(short).join(" ")} (in units of 0..1)\n` +
        `read back and compared: ${check.ok ? "the same" : "NOT the same"}, error ${check.maxError ?? check.reason}\n`,
    );
  }
  return check.ok ? EXIT_DONE : EXIT_FAILED;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
