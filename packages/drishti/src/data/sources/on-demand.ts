/** @file Readers that ask for the stretches of a file they want to see: the same code for files and for bytes. */
import { type FileHandle, open } from "node:fs/promises";
import { readError } from "../files.ts";

export interface Stretch {
  readonly start: number;
  readonly length: number;
}

/** Yields what it wants to see and gets it, or less where the file ends before. */
export type OnDemand<T> = Generator<Stretch, T, Buffer>;

/** Runs a reader on a file, given its size. Throws DataError of `readError`, and what the reader throws. */
export async function readOnDemand<T>(path: string, reader: (size: number) => OnDemand<T>): Promise<T> {
  let file: FileHandle;
  try {
    file = await open(path);
  } catch (cause) {
    throw readError(path, cause);
  }
  try {
    const reading = reader((await file.stat()).size);
    let step = reading.next();
    while (!step.done) {
      const { start, length } = step.value;
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(bytes, 0, length, start).catch((cause: unknown) => {
        throw readError(path, cause);
      });
      step = reading.next(bytes.subarray(0, bytesRead));
    }
    return step.value;
  } finally {
    await file.close();
  }
}

/** The same on bytes. */
export function readBytesOnDemand<T>(bytes: Uint8Array, reader: (size: number) => OnDemand<T>): T {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const reading = reader(whole.length);
  let step = reading.next();
  while (!step.done) step = reading.next(whole.subarray(step.value.start, step.value.start + step.value.length));
  return step.value;
}

/**
 * The same on a stream, for readers that only go forward: what they pass over is dropped. The stream is read to its end, so
 * that what is wrong there is seen.
 */
export async function readStreamOnDemand<T>(
  stream: AsyncIterable<Buffer>,
  reader: (size: number) => OnDemand<T>,
): Promise<T> {
  const chunks = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let at = 0; // where `held` begins
  const more = async (): Promise<Buffer | undefined> => {
    const { done, value } = await chunks.next();
    return done ? undefined : value;
  };
  const reading = reader(Number.POSITIVE_INFINITY);
  let step = reading.next();
  while (!step.done) {
    const { start, length } = step.value;
    const parts: Buffer[] = [];
    let [from, wanted] = [start, length];
    while (wanted > 0) {
      const part = held.subarray(Math.max(0, from - at), Math.max(0, from - at) + wanted);
      if (part.length > 0) {
        parts.push(part);
        from += part.length;
        wanted -= part.length;
        continue;
      }
      const next = await more();
      if (!next) break;
      at += held.length;
      held = next;
    }
    step = reading.next(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }
  while (await more());
  return step.value;
}
