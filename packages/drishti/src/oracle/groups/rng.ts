/** @file The group `rng`: random streams, nn.init and default initialisation, bit for bit. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import {
  bernoulli,
  defaultGenerator,
  empty,
  full,
  manualSeed,
  nn,
  ones,
  rand,
  randint,
  randn,
  randperm,
  type Tensor,
  tensor,
} from "@drishti/core";
import { fillBernoulli, shuffleOrder } from "@drishti/core/base/rng";
import { Args, type Arguments } from "../args.ts";
import { numberDifference } from "../compare.ts";
import { type Description, digestDifference } from "../digest.ts";
import { makeLayer } from "../modules.ts";
import { NotBuilt } from "../not-built.ts";
import { readJson } from "../store.ts";
import type { Task } from "../task.ts";
import { inits } from "./inits.ts";

interface Stream extends Description {
  readonly op: string;
  readonly seed: number;
  readonly n: number;
  readonly args: Arguments;
  /** What randint(0, 2^31) gives next. */
  readonly next_random: number;
}

interface Init extends Description {
  readonly op: string;
  readonly seed: number;
  readonly args: Arguments;
}

interface Layer {
  readonly op: string;
  readonly seed: number;
  readonly args: Arguments;
  readonly parameters: Readonly<Record<string, Description>>;
  readonly buffers: Readonly<Record<string, Description>>;
}

interface Gain {
  readonly nonlinearity: nn.init.Nonlinearity;
  readonly param: number | null;
  readonly gain: number;
}

function filled(n: number, fill: (values: Float32Array) => void): Tensor {
  const values = new Float32Array(n);
  fill(values);
  return tensor(values);
}

const streams: Readonly<Record<string, (n: number, a: Args) => Tensor | Promise<Tensor>>> = {
  "torch.rand": (n) => rand([n]),
  "torch.randn": (n) => randn([n]),
  "torch.randint": (n, a) => randint(a.number("low"), a.number("high"), [n]),
  "torch.randperm": (n) => randperm(n),
  "torch.bernoulli": (n, a) => bernoulli(full([n], a.number("p_tensor"))),
  "Tensor.bernoulli_": (n, a) => filled(n, (values) => fillBernoulli(defaultGenerator, values, a.number("p"))),
  "F.dropout(ones)": (n, a) => nn.functional.dropout(ones([n]), { p: a.number("p") }),
  "Tensor.uniform_": (n, a) => nn.init.uniform_(empty([n]), a.number("from"), a.number("to")),
  "Tensor.normal_": (n, a) => nn.init.normal_(empty([n]), a.number("mean"), a.number("std")),
  "DataLoader(shuffle=True)": (n, a) => {
    const epochs = Array.from({ length: a.number("epochs") }, () => [...shuffleOrder(defaultGenerator, n)]);
    return tensor(Int32Array.from(epochs.flat()), { shape: [epochs.length, n] });
  },
};

async function runStream(item: Stream): Promise<string[]> {
  const draw = streams[item.op];
  if (!draw) throw new NotBuilt(`${item.op} is not built`);
  manualSeed(item.seed);
  const args = new Args(item.args);
  const drawn = await draw(item.n, args);
  const next = randint(0, 2 ** 31, [1]);
  args.finish(item.op);
  const found = [
    await digestDifference("stream", drawn, item),
    numberDifference("next number", await next.item(), item.next_random, 0),
  ];
  return found.filter((fault) => fault !== null);
}

async function runInit(item: Init): Promise<string[]> {
  const name = item.op.replace("nn.init.", "");
  const init = inits[name];
  if (!init) throw new NotBuilt(`${item.op} is not built`);
  manualSeed(item.seed);
  const args = new Args(item.args);
  const t = init(empty(item.shape), args);
  args.finish(item.op);
  const fault = await digestDifference(item.op, t, item);
  return fault === null ? [] : [fault];
}

async function runLayer(item: Layer): Promise<string[]> {
  manualSeed(item.seed);
  const state = makeLayer(item.op.replace("nn.", ""), item.args).stateDict();
  const found: (string | null)[] = [];
  for (const [key, expected] of Object.entries({ ...item.parameters, ...item.buffers }))
    found.push(await digestDifference(key, state.get(key), expected));
  return found.filter((fault) => fault !== null);
}

async function runGain({ nonlinearity, param, gain }: Gain): Promise<string[]> {
  const fault = numberDifference("gain", nn.init.calculateGain(nonlinearity, param ?? undefined), gain, 0);
  return fault === null ? [] : [fault];
}

/** Numbers equal names, so that every task has an id of its own. */
function numbered<T>(
  prefix: string,
  items: readonly T[],
  name: (item: T) => string,
  run: (item: T) => Promise<string[]>,
): Task[] {
  const seen = new Map<string, number>();
  return items.map((item) => {
    const base = `${prefix}/${name(item)}`;
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return { id: count === 0 ? base : `${base}#${count}`, run: () => run(item) };
  });
}

export function rngTasks(folder: string): Task[] {
  const path = (file: string) => join(folder, "rng", file);
  const tasks: Task[] = [];
  if (existsSync(path("streams.json"))) {
    const { cases } = readJson<{ cases: Stream[] }>(path("streams.json"));
    tasks.push(...numbered("rng/streams", cases, (c) => `${c.op}/${c.seed}/${c.n}`, runStream));
  }
  if (existsSync(path("streams-scalar.json"))) {
    const { cases } = readJson<{ cases: Stream[] }>(path("streams-scalar.json"));
    const skip = async () => {
      throw new NotBuilt("the normals of a torch built without AVX2; Drishti has those of the usual build");
    };
    tasks.push(...numbered("rng/streams-scalar", cases, (c) => `${c.op}/${c.seed}/${c.n}`, skip));
  }
  if (existsSync(path("init.json"))) {
    const { init, layers, gains } = readJson<{ init: Init[]; layers: Layer[]; gains: Gain[] }>(path("init.json"));
    tasks.push(...numbered("rng/init", init, (c) => `${c.op}/${c.seed}/${c.shape.join("x")}`, runInit));
    tasks.push(...numbered("rng/layers", layers, (c) => `${c.op}/${c.seed}`, runLayer));
    tasks.push(...numbered("rng/gains", gains, (c) => c.nonlinearity, runGain));
  }
  return tasks;
}
