// The results of a run as the page docs/performance.md has them: one table of speeds, those of memory, and what the benches
// print as tables themselves.
import { execFileSync } from "node:child_process";

const number = (value, digits = value < 100 ? 1 : 0) =>
  value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const range = ({ median, min, max }, digits) =>
  `${number(median, digits)} (${number(min, digits)} to ${number(max, digits)})`;

/** Date, commit and machine in one paragraph. */
export function heading({ cpu, cores, memoryGiB, node, platform, load }) {
  const git = (...args) => execFileSync("git", args, { encoding: "utf8", cwd: import.meta.dirname }).trim();
  let commit = "not in a repository";
  try {
    const changed = git("status", "--porcelain", "--untracked-files=no") !== "";
    commit = `commit ${git("rev-parse", "--short", "HEAD")}${changed ? " with changes" : ""}`;
  } catch {
    // A copy without its history.
  }
  const date = new Date().toISOString().slice(0, 10);
  return `${date}, ${commit}, ${cpu} (${cores} cores, ${memoryGiB} GiB), ${platform}, Node ${node}, load average ${load} before the run.`;
}

const workOf = ({ bench, mode, model, batchSize, threads, device, eager }) =>
  `${mode ?? bench} ${model}, batch ${batchSize}, ${device}, ${threads} thread${threads === 1 ? "" : "s"}${eager ? ", eager" : ""}`;

/** `runs`: [{ kind, mode, result }] of the kinds speed and peer. */
export function speedTable(runs) {
  const rows = runs.map(({ mode, result }) => {
    const { imagesPerSecond, peer, ratio, pairs } = result;
    const work = workOf({ ...result, mode });
    if (!peer) return `| ${work} | ${range(imagesPerSecond)} | | |`;
    const who = `${peer.name} ${peer.version}${peer.variant ? ` ${peer.variant}` : ""}: ${range(peer.imagesPerSecond)}`;
    return `| ${work} | ${range(imagesPerSecond)} | ${who} | ${range(ratio, 2)}, ${pairs.length} |`;
  });
  return [
    "| work | images/s, median (least to most) | peer, in turns | ratio (least to most), pairs |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

export function memoryTable(runs) {
  const rows = runs.map(({ name, result }) =>
    result.rssMiB
      ? `| ${name} | ${result.rssMiB.early} | ${result.rssMiB.late} | ${result.rssMiB.peak} | ${result.rssMiB.perThousandSteps} |`
      : `| ${name} | ${number(result.earlyMb, 0)} | ${number(result.lateMb, 0)} | ${number(result.peakMb, 0)} | |`,
  );
  return [
    "| loop | early, MiB resident | late | peak | MiB per 1,000 steps |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
