// Where the time of a captured function goes: its kernels, the median of some replays each, on stderr.
import { median } from "./windows.mjs";

export function printProfile(profile, replays = 15) {
  const runs = Array.from({ length: replays }, profile);
  const rows = runs[0].map(({ kernel, params }, i) => ({
    kernel,
    params,
    ms: median(runs.map((run) => run[i].milliseconds)),
  }));
  const total = rows.reduce((sum, { ms }) => sum + ms, 0);
  for (const { kernel, params, ms } of rows) {
    const sizes = Object.entries(params).flatMap(([key, value]) =>
      /batch|hannels|eight$|idth$|eatures|count|rows|planes/.test(key) ? [`${key} ${value}`] : [],
    );
    console.error(
      `${ms.toFixed(3).padStart(8)} ms ${((100 * ms) / total).toFixed(1).padStart(5)} %  ${kernel}  ${sizes.join(", ")}`,
    );
  }
  console.error(`${total.toFixed(3).padStart(8)} ms in ${rows.length} kernels`);
}
