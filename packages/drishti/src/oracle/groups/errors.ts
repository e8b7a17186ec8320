/** @file The group `errors`: calls that torch refuses must be refused by an error of ours, as early as torch does or earlier. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DrishtiError, type DType, empty, nn, optim, type Tensor, tensor } from "@drishti/core";
import { Args, type Arguments } from "../args.ts";
import { makeOptimizer } from "../cases/optim.ts";
import { makeScheduler } from "../cases/sched.ts";
import { makeLayer, makeLoss } from "../modules.ts";
import { NotBuilt } from "../not-built.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";
import { documented, impossible } from "./errors-differences.ts";
import { programs } from "./errors-programs.ts";
import { inits } from "./inits.ts";

interface Operand {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly fill?: "ramp" | "zeros";
  readonly values?: readonly number[];
}

/** One call of errors.json. */
export interface BadCall {
  readonly id: string;
  readonly kind: "module" | "optimizer" | "scheduler" | "init" | "program";
  readonly op: string;
  readonly why: string;
  readonly args: Arguments;
  /** What torch raised; null where it accepts the call. */
  readonly raises: string | null;
  readonly message?: string;
  readonly stage?: Stage;
  readonly inputs?: readonly Operand[];
  readonly mode?: "train" | "eval";
  readonly params?: "duplicate" | "tensor" | readonly never[];
  /** How often a scheduler steps; in words for a program. */
  readonly steps?: number | string;
  readonly shape?: readonly number[];
}

const stages = ["construct", "forward", "backward", "step", "call"] as const;
type Stage = (typeof stages)[number];

/** What came of a call: how far it got, and what stopped it. */
export interface Outcome {
  readonly stage: Stage;
  readonly error: unknown;
}

/** int64 becomes int32, the integers we have; a type that we lack is for the tensor to refuse. */
function operand({ shape, dtype, fill, values }: Operand): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const element = (i: number) => (fill === "zeros" ? 0 : dtype === "bool" ? 1 : i % 7);
  const data = Float64Array.from(values ?? Array.from({ length: count }, (_, i) => element(i)));
  const type = dtype === "int64" ? "int32" : dtype;
  return tensor(data, { shape, dtype: type as DType, requiresGrad: dtype === "float32" });
}

type Steps = Generator<Stage, void>;

/** The layer as `features.3` of a model: its errors must say so. */
function insideModel(layer: nn.Module): nn.Module {
  const features = new nn.Sequential();
  for (const name of ["0", "1", "2"]) features.append(new nn.Identity(), name);
  features.append(layer as nn.Layer, "3");
  return new nn.Sequential().append(features as nn.Layer, "features");
}

function* callModule(item: BadCall): Steps {
  const name = item.op.slice("nn.".length);
  yield "construct";
  const given = (key: string) => (Array.isArray(item.args[key]) ? tensor(item.args[key] as number[]) : undefined);
  const isLoss = name.endsWith("Loss");
  const module = isLoss
    ? makeLoss(name, item.args, { weight: given("weight"), pos_weight: given("pos_weight") })
    : makeLayer(name, item.args);
  module.train(item.mode !== "eval");
  yield "forward";
  const inputs = (item.inputs ?? []).map(operand);
  const called = isLoss ? module : insideModel(module);
  const output = (called.forward as (...inputs: Tensor[]) => Tensor)(...inputs);
  yield "backward";
  if (output.requiresGrad) output.sum().backward();
}

function parameter(): nn.Parameter {
  const p = new nn.Parameter(tensor([1, 1, 1]));
  p.grad = tensor([1, 1, 1]);
  return p;
}

function* callOptimizer(item: BadCall): Steps {
  yield "construct";
  const name = item.op.slice("optim.".length);
  const p = parameter();
  if (item.params === "tensor") {
    // What a caller without types can do.
    new optim.Adam(p as never, {});
    return;
  }
  const params = item.params === "duplicate" ? [p, p] : (item.params ?? [p]);
  const optimizer = makeOptimizer(name, item.args, params.length === 0 ? [] : [{ params: [...params] }]);
  yield "step";
  optimizer.step();
}

function* callScheduler(item: BadCall): Steps {
  yield "construct";
  const optimizer = new optim.SGD([parameter()], { lr: 0.1, momentum: 0.9 }) as unknown as optim.Optimizer;
  const scheduler = makeScheduler(item.op.split(".").at(-1)!, item.args, optimizer) as { step(metric?: number): void };
  yield "step";
  for (let i = 0; i < ((item.steps as number | undefined) ?? 1); i++) {
    optimizer.step();
    if (item.op.includes("Plateau")) scheduler.step(1);
    else scheduler.step();
  }
}

function* callInit(item: BadCall): Steps {
  yield "call";
  const name = item.op.slice("nn.init.".length);
  const init = inits[name];
  if (!init) throw new NotBuilt(`${item.op} is not built`);
  const args = new Args(item.args);
  init(empty(item.shape!), args);
  args.finish(item.op);
}

const kinds = { module: callModule, optimizer: callOptimizer, scheduler: callScheduler, init: callInit };

/** Makes the call; throws NotBuilt for what is not built. */
export async function attempt(item: BadCall): Promise<Outcome> {
  let stage: Stage = "call";
  try {
    if (item.kind === "program") {
      const program = programs[`${item.op}: ${item.why}`];
      if (!program) throw new NotBuilt(`no such program: ${item.op}, ${item.why}`);
      await program();
    } else for (stage of kinds[item.kind](item));
    return { stage, error: null };
  } catch (error) {
    if (error instanceof NotBuilt) throw error;
    return { stage, error };
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function numbersIn(value: unknown): number[] {
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  return typeof value === "number" ? [value] : [];
}

function names(message: string, number: number): boolean {
  const digits = String(number).replace(/[.+]/g, "\\$&");
  return new RegExp(`(?<![\\d.])${digits}(?!\\d)`).test(message);
}

/** What must hold instead, or what to do. */
const advice = /\bhint: |\b(must|use|give|call|convert|check|lower|wrap|change|set|write|pad)\b/i;

/** What is wrong with how we treat the call; nothing when we do right. */
export async function runBadCall(item: BadCall): Promise<string[]> {
  const { stage, error } = await attempt(item);
  if (error !== null && !(error instanceof DrishtiError))
    return [`an error that is not ours at ${stage}: ${describe(error)}`];
  if (item.raises === null) {
    if (error === null || documented(item.op, error.code)) return [];
    return [`torch accepts this; ours: ${describe(error)}`];
  }
  if (error === null) {
    const reason = impossible(item);
    if (reason) throw new NotBuilt(reason);
    return [`not refused; torch: ${item.raises}: ${item.message}`];
  }
  const faults: string[] = [];
  if (stages.indexOf(stage) > stages.indexOf(item.stage!)) faults.push(`refused at ${stage}, torch at ${item.stage}`);
  if (!/^[a-zA-Z0-9-]+$/.test(error.code)) faults.push(`no code: "${error.code}"`);
  if (Object.keys(error.facts).length === 0) faults.push(`no facts: ${error.message}`);
  const absent = numbersIn(Object.values(error.facts)).filter((number) => !names(error.message, number));
  if (absent.length > 0) faults.push(`the message does not say ${absent.join(", ")}: ${error.message}`);
  if (!advice.test(error.message)) faults.push(`the message does not say what to do: ${error.message}`);
  const inLayer = item.kind === "module" && stage === "forward" && !item.op.endsWith("Loss");
  const built = error.where !== "tensor"; // else the input itself was refused, outside the model
  if (inLayer && built && error.path.join(".") !== "features.3") faults.push(`the path is "${error.path.join(".")}"`);
  return faults;
}

export function readBadCalls(folder: string): readonly BadCall[] {
  const path = join(folder, "errors", "errors.json");
  return existsSync(path) ? readJson<{ cases: BadCall[] }>(path).cases : [];
}

export function errorTasks(folder: string): Task[] {
  return readBadCalls(folder).map((item) => ({ id: item.id, run: () => runBadCall(item) }));
}
