/**
 * @file The error function in doubles, to a few units in the last place.
 * Source: W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), with the
 * coefficients of his CALERF (SPECFUN, 1990), each written as the double it is.
 */

/** Highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const c of coefficients) sum = sum * x + c;
  return sum;
}

// |x| ≤ 0.46875: erf(x) = x·P(x²)/Q(x²)
const nearP = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694];
const nearQ = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
// 0.46875 < x ≤ 4: erfc(x) = e^(−x²)·P(x)/Q(x)
const middleP = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const middleQ = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
// x > 4: erfc(x) = e^(−x²)/x·(1/√π − P(1/x²)/(x²·Q(1/x²)))
const farP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const farQ = [1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918];

/** e^(−x²) with x² split in two, as the rounding error of x² would be multiplied by x². */
function expMinusSquare(x: number): number {
  const head = Math.trunc(x * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
}

/** erfc for x > 0.46875. */
function erfcPositive(x: number): number {
  if (x > 27) return 0; // below the smallest double
  if (x <= 4) return (expMinusSquare(x) * polynomial(middleP, x)) / polynomial(middleQ, x);
  const z = 1 / (x * x);
  const correction = (z * polynomial(farP, z)) / polynomial(farQ, z);
  return (expMinusSquare(x) / x) * (1 / Math.sqrt(Math.PI) - correction);
}

function erfNear(x: number): number {
  const z = x * x;
  return (x * polynomial(nearP, z)) / polynomial(nearQ, z);
}

/** erf(x) = 2/√π · ∫₀ˣ e^(−t²) dt. */
export function erf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) <= 0.46875) return erfNear(x);
  return x > 0 ? 1 - erfcPositive(x) : erfcPositive(-x) - 1;
}

/** 1 − erf(x), which keeps its digits where erf(x) is close to 1. */
export function erfc(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) <= 0.46875) return 1 - erfNear(x);
  return x > 0 ? erfcPositive(x) : 2 - erfcPositive(-x);
}
