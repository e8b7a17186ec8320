import { expect, test } from "vitest";
import {
  add,
  cat,
  createReference,
  groupNorm,
  hardswish,
  interpolate,
  type Tensor,
  type TracedOp,
  tensor,
  traceOps,
} from "../index.ts";

const device = createReference();
const pictures = tensor(
  Float32Array.from({ length: 32 }, (_, i) => i),
  { shape: [1, 2, 4, 4], device },
);

function recorded(body: () => unknown): TracedOp[] {
  const ops: TracedOp[] = [];
  traceOps((op) => ops.push(op), body);
  return ops;
}

const names = (body: () => unknown) => recorded(body).map(({ name }) => name);

test("an operation made of others is told of once", () => {
  expect(names(() => hardswish(pictures))).toEqual(["hardswish"]);
  expect(names(() => interpolate(pictures, { scaleFactor: 2 }))).toEqual(["interpolate"]);
  expect(names(() => groupNorm(pictures, 2))).toEqual(["groupNorm"]);
});

test("views, casts, comparisons and integer arithmetic are told of, each with what it reads", () => {
  const ops = recorded(() => {
    const flat = pictures.reshape([2, 16]).transpose(0, 1).narrow(0, 3, 2);
    return cat([flat.ge(5).to("int32").add(1), flat.to("int32")]).detach();
  });
  expect(ops.map(({ name }) => name)).toEqual([
    ...["reshape", "permute", "narrow", "ge", "to", "add", "to", "cat", "detach"],
  ]);
  const made = new Set<Tensor>([pictures]);
  for (const { name, inputs, output } of ops) {
    for (const input of Object.values(inputs))
      if (input && input.numel > 1) expect(made.has(input), `what ${name} reads`).toBe(true);
    made.add(output);
  }
});

test("a change in place is told of", () => {
  expect(names(() => pictures.clone().add_(1))).toEqual(["clone", "add_", "affine"]);
});

test("nothing is told once the body has ended or thrown", () => {
  const seen: string[] = [];
  expect(() =>
    traceOps(
      (op) => seen.push(op.name),
      () => add(pictures, tensor([1, 2, 3], { device })),
    ),
  ).toThrow("broadcast");
  pictures.relu();
  expect(seen).toEqual([]);
});
