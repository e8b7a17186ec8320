/** @file What an operator of ONNX is here, and the ways most of them are made. */
import type { Backend, Tensor } from "@drishti/core";
import { DataError } from "@drishti/core/errors";
import type { OnnxNode } from "../attributes.ts";
import { isFloat, type OnnxType } from "../dtype.ts";
import { host, numbersOf, onHost, settled, toDevice, toHost, type Value } from "../value.ts";

export interface Context {
  /** Where pictures and features live. */
  readonly device: Backend;
  /** Whether batch norm uses the batch and dropout drops: the model's mode. */
  readonly training: boolean;
}

export type Inputs = readonly (Value | undefined)[];

export interface Operator {
  /** Why this node cannot be run, as far as its attributes tell. */
  refuse?(node: OnnxNode): string | undefined;
  run(node: OnnxNode, inputs: Inputs, context: Context): readonly Value[];
}

export type Operators = Readonly<Record<string, Operator>>;

/** An input that must be there. */
export function need(node: OnnxNode, inputs: Inputs, index: number): Value {
  const value = inputs[index];
  if (value) return value;
  throw new DataError("onnx", "inputs", `${node.title} lacks input ${index}.`);
}

/** The numbers of an input that says how to go on: a shape, axes, sizes. */
export function list(inputs: Inputs, index: number): number[] | undefined {
  const value = inputs[index];
  return value && Array.from(numbersOf(value));
}

export function scalar(inputs: Inputs, index: number): number | undefined {
  return list(inputs, index)?.[0];
}

/** An axis counted from the end when negative. */
export function axisOf(node: OnnxNode, axis: number, rank: number): number {
  if (Number.isInteger(axis) && axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  throw new DataError("onnx", "axis", `${node.title}: axis ${axis} is outside a value of ${rank} axes.`);
}

export function axesOf(node: OnnxNode, axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => axisOf(node, axis, rank));
}

/** Whole numbers are computed on the host, bools and floats where they are. */
function stays(value: Value): boolean {
  return onHost(value) || !(isFloat(value.type) || value.type === "bool");
}

/** All operands in one place: on the host when all are there or any is a whole number, else on the device. */
export function together(values: readonly Value[], { device }: Context): { tensors: Tensor[]; local: boolean } {
  const local = values.every(stays) || values.some((value) => !onHost(value) && stays(value));
  return {
    local,
    tensors: values.map((value) => (local ? toHost(value).tensor : toDevice(value, device))),
  };
}

/** Gives a result its type, rounded when it was computed on the host. */
export function result(tensor: Tensor, type: OnnxType): Value {
  if (tensor.backend !== host) return { tensor, type };
  return settled({ tensor: tensor.dtype === "float32" ? tensor : tensor.to("float32"), type });
}

/** A function of its float inputs, all of which take part. The result has the first one's type unless told otherwise. */
export function computed(
  fn: (tensors: readonly Tensor[], node: OnnxNode) => Tensor,
  type?: OnnxType,
  refuse?: Operator["refuse"],
): Operator {
  return {
    refuse,
    run(node, inputs, context) {
      const values = inputs.filter((value) => value !== undefined);
      const first = need(node, inputs, 0);
      const { tensors } = together(values, context);
      return [result(fn(tensors, node), type ?? first.type)];
    },
  };
}

/** A function of one input. */
export function unary(fn: (input: Tensor, node: OnnxNode) => Tensor, refuse?: Operator["refuse"]): Operator {
  return computed(([input], node) => fn(input!, node), undefined, refuse);
}

/** A rearrangement of the first input: any type, wherever it lies; the rest says how. */
export function moved(fn: (input: Tensor, node: OnnxNode, inputs: Inputs) => Tensor): Operator {
  return {
    run(node, inputs) {
      const { tensor, type } = need(node, inputs, 0);
      return [{ tensor: fn(tensor, node, inputs), type }];
    },
  };
}
