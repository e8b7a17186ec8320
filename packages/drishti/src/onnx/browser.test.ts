import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

test("the browser's entry brings in no Node, and nothing of drishti beyond its own folder", () => {
  const seen = new Set<string>();
  const foreign: string[] = [];
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export) [^;]*?from "([^"]+)";/gms,
    )) {
      const target = specifier.startsWith(".") ? join(dirname(file), specifier) : specifier;
      if (specifier.startsWith(".") && !relative(import.meta.dirname, target).startsWith("..")) visit(target);
      else if (!/^@drishti\/core(\/[a-z]+)?$/.test(specifier))
        foreign.push(`${relative(import.meta.dirname, file)}: ${specifier}`);
    }
  };
  visit(join(import.meta.dirname, "browser.ts"));
  expect(foreign).toEqual([]);
  expect(seen.size).toBeGreaterThan(20);
});
