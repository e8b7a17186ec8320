import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

// Tests run the TypeScript sources, not a build: the condition maps each workspace package to its src folder.
export default defineConfig({
  resolve: { conditions: ["drishti-source", "node", "import", "default"] },
  ssr: { resolve: { conditions: ["drishti-source", "node", "import", "default"] } },
  test: {
    include: ["packages/*/{src,test}/**/*.test.ts", "scripts/**/*.test.ts", "examples/**/*.test.ts"],
    globalSetup: "./scripts/test-setup.ts",
    maxWorkers: Math.max(2, availableParallelism() - 1), // of two cores the default leaves one idle
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ["default", "./scripts/count-reporter.ts"],
  },
});
