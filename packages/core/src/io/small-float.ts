/** @file Floats of 8, 6 and 4 bits, as float32. Source: OCP's 8-bit and microscaling formats (OFP8, MX 1.0); for the "uz" ones, Noune et al. 2022. */

interface Format {
  readonly exponentBits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /** Which bit patterns are no numbers: IEEE's (infinity, then NaNs), only all ones, only 0x80, or none. */
  readonly special: "ieee" | "ones" | "negative-zero" | "none";
}

const formats = {
  e4m3fn: { exponentBits: 4, mantissaBits: 3, bias: 7, special: "ones" },
  e5m2: { exponentBits: 5, mantissaBits: 2, bias: 15, special: "ieee" },
  e4m3fnuz: { exponentBits: 4, mantissaBits: 3, bias: 8, special: "negative-zero" },
  e5m2fnuz: { exponentBits: 5, mantissaBits: 2, bias: 16, special: "negative-zero" },
  e3m2: { exponentBits: 3, mantissaBits: 2, bias: 3, special: "none" },
  e2m3: { exponentBits: 2, mantissaBits: 3, bias: 1, special: "none" },
  e2m1: { exponentBits: 2, mantissaBits: 1, bias: 1, special: "none" },
} as const satisfies Record<string, Format>;

export type SmallFloat = keyof typeof formats;

function numberOf(word: number, { exponentBits, mantissaBits, bias, special }: Format): number {
  const size = word & (2 ** (exponentBits + mantissaBits) - 1);
  const negative = word >> (exponentBits + mantissaBits) === 1;
  const exponent = size >> mantissaBits;
  const mantissa = size & (2 ** mantissaBits - 1);
  if (special === "negative-zero" && negative && size === 0) return Number.NaN;
  if (special === "ones" && size === 2 ** (exponentBits + mantissaBits) - 1) return Number.NaN;
  if (special === "ieee" && exponent === 2 ** exponentBits - 1)
    return mantissa ? Number.NaN : negative ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value =
    exponent === 0
      ? mantissa * 2 ** (1 - bias - mantissaBits)
      : (2 ** mantissaBits + mantissa) * 2 ** (exponent - bias - mantissaBits);
  return negative ? -value : value;
}

const tables = new Map<SmallFloat, Float32Array>();

function tableOf(kind: SmallFloat): Float32Array {
  const format = formats[kind];
  const count = 2 ** (1 + format.exponentBits + format.mantissaBits);
  const table = tables.get(kind) ?? Float32Array.from({ length: count }, (_, word) => numberOf(word, format));
  tables.set(kind, table);
  return table;
}

/** One element a byte. */
export function widenSmallFloat(words: Uint8Array, kind: SmallFloat): Float32Array {
  const table = tableOf(kind);
  return Float32Array.from(words, (word) => table[word]!);
}

/** Elements of fewer than 8 bits, one after another from the lowest bit of the first byte on. */
export function widenPacked(bytes: Uint8Array, kind: SmallFloat): Float32Array {
  const table = tableOf(kind);
  const width = Math.log2(table.length);
  return Float32Array.from({ length: Math.floor((8 * bytes.length) / width) }, (_, i) => {
    const at = i * width;
    const pair = bytes[at >> 3]! | ((bytes[(at >> 3) + 1] ?? 0) << 8);
    return table[(pair >> (at & 7)) & (table.length - 1)]!;
  });
}

/** A power of two: 2^(word − 127), 255 is NaN. */
export function widenE8M0(words: Uint8Array): Float32Array {
  return Float32Array.from(words, (word) => (word === 255 ? Number.NaN : 2 ** (word - 127)));
}
