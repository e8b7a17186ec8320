/** @file The cosine transforms of JPEG in whole numbers: libjpeg's accurate ones (Loeffler, Ligtenberg & Moschytz 1989). */

// Factors times 2¹³.
const C0298 = 2446;
const C0390 = 3196;
const C0541 = 4433;
const C0765 = 6270;
const C0899 = 7373;
const C1175 = 9633;
const C1501 = 12299;
const C1847 = 15137;
const C1961 = 16069;
const C2053 = 16819;
const C2562 = 20995;
const C3072 = 25172;

/** x/2^bits, rounded. */
const scaled = (x: number, bits: number): number => (x + (1 << (bits - 1))) >> bits;

/** Eight values in a line, `step` apart. What is even is `even` bits too large afterwards, or too small if negative. */
function forwardLine(d: Int32Array, at: number, step: number, even: number, odd: number): void {
  const s0 = d[at]! + d[at + 7 * step]!;
  let t7 = d[at]! - d[at + 7 * step]!;
  const s1 = d[at + step]! + d[at + 6 * step]!;
  let t6 = d[at + step]! - d[at + 6 * step]!;
  const s2 = d[at + 2 * step]! + d[at + 5 * step]!;
  let t5 = d[at + 2 * step]! - d[at + 5 * step]!;
  const s3 = d[at + 3 * step]! + d[at + 4 * step]!;
  let t4 = d[at + 3 * step]! - d[at + 4 * step]!;
  const [sum, difference] = [s0 + s3 + s1 + s2, s0 + s3 - s1 - s2];
  d[at] = even > 0 ? sum << even : scaled(sum, -even);
  d[at + 4 * step] = even > 0 ? difference << even : scaled(difference, -even);
  const [outer, inner] = [s0 - s3, s1 - s2];
  const turned = (outer + inner) * C0541;
  d[at + 2 * step] = scaled(turned + outer * C0765, odd);
  d[at + 6 * step] = scaled(turned - inner * C1847, odd);
  const z5 = (t4 + t6 + t5 + t7) * C1175;
  const z1 = (t4 + t7) * -C0899;
  const z2 = (t5 + t6) * -C2562;
  const z3 = (t4 + t6) * -C1961 + z5;
  const z4 = (t5 + t7) * -C0390 + z5;
  t4 *= C0298;
  t5 *= C2053;
  t6 *= C3072;
  t7 *= C1501;
  d[at + 7 * step] = scaled(t4 + z1 + z3, odd);
  d[at + 5 * step] = scaled(t5 + z2 + z4, odd);
  d[at + 3 * step] = scaled(t6 + z2 + z3, odd);
  d[at + step] = scaled(t7 + z1 + z4, odd);
}

/** The 64 coefficients of a block, times 8, in place. */
export function forwardDct(block: Int32Array): void {
  for (let row = 0; row < 64; row += 8) forwardLine(block, row, 1, 2, 11);
  for (let column = 0; column < 8; column++) forwardLine(block, column, 8, -2, 15);
}

function inverseLine(d: Int32Array, at: number, step: number, bits: number): void {
  const turned = (d[at + 2 * step]! + d[at + 6 * step]!) * C0541;
  const e2 = turned - d[at + 6 * step]! * C1847;
  const e3 = turned + d[at + 2 * step]! * C0765;
  const e0 = (d[at]! + d[at + 4 * step]!) * 8192;
  const e1 = (d[at]! - d[at + 4 * step]!) * 8192;
  const [s0, s1, s2, s3] = [e0 + e3, e1 + e2, e1 - e2, e0 - e3];
  const [t0, t1, t2, t3] = [d[at + 7 * step]!, d[at + 5 * step]!, d[at + 3 * step]!, d[at + step]!];
  const z5 = (t0 + t2 + t1 + t3) * C1175;
  const z1 = (t0 + t3) * -C0899;
  const z2 = (t1 + t2) * -C2562;
  const z3 = (t0 + t2) * -C1961 + z5;
  const z4 = (t1 + t3) * -C0390 + z5;
  const o0 = t0 * C0298 + z1 + z3;
  const o1 = t1 * C2053 + z2 + z4;
  const o2 = t2 * C3072 + z2 + z3;
  const o3 = t3 * C1501 + z1 + z4;
  d[at] = scaled(s0 + o3, bits);
  d[at + 7 * step] = scaled(s0 - o3, bits);
  d[at + step] = scaled(s1 + o2, bits);
  d[at + 6 * step] = scaled(s1 - o2, bits);
  d[at + 2 * step] = scaled(s2 + o1, bits);
  d[at + 5 * step] = scaled(s2 - o1, bits);
  d[at + 3 * step] = scaled(s3 + o0, bits);
  d[at + 4 * step] = scaled(s3 - o0, bits);
}

/** A block from its coefficients, in place. */
export function inverseDct(block: Int32Array): void {
  for (let column = 0; column < 8; column++) inverseLine(block, column, 8, 11);
  for (let row = 0; row < 64; row += 8) inverseLine(block, row, 1, 18);
}
