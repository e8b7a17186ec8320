import { DataError } from "@drishti/core/errors";
import { describe, expect, test } from "vitest";
import { damaged, misbehaviours } from "./harness.ts";

const file = Uint8Array.from({ length: 100 }, (_, i) => i);
const files = [["file", file]] as const;

describe("the fuzz harness", () => {
  test("the same run gives the same damage, another run another, and the sample stays whole", () => {
    const all = Array.from({ length: 200 }, (_, run) => Buffer.from(damaged(files, run).bytes).toString("hex"));
    expect(Buffer.from(damaged(files, 7).bytes).toString("hex")).toBe(all[7]);
    expect(new Set(all).size).toBeGreaterThan(180);
    expect(file.every((byte, i) => byte === i)).toBe(true);
  });

  test("sees what a reader must not do", async () => {
    const refuse = () => {
      throw new DataError("x", "short", "too short.");
    };
    const crash = () => (undefined as unknown as number[]).length;
    const kept: Uint8Array[] = [];
    const one = async (read: () => unknown) => (await misbehaviours(read, [file]))[0];
    expect(await one(() => 1)).toBeUndefined();
    expect(await one(refuse)).toBe("refused");
    expect(await one(async () => refuse())).toBe("refused");
    expect(await one(crash)).toContain("TypeError");
    expect(await one(async () => crash())).toContain("TypeError");
    expect(await one(() => kept.push(new Uint8Array(4 << 20)))).toContain("bytes of memory");
  });

  test("a hang is stopped, and the files after it are still read", async () => {
    const read = (bytes: Uint8Array) => {
      while (bytes[0] === 1);
    };
    const found = await misbehaviours(read, [file, Uint8Array.of(1), file], 100);
    expect(found).toEqual([undefined, "hung for 100 ms", undefined]);
  });
});
