/** @file The two 16-bit floats of model files: F16 (IEEE 754 binary16) and BF16 (the upper half of a float32). */

const one = new Float32Array(1);
const oneBits = new Uint32Array(one.buffer);

/**
 * F16 words to float32, exactly: (−1)^s · 2^(e − 15) · (1 + m/1024), below 2^−14 m · 2^−24; e = 31 is infinity or NaN,
 * which stays NaN.
 *
 * Source   IEEE 754 binary16; `torch.Tensor.half().float()`.
 *
 * @example
 * widenF16(Uint16Array.of(0x3c00, 0xc000, 0x2e66)); // [1, -2, 0.09998]
 */
export function widenF16(words: Uint16Array): Float32Array {
  const out = new Float32Array(words.length);
  const bits = new Uint32Array(out.buffer);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const exponent = word & 0x7c00;
    const rest = (word & 0x7fff) << 13;
    const sign = (word & 0x8000) << 16;
    if (exponent === 0x7c00) bits[i] = sign | 0x7f800000 | rest;
    else if (exponent !== 0) bits[i] = sign | (rest + 0x38000000);
    else out[i] = (sign ? -1 : 1) * (word & 0x3ff) * 2 ** -24; // subnormal
  }
  return out;
}

/**
 * BF16 words to float32, exactly: they are its upper halves.
 *
 * Source   `torch.Tensor.bfloat16().float()`.
 *
 * @example
 * widenBF16(Uint16Array.of(0x3f80, 0xc040, 0x3dcd)); // [1, -3, 0.1001]
 */
export function widenBF16(words: Uint16Array): Float32Array {
  const bits = new Uint32Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
  return new Float32Array(bits.buffer);
}

/**
 * float32 to F16 words, to nearest, ties to even; from 65520 on infinity.
 *
 * Source   IEEE 754; `torch.Tensor.half()`.
 *
 * @example
 * narrowF16([1, 0.1]); // [15360, 11878]
 */
export function narrowF16(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    one[0] = values[i]!;
    const sign = (oneBits[0]! >>> 16) & 0x8000;
    const size = oneBits[0]! & 0x7fffffff;
    if (size > 0x7f800000) out[i] = sign | 0x7e00;
    else if (size >= 0x47800000) out[i] = sign | 0x7c00;
    else if (size >= 0x38800000) out[i] = sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
    else out[i] = sign | roundToEven(Math.abs(one[0]!) * 2 ** 24);
  }
  return out;
}

/**
 * float32 to BF16 words, to nearest, ties to even.
 *
 * Source   `torch.Tensor.bfloat16()`.
 *
 * @example
 * narrowBF16([1, 0.1]); // [16256, 15821]
 */
export function narrowBF16(values: ArrayLike<number>): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    one[0] = values[i]!;
    const bits = oneBits[0]!;
    const nan = (bits & 0x7fffffff) > 0x7f800000;
    out[i] = nan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}

function roundToEven(x: number): number {
  const floor = Math.floor(x);
  const above = x - floor;
  return above > 0.5 || (above === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
