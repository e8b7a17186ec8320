import { run } from "../autograd/define-op.ts";
import { makeContiguous, Tensor } from "../autograd/tensor.ts";
import { tell } from "../autograd/trace.ts";
import { type DType, storageType } from "../base/dtype.ts";
import type { Shape } from "../base/shape.ts";
import type { KernelName } from "../kernels/contract.ts";

/**
 * The same values in another element type: float32 → int32 cuts off the fraction, anything → bool is x ≠ 0. The tensor
 * itself when it has the type already. No gradient passes to another type, as whole numbers have none.
 *
 * Source   torch.Tensor.to(dtype).
 *
 * @example
 * await to(tensor([-1.7, 0, 2.5]), "int32").tolist(); // [-1, 0, 2]
 * await to(tensor([-1.7, 0, 2.5]), "bool").tolist(); // [1, 0, 1]
 */
export function to<S extends Shape>(input: Tensor<S>, dtype: DType): Tensor<S>;
export function to(input: Tensor, dtype: DType): Tensor {
  return input.dtype === dtype ? input : tell("to", { input }, { dtype }, cast(input, dtype));
}

function cast(input: Tensor, dtype: DType): Tensor {
  const source = input.isContiguous ? input : makeContiguous(input);
  const from = storageType[input.dtype];
  const target = storageType[dtype];
  if (from === target && dtype !== "bool")
    return new Tensor(source.storage, dtype, source.shape, source.strides, source.offset);
  const out = Tensor.empty(source.backend, source.shape, dtype);
  if (out.numel === 0) return out;
  if (dtype === "bool" && from === "u8") {
    return cast(cast(source, "int32"), "bool");
  }
  const kernel = dtype === "bool" ? `cast_${from}_bool` : `cast_${from}_${target}`;
  run(kernel as Extract<KernelName, `cast_${string}`>, { count: out.numel }, [source], [out]);
  return out;
}
