/** @file The error function, from the kernels there are. */
import { defineOp, exp, gelu, mul, noGrad, type Tensor, where } from "@drishti/core";

/** (2/√π)·(x − x³/3 + x⁵/10 − …): below ½ the terms after these are less than 10⁻⁹. */
const series = [1, -1 / 3, 1 / 10, -1 / 42, 1 / 216, -1 / 1320, 1 / 9360];

/** Where x is small the normal distribution's own value is mostly ½, which would cost the last digits. */
const small = 0.5;

function value(x: Tensor): Tensor {
  const square = x.mul(x);
  let sum = square.mul(series.at(-1)!).add(series.at(-2)!);
  for (const term of series.slice(0, -2).reverse()) sum = mul(sum, square).add(term);
  const near = mul(x, sum).mul(2 / Math.sqrt(Math.PI));
  // gelu(z) = z·(1 + erf(z/√2))/2 with z = x·√2; beyond ±6 erf is ±1 to the last bit.
  const z = x.clamp(-6, 6).mul(Math.SQRT2);
  const far = gelu(z).mul(2).div(z).sub(1);
  return where(x.abs().lt(small), near, far);
}

const erfOp = defineOp<{ input: Tensor }, null>({
  name: "erf",
  shape: ({ input }) => input.shape,
  saves: ["input"],
  forward({ input }, _p, out) {
    noGrad(() => out.copy_(value(input)));
  },
  // erf′(x) = 2/√π·e^(−x²)
  backward: (gradOutput, { input }) => ({
    input: mul(gradOutput, exp(input.mul(input).neg()).mul(2 / Math.sqrt(Math.PI))),
  }),
});

/** 2/√π·∫₀ˣ e^(−t²) dt. torch.erf. */
export function erf(input: Tensor): Tensor {
  return erfOp({ input }, null);
}
