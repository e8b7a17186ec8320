/** @file The run lengths of BMP: RLE8 and RLE4. */

/**
 * Palette numbers, one a byte, in the order of the file's rows. Pixels that are jumped over are 0, as is what is missing
 * when the runs end early; runs beyond a row's end are cut: every byte stream gives a picture, as with other readers.
 */
export function unpackRle(bytes: Uint8Array, width: number, height: number, four: boolean): Uint8Array {
  const out = new Uint8Array(width * height);
  let [at, x, y] = [0, 0, 0];
  const put = (value: number): void => {
    if (x < width && y < height) out[y * width + x] = value;
    x++;
  };
  while (at + 1 < bytes.length && y < height) {
    const count = bytes[at]!;
    const value = bytes[at + 1]!;
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(four ? (i % 2 === 0 ? value >> 4 : value & 15) : value);
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) break;
    else if (value === 2) {
      x += bytes[at] ?? 0;
      y += bytes[at + 1] ?? 0;
      at += 2;
    } else {
      for (let i = 0; i < value; i++) {
        const byte = bytes[at + (four ? i >> 1 : i)] ?? 0;
        put(four ? (i % 2 === 0 ? byte >> 4 : byte & 15) : byte);
      }
      const length = four ? (value + 1) >> 1 : value;
      at += length + (length % 2); // whole words
    }
  }
  return out;
}
