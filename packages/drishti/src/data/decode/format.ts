/** @file What a file is, by how it begins: names lie. */

export type PictureFormat = "PNG" | "PNM" | "BMP" | "JPEG" | "GIF" | "WebP" | "TIFF" | "AVIF" | "HEIC";

/** The format of a picture by its first bytes (16 are enough), or undefined for anything else. */
export function formatOf(bytes: Uint8Array): PictureFormat | undefined {
  const text = Buffer.from(bytes.subarray(0, 16)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "PNG";
  if (/^P[1-6][\s#]/.test(text)) return "PNM";
  if (text.startsWith("\xff\xd8\xff")) return "JPEG";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "GIF";
  if (/^RIFF[\s\S]{4}WEBP/.test(text)) return "WebP";
  if (text.startsWith("II*\0") || text.startsWith("MM\0*")) return "TIFF";
  if (/^[\s\S]{4}ftyp(avif|avis|mif1)/.test(text)) return "AVIF";
  if (/^[\s\S]{4}ftyp(heic|heix|hevc|hevx|msf1)/.test(text)) return "HEIC";
  // "BM", a size, four bytes that are 0, then the offset of the pixels: two letters alone begin many a text.
  if (/^BM[\s\S]{4}\0\0\0\0[\s\S]{2}\0\0/.test(text)) return "BMP";
  return undefined;
}

/** Extensions of each format, the usual one first. */
export const extensionsOf: Readonly<Record<PictureFormat, readonly string[]>> = {
  PNG: ["png"],
  PNM: ["pgm", "ppm", "pnm", "pbm"],
  BMP: ["bmp", "dib"],
  JPEG: ["jpg", "jpeg", "jpe", "jfif"],
  GIF: ["gif"],
  WebP: ["webp"],
  TIFF: ["tif", "tiff"],
  AVIF: ["avif"],
  HEIC: ["heic", "heif"],
};

const formats = new Map(
  Object.entries(extensionsOf).flatMap(([format, list]) =>
    list.map((extension) => [extension, format as PictureFormat] as const),
  ),
);

/** The format that a file's name claims; undefined when it claims none that is a picture's. */
export function formatOfName(name: string): PictureFormat | undefined {
  const dot = name.lastIndexOf(".");
  return dot < 0 ? undefined : formats.get(name.slice(dot + 1).toLowerCase());
}
