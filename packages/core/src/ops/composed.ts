/** @file Operations whose value is put together from others, with a gradient formula of their own. */
import { defineOp, type OpDefinition, type OpInputs } from "../autograd/define-op.ts";
import { noGrad } from "../autograd/grad-mode.ts";
import { copyStrided, release, type Tensor } from "../autograd/tensor.ts";

export interface ComposedDefinition<In extends OpInputs, P>
  extends Pick<OpDefinition<In, P>, "name" | "shape" | "inputTypes" | "saves" | "backward"> {
  /** The result, from contiguous inputs, outside the graph. `backward` is made of operations, too. */
  value(inputs: In, params: P): Tensor;
}

/** A defineOp whose forward may call other operations: nothing of them is recorded. @internal */
export function composed<In extends OpInputs, P>(
  definition: ComposedDefinition<In, P>,
): (inputs: In, params: P) => Tensor {
  const { value, ...rest } = definition;
  return defineOp<In, P>({
    ...rest,
    differentiable: true,
    forward(inputs, params, out) {
      noGrad(() => {
        const result = value(inputs, params);
        copyStrided(result, out);
        if (!Object.values(inputs).includes(result)) release(result);
      });
    },
  });
}

type Unary = { input: Tensor };

/**
 * y = f(x), element by element, with gradInput = gradOutput·f′ written as a function of both, so that it may choose
 * (where) instead of multiply: 0·∞ is NaN. @internal
 */
export function pointwise<P>(
  name: string,
  value: (input: Tensor, params: P) => Tensor,
  gradient: (gradOutput: Tensor, input: Tensor, params: P) => Tensor,
): (input: Tensor, params: P) => Tensor {
  const op = composed<Unary, P>({
    name,
    shape: ({ input }) => input.shape,
    saves: ["input"],
    value: ({ input }, params) => value(input, params),
    backward: (gradOutput, { input }, params) => ({ input: gradient(gradOutput, input, params) }),
  });
  return (input, params) => op({ input }, params);
}
