// Random graphs of 5 to 20 operations: gradients and second derivatives against differences in doubles, and every backend
// against the reference. A failure is printed as a program to add to packages/core/src/testing/fuzz-regressions.ts.
//   npm run build && node scripts/fuzz.mjs [--first SEED] [--graphs 500] [--device reference,native,wasm]
import { parseArgs } from "node:util";
import { fuzzBackend, fuzzGradients, fuzzProgram } from "@drishti/core/testing";
import { getBackend, setDefaultDevice } from "drishti";

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "1000" },
    graphs: { type: "string", default: "500" },
    device: { type: "string", default: "reference,native,wasm" },
  },
});
const devices = values.device.split(",");
const backends = devices.filter((name) => name !== "reference").map((name) => getBackend(name));
setDefaultDevice("reference");

let failures = 0;
const first = Number(values.first);
for (let seed = first; seed < first + Number(values.graphs); seed++) {
  const program = await fuzzProgram(seed);
  const faults = devices.includes("reference") ? await attempt(() => fuzzGradients(program)) : [];
  for (const backend of backends)
    faults.push(...(await attempt(() => fuzzBackend(program, backend))).map((fault) => `${backend.name}: ${fault}`));
  if (faults.length === 0) continue;
  failures++;
  console.log(`graph ${seed}:\n  ${faults.join("\n  ")}\n  ${JSON.stringify(program)}`);
}
console.log(`${values.graphs} graphs, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

/** What is wrong; an error counts, too. */
async function attempt(check) {
  try {
    return await check();
  } catch (error) {
    return [String(error)];
  }
}
