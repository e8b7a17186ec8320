/** @file `drishti devices` */
import type { Command } from "commander";
import { drawTable } from "../draw.ts";
import { EXIT_DONE, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";

export function define(command: Command): Command {
  return command.description("which backends run here, what each is, and why one is missing");
}

export async function run(options: CommonOptions, io: Io): Promise<number> {
  const { registerDevices, reportDevices } = await import("../../devices.ts");
  registerDevices({ threads: options.threads });
  const all = reportDevices();
  const reports =
    options.device === undefined || options.device === "auto"
      ? all
      : all.filter(({ device }) => device === options.device);
  if (options.json) io.out(`${JSON.stringify(reports)}\n`);
  else
    io.out(
      `${drawTable(reports.map(({ device, available, detail, reason }) => [device, available ? "yes" : "no", detail ?? reason ?? ""])).join("\n")}\n`,
    );
  return EXIT_DONE;
}
