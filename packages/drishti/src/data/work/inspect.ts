/** @file One file looked at closely, for `data check`: what it is, what is wrong with it, what it looks like. */
import { createHash } from "node:crypto";
import { DataError } from "@drishti/core/errors";
import { decodePicture } from "../decode/decode.ts";
import { extensionsOf, formatOf, formatOfName, type PictureFormat } from "../decode/format.ts";
import { missingEnd } from "../decode/structure.ts";
import { type BytePicture, MAX_PIXELS } from "../pnm.ts";
import { sharpFacts } from "../sharp.ts";
import { type Look, lookOf } from "./perceptual-hash.ts";
import { type Place, placeName, readPlace } from "./place.ts";

export interface InspectTask {
  readonly kind: "inspect";
  readonly places: readonly Place[];
}

export interface Remark {
  readonly code: string;
  readonly message: string;
}

export interface Inspection {
  readonly file: string;
  /** Of the whole file; empty when it could not be read. */
  readonly sha256: string;
  /** As it is seen, upright; 0 when it could not be decoded. */
  readonly width: number;
  readonly height: number;
  /** Without colour: no pixel's red, green and blue are more than 8 apart. */
  readonly grey: boolean;
  readonly look: Look | null;
  readonly remarks: readonly Remark[];
}

export async function inspect({ places }: InspectTask): Promise<readonly Inspection[]> {
  const out: Inspection[] = [];
  for (const place of places) out.push(await inspectOne(place));
  return out;
}

async function inspectOne(place: Place): Promise<Inspection> {
  const file = placeName(place);
  const remarks: Remark[] = [];
  const say = (code: string, message: string) => void remarks.push({ code, message });
  let sha256 = "";
  let picture: BytePicture | undefined;
  try {
    const bytes = await readPlace(place);
    sha256 = createHash("sha256").update(bytes).digest("hex");
    const format = formatOf(bytes);
    if (bytes.length === 0) say("empty", "the file is empty (0 bytes).");
    else if (format === undefined) say("not-a-picture", "the content is of no picture format we know.");
    else {
      const claimed = formatOfName(file);
      if (claimed !== format && !(claimed === "AVIF" && format === "HEIC"))
        say(
          "extension",
          `the content is ${format}, the name says ${claimed ?? "something else"}: .${extensionsOf[format][0]} would be right.`,
        );
      picture = await decoded(bytes, file, format, say);
    }
  } catch (error) {
    if (!(error instanceof DataError) || error.code === "needs-sharp") throw error;
    say(codes[error.code] ?? "corrupt", plainText(error));
  }
  return {
    file,
    sha256,
    width: picture?.width ?? 0,
    height: picture?.height ?? 0,
    grey: picture !== undefined && isGrey(picture),
    look: picture ? lookOf(picture) : null,
    remarks,
  };
}

/** Codes of readers, as the check calls them. */
const codes: Readonly<Record<string, string>> = {
  missing: "missing",
  unreadable: "unreadable",
  folder: "unreadable",
  read: "unreadable",
  special: "special",
  size: "too-large",
  truncated: "truncated",
};

async function decoded(
  bytes: Uint8Array,
  file: string,
  format: PictureFormat,
  say: (code: string, message: string) => void,
): Promise<BytePicture | undefined> {
  const cut = missingEnd(bytes, format);
  try {
    if (format !== "PNG" && format !== "PNM" && format !== "BMP") {
      const { width, height, orientation = 1 } = await sharpFacts(bytes, file, format);
      if (width * height > MAX_PIXELS) {
        say("too-large", `${width}×${height} pixels are more than can be read (${MAX_PIXELS}): a decompression bomb?`);
        return undefined;
      }
      if (orientation > 1)
        say("exif-rotated", `EXIF orientation ${orientation}: turned upright here, but not by every program.`);
    }
    const { picture, warning } = await leniently(bytes, file);
    if (cut) say("truncated", `it can be decoded, but ${cut}: cut off?`);
    else if (warning) say("doubtful", `it can be decoded, but not without a warning: ${plainText(warning)}`);
    return picture;
  } catch (error) {
    if (!(error instanceof DataError) || error.code === "needs-sharp") throw error;
    if (error.code === "size") say("too-large", plainText(error));
    else if (cut || error.code === "truncated") say("truncated", cut ? `cut off: ${cut}.` : plainText(error));
    else say("corrupt", plainText(error));
    return undefined;
  }
}

/** The picture, and what the decoder remarked on. Throws the first error when it cannot be had at all. */
async function leniently(bytes: Uint8Array, file: string): Promise<{ picture: BytePicture; warning?: DataError }> {
  try {
    return { picture: await decodePicture(bytes, file, "warning") };
  } catch (error) {
    if (!(error instanceof DataError) || ["size", "truncated", "needs-sharp"].includes(error.code)) throw error;
    try {
      return { picture: await decodePicture(bytes, file, "truncated"), warning: error };
    } catch {
      throw error;
    }
  }
}

/** A message without the names in front: the table has the file. */
function plainText(error: DataError): string {
  let text = error.message;
  for (const prefix of [`${error.where}: `, `${error.file}: `, `${error.file} `])
    if (text.startsWith(prefix)) text = text.slice(prefix.length);
  return text;
}

function isGrey({ data, channels, height, width }: BytePicture): boolean {
  if (channels === 1) return true;
  const plane = width * height;
  for (let i = 0; i < plane; i++) {
    const [r, g, b] = [data[i]!, data[plane + i]!, data[2 * plane + i]!];
    if (Math.abs(r - g) > 8 || Math.abs(g - b) > 8 || Math.abs(r - b) > 8) return false;
  }
  return true;
}
