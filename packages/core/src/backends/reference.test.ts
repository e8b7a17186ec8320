import { describe, expect, it } from "vitest";
import { kernelNames } from "../kernels/contract.ts";
import { KernelRefusal } from "./backend.ts";
import { createReference } from "./reference.ts";

const backend = createReference();

function bufferOf(values: Float64Array | Int32Array | Uint8Array) {
  const type = values instanceof Float64Array ? "f32" : values instanceof Int32Array ? "i32" : "u8";
  const buffer = backend.alloc(type, values.length);
  backend.write({ buffer, offset: 0 }, values);
  return buffer;
}

describe("the reference backend", () => {
  it("has every kernel", () => {
    expect(kernelNames.filter((name) => !backend.supports(name))).toEqual([]);
  });

  it("keeps float32 in doubles, unrounded", async () => {
    const buffer = bufferOf(Float64Array.of(0.1, 1 / 3));
    expect(await backend.read({ buffer, offset: 1 }, 1)).toEqual(Float64Array.of(1 / 3));
  });

  it("hands out memory that is not zero, so that counting on zeros shows", () => {
    const read = (type: "f32" | "i32" | "u8") => backend.readSync!({ buffer: backend.alloc(type, 1), offset: 0 }, 1)[0];
    expect(read("f32")).toBe(Number.NaN);
    expect(read("i32")).not.toBe(0);
    expect(read("u8")).not.toBe(0);
  });

  it("runs on views and touches nothing outside", () => {
    const input = bufferOf(Float64Array.of(9, -1, 2, 9));
    const output = bufferOf(Float64Array.of(7, 7, 7, 7));
    const p = { count: 2, alpha: 0, beta: 0 };
    backend.run("relu_f32", p, [{ buffer: input, offset: 1 }], [{ buffer: output, offset: 1 }]);
    expect(backend.readSync!({ buffer: output, offset: 0 }, 4)).toEqual(Float64Array.of(7, 0, 2, 7));
  });

  it("passes a kernel's refusal on with the kernel's name", () => {
    const view = (values: Float64Array | Int32Array) => ({ buffer: bufferOf(values), offset: 0 });
    const call = () =>
      backend.run(
        "nll_loss_f32",
        { batch: 1, classes: 2, spatial: 1, ignoreIndex: -100 },
        [view(Float64Array.of(-1, -2)), view(Int32Array.of(5)), null],
        [view(Float64Array.of(0)), view(Float64Array.of(0))],
      );
    expect(call).toThrow(KernelRefusal);
    expect(call).toThrow(expect.objectContaining({ kernel: "nll_loss_f32", status: 1, facts: [5, 0] }));
  });

  describe("refuses a call that other backends would read as garbage:", () => {
    const p = { count: 3, alpha: 0, beta: 0 };
    const f32 = () => ({ buffer: backend.alloc("f32", 3), offset: 0 });
    const freed = f32();
    backend.free(freed.buffer);
    it.each([
      ["too few operands", "operand", () => backend.run("relu_f32", p, [], [f32()])],
      ["a missing operand", "operand", () => backend.run("relu_f32", p, [null], [f32()])],
      [
        "another type",
        "operand",
        () => backend.run("relu_f32", p, [{ buffer: backend.alloc("i32", 3), offset: 0 }], [f32()]),
      ],
      ["a view too short", "bounds", () => backend.run("relu_f32", p, [{ ...f32(), offset: 1 }], [f32()])],
      ["a freed buffer", "freed", () => backend.run("relu_f32", p, [freed], [f32()])],
      [
        "a parameter left out",
        "params",
        () => backend.run("relu_f32", { count: 3, alpha: 0 } as typeof p, [f32()], [f32()]),
      ],
      [
        "another backend's buffer",
        "foreign-buffer",
        () => backend.readSync!({ buffer: { type: "f32", length: 3 }, offset: 0 }, 1),
      ],
      ["a read past the end", "bounds", () => backend.readSync!(f32(), 4)],
      ["a write past the end", "bounds", () => backend.write({ ...f32(), offset: 2 }, Float64Array.of(1, 2))],
      ["a write of another type", "type", () => backend.write(f32(), Int32Array.of(1))],
    ])("%s", (_name, code, call) => {
      expect(call).toThrow(expect.objectContaining({ name: "BackendError", code }));
    });
  });
});
