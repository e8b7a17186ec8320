/** @file What is done to pictures beside the training: reading, decoding, transforming. The same code in a worker and here. */
import { SampleRandom, type Transform, toChannels } from "@drishti/core/data";
import { DataError, DrishtiError } from "@drishti/core/errors";
import { transformFromJSON } from "@drishti/core/transforms";
import { shown } from "../../run/shown.ts";
import { decodePicture } from "../decode/decode.ts";
import type { BytePicture } from "../pnm.ts";
import { type Place, placeName, readPlace } from "./place.ts";

/** Pictures to read and to bring to a network's input. */
export interface SampleTask {
  readonly kind: "samples";
  readonly places: readonly Place[];
  /** Of each in its set: with seed and epoch it decides the sample's random numbers. */
  readonly indices: readonly number[];
  readonly seed: bigint;
  readonly epoch: number;
  readonly channels: number;
  /** The transform's JSON, as text so that it can be looked up. */
  readonly transform: string;
}

/** A picture that could not be read. */
export interface BadFile {
  readonly file: string;
  readonly code: string;
  readonly message: string;
}

export interface SampleResult {
  /** Of every picture; null when not one could be read. */
  readonly shape: readonly [channels: number, height: number, width: number] | null;
  /** The good ones, one after the other. */
  readonly data: Float32Array<ArrayBuffer>;
  /** Which of the task's pictures those are. */
  readonly good: readonly number[];
  readonly bad: readonly BadFile[];
}

/** A picture of 1 or 3 channels from wherever its bytes are. */
export async function loadPicture(place: Place, channels: number): Promise<BytePicture> {
  return toChannels(await decodePicture(await readPlace(place), nameFor(place)), channels) as BytePicture;
}

/** A name that costs nothing: members of archives get theirs when it is wanted. */
function nameFor(place: Place): string {
  return "start" in place ? `${place.path}@${place.start}` : placeName(place);
}

/** Does a task. Throws only what is not one picture's fault: sizes that do not fit together, a transform that fails. */
export async function makeSamples(task: SampleTask): Promise<SampleResult> {
  const { places, indices, seed, epoch, channels } = task;
  const transform = transformOf(task.transform);
  const random = new SampleRandom();
  const good: number[] = [];
  const bad: BadFile[] = [];
  let shape: SampleResult["shape"] = null;
  let data = new Float32Array(0);
  // sharp decodes in threads of its own: the next picture is under way while this one is transformed.
  let next = attempt(places[0], channels);
  for (let i = 0; i < places.length; i++) {
    const picture = await next;
    next = attempt(places[i + 1], channels);
    if ("code" in picture) {
      bad.push(picture);
      continue;
    }
    const made = transform.apply(picture, random.start(seed, epoch, indices[i]!));
    if (!(made.data instanceof Float32Array))
      throw new DataError("data", "dtype", "the transform leaves bytes, a batch holds floats: end it with toTensor().");
    const size = made.data.length;
    if (!shape) {
      shape = [made.channels, made.height, made.width];
      data = new Float32Array(size * (places.length - i));
    } else checkShape(shape, [made.channels, made.height, made.width], () => placeName(places[i]!));
    data.set(made.data, good.length * size);
    good.push(i);
  }
  const used = shape ? good.length * shape[0] * shape[1] * shape[2] : 0;
  return { shape, data: used === data.length ? data : data.slice(0, used), good, bad };
}

/** Refuses pictures of two sizes in one batch. */
export function checkShape(first: readonly number[], other: readonly number[], nameOf: () => string): void {
  if (first.every((size, i) => size === other[i])) return;
  const file = nameOf(); // which may have to be read
  throw new DataError(
    "data",
    "shape",
    `${file} is ${other.join("×")}, others of its batch are ${first.join("×")} (channels × height × width): ` +
      "bring them to one size with resize or centerCrop.",
    file,
  );
}

async function attempt(place: Place | undefined, channels: number): Promise<BytePicture | BadFile> {
  if (!place) return { file: "", code: "", message: "" }; // after the last
  try {
    return await loadPicture(place, channels);
  } catch (error) {
    return asBadFile(error, place);
  }
}

/** An error of one picture as plain data. A missing decoder is nobody's bad file: it is thrown on. */
function asBadFile(error: unknown, place: Place): BadFile {
  if (!(error instanceof DrishtiError) || error.code === "needs-sharp") throw error;
  const file = placeName(place);
  return { file, code: error.code, message: error.message.replace(nameFor(place), () => file) };
}

/** What is wrong with a file, in a line that begins with its name. */
export function plainText({ message }: BadFile): string {
  return shown(message.replace(/^[a-z]+: /, ""));
}

const transforms = new Map<string, Transform>();

function transformOf(text: string): Transform {
  let transform = transforms.get(text);
  if (!transform) {
    if (transforms.size > 16) transforms.clear();
    transform = transformFromJSON(JSON.parse(text));
    transforms.set(text, transform);
  }
  return transform;
}
