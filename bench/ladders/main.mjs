// Prints a ladder: the steps from the naive loop to the winner, each with its idea, its GFLOP/s and its share of the peak measured in
// the same process. Every step must give the first one's numbers.
//   node bench/ladders/main.mjs forward [--rounds 9] [--json]
// C++ steps are compiled with the compiler that builds the native backend, for this machine.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { planBuild } from "../../packages/native/build.mjs";
import { parseOptions } from "../lib/arguments.mjs";
import { median, spread } from "../lib/windows.mjs";
import { ladders } from "./ladders.mjs";
import { winners } from "./winner.mjs";

const { values, positionals } = parseOptions({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "9" }, json: { type: "boolean", default: false } },
});
const [name = "forward"] = positionals;
const ladder = ladders[name];
if (!ladder) throw new Error(`there is no ladder "${name}"; there are: ${Object.keys(ladders).join(", ")}`);
const rounds = Number(values.rounds);
const steps = path.join(import.meta.dirname, name);
const kernels = path.join(import.meta.dirname, "..", "..", "kernels", "cpp");
const folder = mkdtempSync(path.join(tmpdir(), "drishti-ladder-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const { sizes, inputs, flop } = ladder;
const data = ladder.make();
for (const [i, input] of inputs.entries()) writeFileSync(path.join(folder, input), data[i]);

/** What a step's file says of itself: `// idea: …`, `// flags: …`, `// output: pooled`. */
const tagged = (source, tag) => new RegExp(`^// ${tag}: (.*)$`, "m").exec(source)?.[1];

async function inJavaScript(file) {
  const { idea, convolve, gradient } = await import(path.join(steps, file));
  const output = new Float32Array(ladder.outputs);
  const rates = [];
  for (let round = 0; round < Math.min(3, rounds); round++) {
    const start = performance.now();
    (convolve ?? gradient)(sizes, ...data, output);
    rates.push(flop / (performance.now() - start) / 1e6);
  }
  return { step: file, idea, gflops: spread(rates, 2), output };
}

function inCpp(file, compiler) {
  const source = readFileSync(path.join(steps, file), "utf8");
  const flags = tagged(source, "flags")?.split(" ") ?? [];
  const program = path.join(folder, file.replace(".cc", ""));
  const common = [
    "-std=c++20",
    "-O3",
    "-march=native",
    "-ffp-contract=off",
    "-fno-math-errno",
    "-Wno-psabi",
    "-pthread",
  ];
  execFileSync(compiler, [...common, ...flags, `-I${kernels}`, path.join(steps, file), "-o", program]);
  const { status, stdout } = spawnSync(program, [folder, String(rounds)], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${file} ended with ${status}`);
  const bytes = readFileSync(path.join(folder, "y"));
  const output = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return {
    step: file,
    idea: tagged(source, "idea"),
    ...JSON.parse(stdout),
    output,
    pooled: tagged(source, "output") === "pooled",
  };
}

/** The largest difference from what is expected, in units of the room that a sum of so many terms has. */
function faultOf(output, expected) {
  if (output.length !== expected.length) return Number.POSITIVE_INFINITY;
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let worst = 0;
  for (let i = 0; i < output.length; i++) {
    const difference = Math.abs(output[i] - expected[i]);
    worst = difference > worst || Number.isNaN(difference) ? difference : worst;
  }
  return worst / (largest * 2 ** -23 * 64);
}

const files = readdirSync(steps)
  .filter((file) => /^\d/.test(file))
  .sort();
const plan = planBuild();
if (plan.reason) console.error(`no C++ here, so its steps are left out: ${plan.reason}`);
const rows = [];
for (const file of files) {
  if (file.endsWith(".mjs")) rows.push(await inJavaScript(file));
  else if (!plan.reason) rows.push(inCpp(file, plan.compiler.command));
}
rows.push(...winners(name, folder, rounds));

const first = rows[0].output;
const pooled = ladder.pool?.(first);
for (const row of rows) {
  row.fault = faultOf(row.output, row.pooled ? pooled : first);
  if (!(row.fault <= 1)) {
    console.error(`${row.step} does not give the first step's numbers (${row.fault.toFixed(1)} times the room)`);
    process.exitCode = 1;
  }
}
// Steps in JavaScript have no peak of their own: they are set beside that of the C++ steps on one thread.
const peak = median(rows.flatMap(({ share, gflops, threads = 1 }) => (share ? [gflops.median / share / threads] : [])));
const told = rows.map(({ step, idea, gflops, share = gflops.median / peak, pooled: isPooled = false, fault }) => ({
  step,
  idea,
  gflops,
  share,
  times: gflops.median / rows[0].gflops.median,
  pooled: isPooled,
  fault,
}));
if (values.json) for (const row of told) console.log(JSON.stringify({ bench: "ladder", ladder: name, ...row }));
else {
  console.log(`${ladder.title}. Peak of one thread: ${peak.toFixed(0)} GFLOP/s.\n`);
  console.log(
    "| step | idea | GFLOP/s (least to most) | share of peak | times the first |\n| --- | --- | --- | --- | --- |",
  );
  for (const { step, idea, gflops, share, times } of told)
    console.log(
      `| ${step.replace(/\.(mjs|cc)$/, "")} | ${idea} | ${gflops.median} (${gflops.min} to ${gflops.max}) | ${(100 * share).toFixed(share < 0.1 ? 1 : 0)} % | ${times.toFixed(times < 10 ? 1 : 0)} |`,
    );
  console.log(
    `\nEvery step gives the first one's numbers: the worst is at ${(100 * Math.max(...told.map(({ fault }) => fault))).toFixed(0)} % of the room (64 ε of the largest).\n`,
  );
}
