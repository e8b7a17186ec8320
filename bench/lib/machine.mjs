// What a figure was measured on.
import { cpus, loadavg, totalmem } from "node:os";

export function machine() {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    load: Number(loadavg()[0].toFixed(2)),
  };
}
