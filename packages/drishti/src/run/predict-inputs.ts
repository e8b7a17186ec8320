/** @file What `predict` is given: files, folders, wildcards, URLs of this machine, and standard input. */
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Picture } from "@drishti/core/data";
import { DataError } from "@drishti/core/errors";
import { decodePicture } from "../data/decode/decode.ts";
import { formatOf } from "../data/decode/format.ts";
import { expandHome, plain } from "../data/files.ts";
import { glob, isGlob } from "../data/glob.ts";
import { readImage } from "../data/read-image.ts";
import { walk } from "../data/sources/scan.ts";
import { readPlace } from "../data/work/place.ts";

export interface PredictInput {
  /** As it was given, or found. */
  readonly file: string;
  /** Throws DataError. */
  load(): Promise<Picture>;
}

/** Larger answers are no pictures. */
const MOST_URL_BYTES = 2 ** 28;
const URL_TIMEOUT_MS = 30_000;

/**
 * The pictures that arguments stand for, in their order. A folder: all pictures in and below it. "-": a picture, or a list
 * of any of these, one a line (or ended by zero bytes, as `find -print0` gives it). What is not there, or fits nothing, is an
 * input whose `load` says so: nothing is passed over.
 *
 * stdin  Reads standard input to its end.
 */
export async function* predictInputs(
  args: Iterable<string>,
  stdin: () => Promise<Uint8Array>,
): AsyncGenerator<PredictInput, void, undefined> {
  for (const arg of args) {
    if (arg === "-") {
      const bytes = plain(await stdin());
      if (formatOf(bytes) !== undefined || bytes.length === 0 || !isText(bytes))
        yield { file: "-", load: () => decodePicture(bytes, "standard input") };
      else yield* predictInputs(namesIn(bytes), async () => new Uint8Array());
    } else if (/^https?:\/\//i.test(arg)) yield { file: arg, load: async () => decodePicture(await fetched(arg), arg) };
    else yield* ofPath(arg);
  }
}

/** Whether it can be names at all; a picture of no known format, or rubbish, is one bad picture and not many bad names. */
function isText(bytes: Uint8Array): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") || !/[^\t-\r -\u{10ffff}]/u.test(text); // no control characters but the ends of lines
  } catch {
    return false;
  }
}

function namesIn(list: Uint8Array): string[] {
  const text = Buffer.from(list).toString("utf8");
  const names = text.includes("\0") ? text.split("\0") : text.split(/\r?\n/);
  return names.filter((name) => name !== "" && name !== "-");
}

async function* ofPath(arg: string): AsyncGenerator<PredictInput, void, undefined> {
  let path: string;
  try {
    path = /^file:/i.test(arg) ? fileURLToPath(arg) : expandHome(arg);
  } catch (cause) {
    yield refused(
      arg,
      new DataError("image", "url", `${arg}: no path of this machine (${(cause as Error).message}).`, arg),
    );
    return;
  }
  if (existsSync(path) && statSync(path).isDirectory()) {
    const { pictures, oddities } = await walk(path);
    for (const picture of pictures) yield ofFile(picture);
    for (const { code, file, message } of oddities)
      if (code === "unreadable" || code === "missing")
        yield refused(file, new DataError("image", code, `${file}: ${message.replace(/^data: /, "")}`, file));
    if (pictures.length === 0)
      yield refused(arg, new DataError("image", "empty", `${arg} has no pictures in it. Name another folder.`, path));
  } else if (!existsSync(path) && isGlob(path)) {
    const found = await glob(path);
    for (const file of found) yield* ofPath(file);
    if (found.length === 0)
      yield refused(arg, new DataError("image", "missing", `${arg}: no file fits this pattern. Check it.`, arg));
  } else yield { file: arg, load: () => loaded(path) };
}

function ofFile(path: string): PredictInput {
  return { file: path, load: () => loaded(path) };
}

async function loaded(path: string): Promise<Picture> {
  // A pipe called a.jpg would keep the others waiting for ever.
  if (existsSync(path) && !statSync(path).isFile()) await readPlace({ path });
  return readImage(path);
}

function refused(file: string, error: DataError): PredictInput {
  return { file, load: () => Promise.reject(error) };
}

/** Throws DataError "url" for other machines, "fetch" for an answer that is none. */
async function fetched(text: string): Promise<Uint8Array> {
  const fail = (code: string, why: string, cause?: unknown): never => {
    throw new DataError("image", code, `${text}: ${why}`, text, { cause });
  };
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    return fail("url", "is no URL.", cause);
  }
  const signal = AbortSignal.timeout(URL_TIMEOUT_MS);
  for (let turns = 0; turns < 5; turns++) {
    if (!isLocal(url.hostname))
      fail("url", `is at ${url.hostname}; only this machine (localhost) is asked. Download the picture first.`);
    let response: Response;
    try {
      response = await fetch(url, { redirect: "manual", signal });
    } catch (cause) {
      const why =
        (cause as Error).cause instanceof Error ? ((cause as Error).cause as Error).message : (cause as Error).message;
      return fail("fetch", `cannot be fetched (${why}). Is the server running?`, cause);
    }
    const next = response.headers.get("location");
    if (response.status >= 300 && response.status < 400 && next) {
      url = new URL(next, url);
      continue;
    }
    if (!response.ok) fail("fetch", `the server says ${response.status} ${response.statusText}.`);
    return body(response, fail);
  }
  return fail("fetch", "leads from one address to the next without end.");
}

async function body(response: Response, fail: (code: string, why: string) => never): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    parts.push(part);
    length += part.length;
    if (length > MOST_URL_BYTES) fail("size", `gives more than ${MOST_URL_BYTES} bytes, too many for a picture.`);
  }
  return plain(Buffer.concat(parts));
}

function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/i.test(host) || host.toLowerCase().endsWith(".localhost");
}
