/** @file What our errors say to every bad call of the oracle. A message that changes shows here: vitest -u takes it over. */
import { join, resolve } from "node:path";
import { getBackend, setDefaultDevice } from "@drishti/core";
import { expect, test } from "vitest";
import { registerDevices } from "../devices.ts";
import { attempt, readBadCalls } from "./groups/errors.ts";

const root = resolve(import.meta.dirname, "../../../..");
const golden = join(root, "packages/core/test/golden");
const selection = join(golden, "oracle");
const whole = join(process.env.DRISHTI_SHARED ?? resolve(root, "../shared"), "oracle");

registerDevices();

for (const [name, folder] of [
  ["selection", selection],
  ["whole-oracle", whole],
] as const) {
  const calls = readBadCalls(folder);
  const title = `the messages for the bad calls, ${name}`;
  const why = calls.length > 0 ? "" : " (skipped: it lies at $DRISHTI_SHARED/oracle or ../shared/oracle)";
  test.skipIf(calls.length === 0)(`${title}${why}`, async () => {
    await getBackend("reference").sync();
    setDefaultDevice("reference");
    const said: string[] = [];
    for (const item of calls) {
      const { stage, error } = await attempt(item);
      const answer = error instanceof Error ? `${error.name}\n${error.message}` : "accepted";
      said.push(`## ${item.id}: ${item.op}, ${item.why}\n${stage}: ${answer}\n`);
    }
    await expect(said.join("\n")).toMatchFileSnapshot(join(golden, `error-messages.${name}.txt`));
  });
}
