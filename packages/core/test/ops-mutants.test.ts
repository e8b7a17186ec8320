import { describe, expect, test } from "vitest";
import { defineOp, type Op, type OpInputs } from "../src/autograd/define-op.ts";
import { registerBackend, setDefaultDevice } from "../src/autograd/device.ts";
import { Tensor } from "../src/autograd/tensor.ts";
import { createReference } from "../src/backends/reference.ts";
import "../src/ops/methods.ts";
import { avgPool2dOp } from "../src/ops/avg-pool2d.ts";
import { gatherOp, scatterOp } from "../src/ops/by-index.ts";
import { conv2dSuite } from "../src/ops/conv2d.samples.ts";
import { type ConvGeometry, conv2dOp } from "../src/ops/conv2d.ts";
import { linearSuite } from "../src/ops/linear.samples.ts";
import { linearOp } from "../src/ops/linear.ts";
import { pad } from "../src/ops/pad.ts";
import { poolGeometry } from "../src/ops/pool-shape.ts";
import { cumsum } from "../src/ops/running.ts";
import type { Sample } from "../src/ops/samples.ts";
import { softmaxOp } from "../src/ops/softmax.ts";
import { unaryOps } from "../src/ops/unary.ts";
import {
  checkBatches,
  checkGradients,
  checkLayouts,
  checkSecond,
  checkShape,
  checkSubsets,
} from "../src/testing/op-checks.ts";
import { opSuites } from "../src/testing/op-suites.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

type Definition<In extends OpInputs, P> = Op<In, P>["definition"];

/** The same op with part of its definition replaced. */
function mutated<In extends OpInputs, P>(
  op: Op<In, P>,
  change: (d: Definition<In, P>) => Partial<Definition<In, P>>,
): Op<In, P> {
  return defineOp<In, P, OpInputs>({ ...op.definition, ...change(op.definition) }) as Op<In, P>;
}

const swap = <T>([a, b]: readonly [T, T]): readonly [T, T] => [b, a];
/** The backward that sees another geometry than forward did. */
const otherGeometry = (edit: (g: ConvGeometry) => Partial<ConvGeometry>) =>
  mutated(conv2dOp, ({ backward }) => ({
    backward: (grad, saved, g, context) => backward!(grad, saved, { ...g, ...edit(g) }, context),
  }));

/** "every parameter differs by axis": a 3×2 kernel, stride [2, 1], padding [1, 2], dilation [2, 3]. */
const geometry: ConvGeometry = { stride: [2, 1], before: [1, 2], after: [1, 2], dilation: [2, 3], groups: 1 };

function convolution(op: typeof conv2dOp): Sample {
  const sample = conv2dSuite.samples.find(({ name }) => name === "every parameter differs by axis")!;
  return { ...sample, call: ([input, weight]) => op({ input: input!, weight: weight! }, geometry) };
}

function dense(op: typeof linearOp): Sample {
  const sample = linearSuite.samples.find(({ name }) => name === "a batch")!;
  return { ...sample, call: ([input, weight, bias]) => op({ input: input!, weight: weight!, bias }, null) };
}

function find(suite: string, sample: string): Sample {
  const found = opSuites.find(({ name }) => name === suite)?.samples.find(({ name }) => name === sample);
  if (!found) throw new Error(`there is no sample "${sample}" of ${suite}`);
  return found;
}

/** All that the checks say; a mutant that throws is caught as well. */
async function caught(sample: Sample): Promise<string[]> {
  const faults: string[] = [];
  for (const check of [checkShape, checkGradients, checkSecond, checkSubsets, checkLayouts, checkBatches]) {
    try {
      faults.push(...(await check(sample)));
    } catch (error) {
      faults.push(String(error));
    }
  }
  return faults;
}

test("the checks say nothing of the ops as they are", async () => {
  expect(await caught(convolution(conv2dOp))).toEqual([]);
  expect(await caught(dense(linearOp))).toEqual([]);
});

describe("the checks catch", () => {
  const pool = poolGeometry("avgPool2d", [2, 3], { stride: [1, 2], padding: [1, 0] });
  const mutants: Record<string, Sample> = {
    "a backward with dilation's axes exchanged": convolution(otherGeometry((g) => ({ dilation: swap(g.dilation) }))),
    "a backward with padding's axes exchanged": convolution(otherGeometry((g) => ({ before: swap(g.before) }))),
    "a backward with stride's axes exchanged": convolution(otherGeometry((g) => ({ stride: swap(g.stride) }))),
    "a backward that ignores the upstream gradient": convolution(
      mutated(conv2dOp, ({ backward }) => ({
        backward: (grad, ...rest) => backward!(Tensor.empty(grad.backend, grad.shape).fill_(1), ...rest),
      })),
    ),
    "a forward with the padding on the wrong axis": convolution(
      mutated(conv2dOp, ({ shape, forward }) => ({
        shape: (inputs, g) => shape(inputs, { ...g, before: swap(g.before), after: swap(g.after) }),
        forward: (inputs, g, out) => forward(inputs, { ...g, before: swap(g.before), after: swap(g.after) }, out),
      })),
    ),
    "a weight's gradient that is computed only beside the input's": dense(
      mutated(linearOp, ({ backward }) => ({
        backward: (grad, saved, p, context) => (context.needs.input ? backward!(grad, saved, p, context) : {}),
      })),
    ),
    "a bias without a gradient": dense(
      mutated(linearOp, ({ backward }) => ({
        backward: (grad, saved, p, context) => ({ ...backward!(grad, saved, p, context), bias: undefined }),
      })),
    ),
    "a mean whose backward counts padding otherwise": {
      ...find("avgPool2d", "every parameter differs by axis"),
      call: ([input]) =>
        mutated(avgPool2dOp, ({ backward }) => ({
          backward: (grad, saved, g, context) => backward!(grad, saved, { ...g, countIncludePad: false }, context),
        }))({ input: input! }, { ...pool, countIncludePad: true, divisorOverride: 0 }),
    },
    "a derivative of the wrong sign": {
      ...find("tanh", "three axes"),
      call: ([input]) =>
        mutated(unaryOps.tanh, ({ backward }) => ({
          backward: (grad, ...rest) => backward!(grad.neg(), ...rest),
        }))({ input: input! }, { alpha: 0, beta: 0 }),
    },
    "a gradient that is not summed over the repeated axes": {
      ...find("mul", "a row for all"),
      call: ([a, b]) => a!.mul(b!.detach()).add(b!.mul(0)), // b's gradient is lost
    },
    "memory read as if it were in row-major order": {
      ...find("clone", "a matrix"),
      call: ([input]) =>
        new Tensor(input!.storage, input!.dtype, input!.shape, undefined, input!.offset).add(input!.mul(0)),
    },
    "a batch of 0 that divides by its size": {
      ...find("sum", "everything"),
      call: ([input]) => input!.sum().mul(input!.size(0) / input!.size(0)),
    },
    "a gradient of places named several times that keeps the last": {
      ...find("gather", "entries named several times"),
      call: ([input, indices]) => {
        const place = { where: "gather", axis: 1, list: false };
        return mutated(gatherOp, () => ({
          backward: (source, saved, p, { shapes }) => ({
            input: scatterOp({ source, indices: saved.indices }, { ...p, shape: shapes.input }),
          }),
        }))({ input: input!, indices: indices! }, place);
      },
    },
    "a running sum whose gradient runs the same way": {
      ...find("cumsum", "the last axis"),
      call: ([input]) =>
        cumsum(input!, -1)
          .detach()
          .add(cumsum(input!.sub(input!.detach()), 0)),
    },
    "a softmax whose gradient forgets that the others fall": {
      ...find("softmax", "the middle axis"),
      call: ([input]) =>
        mutated(softmaxOp, () => ({ backward: (grad, { output }) => ({ input: grad.mul(output) }) }))(
          { input: input! },
          { axis: 1 },
        ),
    },
    "padding cut off on the other side": {
      ...find("pad", "a constant, four sides"),
      call: ([input]) =>
        pad(input!, [0, 1, 3, 2], { value: 0.5 })
          .detach()
          .add(pad(input!.sub(input!.detach()), [1, 0, 2, 3])),
    },
    "second derivatives that forget the input": convolution(
      mutated(conv2dOp, ({ backward }) => ({
        backward: (grad, { input, weight, output }, g, context) =>
          backward!(grad, { input: input.detach(), weight: weight.detach(), output }, g, context),
      })),
    ),
    "second derivatives that forget the upstream gradient": dense(
      mutated(linearOp, ({ backward }) => ({ backward: (grad, ...rest) => backward!(grad.detach(), ...rest) })),
    ),
    "a second derivative of the wrong sign": {
      ...find("tanh", "three axes"),
      call: ([input]) =>
        mutated(unaryOps.tanh, () => ({
          differentiable: (grad, { output }) => ({ input: grad.mul(output.detach().mul(output).neg().add(1)) }),
        }))({ input: input! }, { alpha: 0, beta: 0 }),
    },
  };

  test.each(Object.entries(mutants))("%s", async (_name, mutant) => {
    expect(await caught(mutant)).not.toEqual([]);
  });
});
