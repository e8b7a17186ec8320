import type { Reporter, TestModule } from "vitest/node";

/** Prints one plain line that machines can count: "N passed, N failed, N skipped". */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    // An error outside of any test fails the run too.
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) {
      let failed = 0;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "failed") failed++;
        counts[state === "passed" || state === "failed" ? state : "skipped"]++;
      }
      // A file that does not load, or whose hooks fail, has no failed test to show for it.
      if (failed === 0 && !module.ok()) counts.failed++;
    }
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}
