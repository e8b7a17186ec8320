import { encode } from "fast-png";
import { describe, expect, test } from "vitest";
import { hasSharp } from "../sharp.ts";
import { decodePicture } from "./decode.ts";
import { formatOf, formatOfName } from "./format.ts";

const there = await hasSharp();
type Make = typeof import("sharp")["default"];
const sharp = there ? ((await import("sharp")).default as Make) : (undefined as unknown as Make);
const why = there ? "" : " (skipped: sharp is not installed)";

/** 12×8, left half red, right half blue, the top two rows black: every turn of it looks different. */
const [WIDTH, HEIGHT] = [12, 8];
const scene = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
  const [x, y] = [Math.floor(i / 3) % WIDTH, Math.floor(i / 3 / WIDTH)];
  return y < 2 ? 0 : i % 3 === (x < WIDTH / 2 ? 0 : 2) ? 240 : 10;
});
const raw = { raw: { width: WIDTH, height: HEIGHT, channels: 3 as const } };
const of = () => sharp(scene, raw);
/** Red, green, blue at a place. */
const at = ({ data, channels, height, width }: Awaited<ReturnType<typeof decodePicture>>, x: number, y: number) =>
  Array.from({ length: channels }, (_, c) => data[c * width * height + y * width + x]!);

/** A TIFF of one pixel, three numbers of 16 bits, after the format's own description (TIFF 6.0). */
function tiff16(pixel: readonly number[]): Uint8Array {
  const [bits, data] = [8 + 2 + 9 * 12 + 4, 8 + 2 + 9 * 12 + 4 + 6];
  const entries = [
    [256, 3, 1, 1], // width
    [257, 3, 1, 1], // height
    [258, 3, 3, bits],
    [259, 3, 1, 1], // not packed
    [262, 3, 1, 2], // RGB
    [273, 4, 1, data],
    [277, 3, 1, 3], // samples a pixel
    [278, 3, 1, 1], // rows a strip
    [279, 4, 1, 6], // bytes
  ];
  const out = Buffer.alloc(data + 6);
  out.write("II*\0", "latin1");
  out.writeUInt32LE(8, 4);
  out.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, type, count, value], i) => {
    out.writeUInt16LE(tag!, 10 + 12 * i);
    out.writeUInt16LE(type!, 12 + 12 * i);
    out.writeUInt32LE(count!, 14 + 12 * i);
    out.writeUInt32LE(value!, 18 + 12 * i);
  });
  for (let i = 0; i < 3; i++) {
    out.writeUInt16LE(16, bits + 2 * i);
    out.writeUInt16LE(pixel[i]!, data + 2 * i);
  }
  return out;
}

describe.skipIf(!there)(`pictures by sharp${why}`, () => {
  test.each(["jpeg", "webp", "tiff", "avif", "gif", "png"] as const)("%s", async (format) => {
    const made = format === "jpeg" ? of().jpeg({ quality: 95, chromaSubsampling: "4:4:4" }) : of().toFormat(format);
    const picture = await decodePicture(await made.toBuffer(), `a.${format}`);
    expect([picture.width, picture.height, picture.channels]).toEqual([WIDTH, HEIGHT, 3]);
    const [r, , b] = at(picture, 2, 6);
    expect(r! - b!).toBeGreaterThan(150);
    expect(at(picture, 10, 6)[2]! - at(picture, 10, 6)[0]!).toBeGreaterThan(150);
  });
  test.each([
    { orientation: 1, width: 12, black: [3, 0] },
    { orientation: 2, width: 12, black: [3, 0] },
    { orientation: 3, width: 12, black: [3, 7] },
    { orientation: 4, width: 12, black: [3, 7] },
    { orientation: 5, width: 8, black: [0, 3] },
    { orientation: 6, width: 8, black: [7, 3] },
    { orientation: 7, width: 8, black: [7, 3] },
    { orientation: 8, width: 8, black: [0, 3] },
  ])("EXIF orientation $orientation is turned upright", async ({ orientation, width, black }) => {
    const bytes = await of().withMetadata({ orientation }).jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toBuffer();
    const picture = await decodePicture(bytes, "a.jpg");
    expect(picture.width).toBe(width);
    expect(Math.max(...at(picture, black[0]!, black[1]!))).toBeLessThan(80);
  });
  test("grey, CMYK, 16 bits and alpha become RGB of 8 bits", async () => {
    const grey = await decodePicture(await of().greyscale().jpeg().toBuffer(), "grey.jpg");
    const [r, g, b] = at(grey, 2, 6);
    expect([g, b]).toEqual([r, r]);
    const cmyk = await decodePicture(await of().toColourspace("cmyk").jpeg({ quality: 95 }).toBuffer(), "cmyk.jpg");
    expect([cmyk.channels, at(cmyk, 2, 6)[0]! > at(cmyk, 2, 6)[2]! + 80]).toEqual([3, true]);
    const deep = await decodePicture(tiff16([240 * 257, 10 * 257, 10 * 257]), "deep.tif");
    expect(at(deep, 0, 0)).toEqual([240, 10, 10]);
    const clear = await sharp({ create: { width: 4, height: 4, channels: 4, background: "rgba(200, 0, 0, 0.2)" } })
      .webp({ lossless: true })
      .toBuffer();
    expect(at(await decodePicture(clear, "clear.webp"), 1, 1)).toEqual([244, 204, 204]); // 0.2 of it, 0.8 white
  });
  test("the first frame of an animation", async () => {
    const frames = Uint8Array.from({ length: 2 * 48 }, (_, i) => (i < 48 ? 250 : 5));
    const gif = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } } as never)
      .gif()
      .toBuffer();
    const picture = await decodePicture(gif, "a.gif");
    expect([picture.width, picture.height, at(picture, 1, 1)]).toEqual([4, 4, [250, 250, 250]]);
  });
  test("interlaced PNG of less than 8 bits", async () => {
    const bytes = await sharp(scene, raw).png({ palette: true, colours: 4, progressive: true }).toBuffer();
    expect([bytes[24]! < 8, bytes[28]]).toEqual([true, 1]);
    expect(at(await decodePicture(bytes, "a.png"), 2, 6)[0]).toBeGreaterThan(200);
  });
  test.each(["jpeg", "webp", "gif", "tiff", "avif"] as const)("%s cut off is refused, by name", async (format) => {
    const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251);
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
    const cut = decodePicture(whole.subarray(0, Math.floor(whole.length * 0.6)), "cut.file");
    await expect(cut).rejects.toMatchObject({ name: "DataError", file: "cut.file" });
    await expect(cut).rejects.toThrow(/cannot be decoded/);
  });
});

test("what is no picture is refused", async () => {
  await expect(decodePicture(Buffer.from("<html>"), "a.jpg")).rejects.toMatchObject({ code: "format" });
  await expect(decodePicture(new Uint8Array(), "a.jpg")).rejects.toMatchObject({ code: "empty" });
});

test("formats by content and by name", () => {
  const png = encode({ width: 1, height: 1, channels: 1, data: new Uint8Array(1) });
  expect(formatOf(png)).toBe("PNG");
  expect(formatOf(Buffer.from("BMW is no bitmap"))).toBeUndefined();
  expect(["a.JPG", "b.jpeg", "c.tar", "d"].map(formatOfName)).toEqual(["JPEG", "JPEG", undefined, undefined]);
});
