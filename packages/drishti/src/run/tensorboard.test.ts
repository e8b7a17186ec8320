import { describe, expect, test } from "vitest";
import { crc32c, pointEvent, record, versionEvent } from "./tensorboard.ts";

describe("event files", () => {
  // RFC 3720, B.4
  test.each([
    [Buffer.alloc(32, 0), 0x8a9136aa],
    [Buffer.alloc(32, 0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [Buffer.from("123456789"), 0xe3069283],
  ])("CRC-32C of the RFC's examples (%#)", (bytes, crc) => expect(crc32c(bytes)).toBe(crc));

  test("a file begins with the bytes every file of TensorFlow begins with", () => {
    const bytes = Buffer.from(record(versionEvent(1.5)));
    expect(bytes.subarray(0, 13).toString("latin1")).toBe('\x18\0\0\0\0\0\0\0\xa3\x7fK"\t');
    expect(bytes.subarray(21, 36).toString("latin1")).toBe("\x1a\rbrain.Event:2");
  });

  test("a value: wall time, step as varint, summary with tag and float", () => {
    // 09 double 2 | 10 varint 300 | 2a length 10 { 0a length 8 { 0a 01 'a' | 15 float 1 } }
    const hex = Buffer.from(pointEvent({ tag: "a", step: 300, value: 1 }, 2)).toString("hex");
    expect(hex).toBe("090000000000000040" + "10ac02" + "2a0a" + "0a08" + "0a0161" + "150000803f");
  });
});
