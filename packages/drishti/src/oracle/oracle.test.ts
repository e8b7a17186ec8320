import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { registerDevices, reportDevices } from "../devices.ts";
import { groupsIn, runGroup } from "./run.ts";

const root = resolve(import.meta.dirname, "../../../..");
const selection = join(root, "packages/core/test/golden/oracle");
const surface = join(root, "packages/core/test/golden/surface");
const whole = join(process.env.DRISHTI_SHARED ?? resolve(root, "../shared"), "oracle");

registerDevices();
const devices = reportDevices().filter(({ device }) => device !== "webgpu");

/**
 * Leaves the oracle's room at step 42 (0.025 for 0.02) on native AVX2: a ReLU input that should be −2.5·10⁻⁸, of terms
 * that add up to 1.1, comes out positive; so it does in PyTorch on the same machine. docs/numerics.md has the figures.
 * `npm run oracle` reports it as failed. Not among the curves that must agree.
 */
const deviations = new Set(["native training/simple_cnn_dropout-adam"]);

/** Curves of the whole oracle take a minute or two on wasm. */
const timeout = 600_000;

function suite(name: string, folder: string): void {
  describe(name, () => {
    for (const group of groupsIn(folder)) {
      for (const { device, available, reason } of devices) {
        const title = available ? `${group} on ${device}` : `${group} on ${device} (skipped: ${reason})`;
        test.skipIf(!available)(title, { timeout }, async () => {
          const { passed, failures, skipped } = await runGroup(folder, group, device);
          expect(failures.filter((failure) => !deviations.has(`${device} ${failure.id}`))).toEqual([]);
          // Curves on the reference are mostly skipped: minutes in plain loops.
          expect(passed).toBeGreaterThan(group === "training" ? 0 : skipped.length);
        });
      }
    }
  });
}

suite("torch's values, the committed selection", selection);
suite("torch's values, the wider surface", surface);

if (existsSync(whole)) suite("torch's values, the whole oracle", whole);
else
  test.skip("torch's values, the whole oracle (skipped: it lies at $DRISHTI_SHARED/oracle or ../shared/oracle)", () => {});

describe("the comparison finds", () => {
  test("nothing where a folder has nothing", () => expect(groupsIn(join(root, "docs"))).toEqual([]));
});
