/** @file Results as lines: for programs, and for people. */
import type { GroupResult } from "./run.ts";

/** The contract's line: `{ group, device, passed, failed, skipped, failures: [ids] }`; with --paths `path` too. */
export function jsonLine({ group, device, passed, failures, skipped, path }: GroupResult): string {
  return JSON.stringify({
    group,
    device,
    passed,
    failed: failures.length,
    skipped: skipped.length,
    failures: failures.map(({ id }) => id),
    path, // JSON leaves out what is undefined
  });
}

/** Failures written out in full. */
const mostShown = 20;

const widths = [12, 18, 8, 8, 8] as const;

function row(cells: readonly (string | number)[]): string {
  return cells.map((cell, i) => (i < 2 ? String(cell).padEnd(widths[i]!) : String(cell).padStart(widths[i]!))).join("");
}

export const tableHead = row(["group", "device", "passed", "failed", "skipped"]);

/** A row of the table, then what failed, and why something was skipped. */
export function tableRow({ group, device, passed, failures, skipped, path }: GroupResult): string {
  const lines = [row([group, path ?? device, passed, failures.length, skipped.length])];
  for (const { id, faults } of failures.slice(0, mostShown)) {
    lines.push(`  failed  ${id}`);
    for (const fault of faults.slice(0, 4)) lines.push(`          ${fault.replaceAll("\n", "\n          ")}`);
    if (faults.length > 4) lines.push(`          and ${faults.length - 4} more`);
  }
  if (failures.length > mostShown) lines.push(`  failed  ${failures.length - mostShown} more; --json lists them all`);
  const reasons = new Map<string, number>();
  for (const { reason } of skipped) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  for (const [reason, count] of reasons) lines.push(`  skipped ${count}: ${reason}`);
  return lines.join("\n");
}
