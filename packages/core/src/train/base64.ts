/** @file Bytes as text, for JSON: base64 (RFC 4648) without what only Node or only browsers have. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const values = new Map([...ALPHABET].map((letter, i) => [letter, i]));

/**
 * Bytes as base64, with `=` at the end to a multiple of four letters.
 *
 * Source   RFC 4648, section 4.
 *
 * @example
 * toBase64(Uint8Array.of(72, 105)); // "SGk="
 */
export function toBase64(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const word = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    out += ALPHABET[word >>> 18]! + ALPHABET[(word >>> 12) & 63]!;
    out += (left > 1 ? ALPHABET[(word >>> 6) & 63]! : "=") + (left > 2 ? ALPHABET[word & 63]! : "=");
  }
  return out;
}

/**
 * The bytes of a base64 text; undefined for text that is none. Line breaks and missing `=` are not accepted.
 *
 * Source   RFC 4648, section 4.
 *
 * @example
 * fromBase64("SGk="); // [72, 105]
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  for (let i = 0, at = 0; i < text.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k++) word = (word << 6) | (values.get(text[i + k]!) ?? 0);
    for (let shift = 16; shift >= 0 && at < out.length; shift -= 8) out[at++] = (word >>> shift) & 255;
  }
  return out;
}
