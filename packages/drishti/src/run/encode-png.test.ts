import { decode } from "fast-png";
import { expect, it } from "vitest";
import { encodePng } from "./encode-png.ts";

it.each([
  [1, 1, 1],
  [5, 3, 1],
  [3, 5, 3],
  [120, 90, 3],
] as const)(
  "%i × %i pixels of %i channels come back from somebody else's reader, checksums and all",
  (width, height, channels) => {
    const data = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37 + (i >> 3)) & 255);
    const read = decode(encodePng(data, width, height, channels), { checkCrc: true });
    expect(read).toMatchObject({ width, height, channels, depth: 8 });
    expect(read.data).toEqual(data);
  },
);
