/**
 * @file Raw DEFLATE streams, decoded at once. DecompressionStream cannot stop at a size, is not synchronous, and not every
 * Node of ours knows "deflate-raw". Source: RFC 1951.
 */

/** A stream that is no DEFLATE, or that gives another number of bytes than it should. */
export class InflateError extends Error {}

const lengthBase = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]; // biome-ignore format: a table
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]; // biome-ignore format: a table
const distanceBase = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577]; // biome-ignore format: a table
const distanceExtra = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]; // biome-ignore format: a table
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** A canonical Huffman code: how many codes have each length, and the symbols in the order of their codes. */
interface Code {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codeOf(lengths: readonly number[]): Code {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  let room = 1;
  for (let length = 1; length < 16; length++) {
    room = 2 * room - counts[length]!;
    if (room < 0) throw new InflateError("more Huffman codes than fit");
  }
  const starts = new Uint16Array(17);
  for (let length = 1; length < 16; length++) starts[length + 1] = starts[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  for (const [symbol, length] of lengths.entries()) if (length > 0) symbols[starts[length]!++] = symbol;
  return { counts, symbols };
}

const fixedLiterals = codeOf(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
const fixedDistances = codeOf(Array.from({ length: 30 }, () => 5));

/**
 * The `size` bytes that a raw DEFLATE stream stands for. Never reserves more than `size`.
 *
 * Throws  InflateError for a damaged stream, and for one that ends before or goes on after `size` bytes.
 */
export function inflate(input: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  let position = 0;
  let hold = 0;
  let held = 0;

  const bits = (count: number): number => {
    while (held < count) {
      if (position >= input.length) throw new InflateError("the stream ends too early");
      hold |= input[position++]! << held;
      held += 8;
    }
    const value = hold & ((1 << count) - 1);
    hold >>>= count;
    held -= count;
    return value;
  };

  const symbol = ({ counts, symbols }: Code): number => {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= bits(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new InflateError("a code that is not in its table");
  };

  const dynamicCodes = (): [Code, Code] => {
    const [literals, distances, lengthCodes] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
    if (literals > 286 || distances > 30) throw new InflateError("tables longer than the format has");
    const order = new Array<number>(19).fill(0);
    for (let i = 0; i < lengthCodes; i++) order[codeLengthOrder[i]!] = bits(3);
    const lengthCode = codeOf(order);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const word = symbol(lengthCode);
      if (word < 16) {
        lengths.push(word);
        continue;
      }
      const repeated = word === 16 ? lengths.at(-1) : 0;
      if (repeated === undefined) throw new InflateError("a repetition of nothing");
      for (let n = word === 16 ? 3 + bits(2) : word === 17 ? 3 + bits(3) : 11 + bits(7); n > 0; n--)
        lengths.push(repeated);
    }
    if (lengths.length > literals + distances) throw new InflateError("a repetition past the end of its table");
    return [codeOf(lengths.slice(0, literals)), codeOf(lengths.slice(literals))];
  };

  const compressed = (literalCode: Code, distanceCode: Code): void => {
    for (;;) {
      const word = symbol(literalCode);
      if (word === 256) return;
      if (word < 256) {
        if (at >= size) throw new InflateError(`more than the ${size} bytes announced`);
        out[at++] = word;
        continue;
      }
      const length = word - 257;
      if (length >= lengthBase.length) throw new InflateError("a length that the format does not have");
      const count = lengthBase[length]! + bits(lengthExtra[length]!);
      const far = symbol(distanceCode);
      if (far >= distanceBase.length) throw new InflateError("a distance that the format does not have");
      const distance = distanceBase[far]! + bits(distanceExtra[far]!);
      if (distance > at) throw new InflateError("a copy from before the beginning");
      if (at + count > size) throw new InflateError(`more than the ${size} bytes announced`);
      for (let i = 0; i < count; i++, at++) out[at] = out[at - distance]!; // may overlap itself: byte by byte
    }
  };

  const stored = (): void => {
    hold = 0;
    held = 0;
    const length = input[position]! | (input[position + 1]! << 8);
    const check = input[position + 2]! | (input[position + 3]! << 8);
    position += 4;
    if (position > input.length || (length ^ 0xffff) !== check) throw new InflateError("a damaged stored block");
    if (position + length > input.length) throw new InflateError("the stream ends too early");
    if (at + length > size) throw new InflateError(`more than the ${size} bytes announced`);
    out.set(input.subarray(position, position + length), at);
    at += length;
    position += length;
  };

  for (let last = 0; last === 0; ) {
    last = bits(1);
    const kind = bits(2);
    if (kind === 0) stored();
    else if (kind === 1) compressed(fixedLiterals, fixedDistances);
    else if (kind === 2) compressed(...dynamicCodes());
    else throw new InflateError("a block of an unknown kind");
  }
  if (at !== size) throw new InflateError(`${at} bytes, not the ${size} announced`);
  return out;
}
