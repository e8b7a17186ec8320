import { describe, expect, test } from "vitest";
import { decodeModel, encodeModel, type ModelProto } from "./proto.ts";
import { kinds, WireError, WireReader, WireWriter } from "./wire.ts";

const bytes = (...list: number[]) => Uint8Array.from(list);

// The examples of https://protobuf.dev/programming-guides/encoding.
describe("the wire format, by the examples of its specification", () => {
  test.each([
    [150, [0x96, 0x01]],
    [1, [0x01]],
    [86942, [0x9e, 0xa7, 0x05]],
    [-2, [0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ])("%d", (value, encoded) => {
    expect(new WireReader(bytes(...encoded)).varint()).toBe(value);
    expect([...new WireWriter().varint(value).finish()]).toEqual(encoded);
  });

  test('field 2 with "testing"', () => {
    const reader = new WireReader(bytes(0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67));
    expect(reader.tag()).toEqual({ field: 2, kind: kinds.bytes });
    expect(reader.string()).toBe("testing");
    expect(reader.done).toBe(true);
  });

  test.each([0, -1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 55, -(2 ** 63), 127, 128, 2 ** 28, 2 ** 56])(
    "%d survives the way there and back",
    (value) => expect(new WireReader(new WireWriter().varint(value).finish()).varint()).toBe(value),
  );

  test("the largest int64 is rounded to the nearest double", () => {
    expect(new WireReader(new WireWriter().raw(bytes(...new Array(8).fill(0xff), 0x7f)).finish()).varint()).toBe(
      2 ** 63,
    );
  });
});

describe("what is refused", () => {
  test.each<[string, number[]]>([
    ["a number of eleven bytes", [0x08, ...new Array(10).fill(0x80), 0x01]],
    ["a number cut off", [0x08, 0x80]],
    ["a field longer than the message", [0x3a, 0x05, 0x00]],
    ["a field of a negative length", [0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["field number 0", [0x02, 0x00]],
    ["a group, which proto3 does not have", [0x3b]],
    ["a text that is not UTF-8", [0x12, 0x01, 0xff]],
    ["a version written as text", [0x0a, 0x00]],
    ["an unknown fixed64 cut off", [0xa1, 0x06, 0x00]],
  ])("%s", (_, list) => expect(() => decodeModel(bytes(...list))).toThrow(WireError));

  test("graphs in graphs without end", () => {
    let message = new Uint8Array();
    // graph.node[0].attribute[0].g = the graph before
    for (let i = 0; i < 60; i++) {
      const attribute = new WireWriter().tag(6, kinds.bytes).bytes(message).finish();
      const node = new WireWriter().tag(5, kinds.bytes).bytes(attribute).finish();
      message = new WireWriter().tag(1, kinds.bytes).bytes(node).finish();
    }
    const model = new WireWriter().tag(7, kinds.bytes).bytes(message).finish();
    expect(() => decodeModel(model)).toThrow("nested more than 40 deep");
  });
});

test("lists of numbers are read packed, one by one, and mixed", () => {
  const dims = (writer: WireWriter) => writer.tag(1, kinds.varint).varint(7).tag(1, kinds.bytes).bytes(bytes(8, 9));
  const tensor = dims(new WireWriter()).tag(1, kinds.varint).varint(10).finish();
  const graph = new WireWriter().tag(5, kinds.bytes).bytes(tensor).finish();
  const model = decodeModel(new WireWriter().tag(7, kinds.bytes).bytes(graph).finish());
  expect(model.graph!.initializer[0]!.dims).toEqual([7, 8, 9, 10]);
});

test("fields that are not known are passed over, and what is known survives the way there and back", () => {
  const model: ModelProto = {
    irVersion: 8,
    producerName: "दृष्टि",
    opsetImport: [{ domain: "", version: 17 }],
    metadataProps: [{ key: "a", value: "b" }],
    functions: [],
    graph: {
      name: "g",
      node: [
        {
          input: ["x", ""],
          output: ["y"],
          opType: "Clip",
          attribute: [{ name: "min", f: -0.5, type: 1, floats: [], ints: [-1, 2 ** 40], strings: [] }],
        },
      ],
      initializer: [],
      sparseInitializer: [],
      input: [],
      output: [],
    },
  };
  const written = encodeModel(model);
  const extended = new WireWriter().raw(written).tag(99, kinds.fixed64).double(1).finish();
  const read = decodeModel(extended);
  expect(read).toMatchObject({ irVersion: 8, producerName: "दृष्टि", opsetImport: [{ domain: "", version: 17 }] });
  const [node] = read.graph!.node;
  expect(node).toMatchObject({ input: ["x", ""], output: ["y"], opType: "Clip" });
  expect(node!.attribute[0]!.f).toBe(-0.5);
  expect([...node!.attribute[0]!.ints]).toEqual([-1, 2 ** 40]);
});
