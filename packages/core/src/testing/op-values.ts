/** @file Tensors for samples: the same numbers on every backend and every run. */
import { tensor } from "../autograd/create.ts";
import type { Tensor } from "../autograd/tensor.ts";
import type { Backend } from "../backends/backend.ts";
import { numel, type Shape } from "../base/shape.ts";
import type { SampleValues } from "../ops/samples.ts";
import { normals, uniforms } from "./kernel-samples/values.ts";

/** One input's values, which are float32 numbers, and its element type. */
export interface InputValues {
  readonly shape: Shape;
  readonly dtype: "float32" | "int32" | "bool";
  readonly data: Float64Array;
}

/** Spacing of "distinct" values; half of it keeps them away from 0. */
const spacing = 1 / 8;

function distinct(n: number, uniform: () => number): Float64Array {
  const values = Float64Array.from({ length: n }, (_, i) => (i - Math.floor(n / 2) + 0.5) * spacing);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

export function inputValues(shape: Shape, kind: SampleValues, seed: number): InputValues {
  const uniform = uniforms(0x5eed + 7919 * seed);
  const n = numel(shape);
  const fill = (next: () => number) => Float64Array.from({ length: n }, next);
  if (typeof kind === "object") {
    const data = "classes" in kind ? fill(() => Math.floor(uniform() * kind.classes)) : fill(() => kind.constant);
    return { shape, dtype: "int32", data };
  }
  if (kind === "mask") return { shape, dtype: "bool", data: fill(() => Math.round(uniform())) };
  const normal = normals(uniform);
  const data =
    kind === "distinct" ? distinct(n, uniform) : fill(kind === "positive" ? () => 0.25 + 1.5 * uniform() : normal);
  return { shape, dtype: "float32", data: data.map(Math.fround) };
}

export function makeTensor({ shape, dtype, data }: InputValues, backend: Backend, requiresGrad: boolean): Tensor {
  return tensor(data, { shape, dtype, device: backend, requiresGrad });
}
