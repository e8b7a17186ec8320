/**
 * @file `npm run oracle -- --dir FOLDER [--device NAME | --paths] [--group NAME] [--json]`: compares Drishti with torch's results.
 *
 * Exit 0 when nothing failed, 1 when something did (or the device asked for is not to be had), 2 for wrong usage.
 */
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Backend, getBackend } from "@drishti/core";
import type { WasmBackend } from "@drishti/core/backends/wasm";
import { registerDevices } from "../devices.ts";
import { allPaths, kernelFree } from "./paths.ts";
import { jsonLine, tableHead, tableRow } from "./report.ts";
import { groupsIn, runGroup } from "./run.ts";

const names = ["reference", "native", "wasm"] as const;
type Name = (typeof names)[number];

const usage = `usage: npm run oracle -- --dir FOLDER [--device ${names.join("|")} | --paths] [--group NAME] [--json]

  --dir FOLDER    fixtures as the oracle's README describes them: fixtures/, rng/, training/
  --device NAME   one device; default: every device that works here
  --paths         every instruction set and WebAssembly file that runs here, each forced, on one thread and on two;
                  the groups that no kernel has a part in only when asked for
  --group NAME    one group, such as conv, nets, rng, training; default: all there are
  --json          a JSON object a line instead of the table`;

class UsageError extends Error {}

interface Request {
  readonly folder: string;
  readonly devices: readonly Name[];
  readonly groups: readonly string[];
  readonly json: boolean;
  readonly paths: boolean;
  /** One device and one group were asked for by name. */
  readonly patient: boolean;
}

function parse(args: readonly string[]): Request | null {
  const options = {
    dir: { type: "string" },
    device: { type: "string" },
    group: { type: "string" },
    json: { type: "boolean", default: false },
    paths: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  } as const;
  let values: ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
  if (values.help) return null;
  const { dir, device, group, json, paths } = values;
  if (!dir) throw new UsageError("--dir FOLDER is missing");
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`there is no folder ${dir}`);
  if (device !== undefined && !names.includes(device as Name))
    throw new UsageError(`there is no device "${device}"; there are ${names.join(", ")}`);
  if (paths && device !== undefined) throw new UsageError("--paths takes every device in turn; leave --device out");
  const all = groupsIn(dir);
  if (all.length === 0) throw new UsageError(`${dir} has no fixtures/*.json, rng/ or training/`);
  if (group !== undefined && !all.includes(group))
    throw new UsageError(`there is no group "${group}" in ${dir}; there are ${all.join(", ")}`);
  return {
    folder: dir,
    devices: device === undefined ? names : [device as Name],
    groups: group !== undefined ? [group] : paths ? all.filter((name) => !kernelFree.has(name)) : all,
    json,
    paths,
    patient: device !== undefined && group !== undefined,
  };
}

/** The backends that work here; why another does not goes to stderr. */
function open(devices: readonly Name[], err: Streams["err"]): Backend[] {
  return devices.flatMap((name) => {
    try {
      return [getBackend(name)];
    } catch (error) {
      err(`oracle: ${name} is not available: ${(error as Error).message}`);
      return [];
    }
  });
}

/** Where lines go; tests listen. */
export interface Streams {
  out(line: string): void;
  err(line: string): void;
}

/** Prints a line a group and device; returns the exit code. */
export async function oracle(args: readonly string[], { out, err }: Streams): Promise<number> {
  let request: Request | null;
  try {
    request = parse(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    err(`oracle: ${error.message}.\n${usage}`);
    return 2;
  }
  if (!request) {
    out(usage);
    return 0;
  }
  registerDevices();
  if (request.paths) return onEveryPath(request, { out, err });
  const backends = open(request.devices, err);
  if (backends.length === 0) return 1;
  if (!request.json) out(tableHead);
  let failed = 0;
  for (const group of request.groups) {
    for (const backend of backends) {
      const result = await runGroup(request.folder, group, backend, { patient: request.patient });
      failed += result.failures.length;
      out(request.json ? jsonLine(result) : tableRow(result));
    }
  }
  return failed === 0 ? 0 : 1;
}

/** One path after the other; 1 too where none can be opened. */
async function onEveryPath({ folder, groups, json }: Request, { out, err }: Streams): Promise<number> {
  let ran = 0;
  let failed = 0;
  if (!json) out(tableHead);
  for (const path of allPaths()) {
    let backend: Backend;
    try {
      backend = path.open();
    } catch (error) {
      err(`oracle: ${path.name} is not available: ${(error as Error).message}`);
      continue;
    }
    ran++;
    for (const group of groups) {
      const result = { ...(await runGroup(folder, group, backend)), path: path.name };
      failed += result.failures.length;
      out(json ? jsonLine(result) : tableRow(result));
    }
    if ("close" in backend) (backend as WasmBackend).close();
  }
  return ran === 0 || failed > 0 ? 1 : 0;
}
