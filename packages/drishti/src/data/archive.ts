/** @file Chosen files out of a tar archive, packed with gzip or not, without unpacking it to disk. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DataError } from "@drishti/core/errors";
import { extract } from "tar-stream";
import { gzipError, plain, readError } from "./files.ts";

/** Packings we do not read, by how the file begins, and what unpacks them. */
const others: readonly { name: string; magic: readonly number[]; command: (path: string) => string }[] = [
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], command: (path) => `tar xJf "${path}" -C FOLDER` },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], command: (path) => `tar xjf "${path}" -C FOLDER` },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], command: (path) => `tar --zstd -xf "${path}" -C FOLDER` },
  { name: "zip", magic: [0x50, 0x4b], command: (path) => `unzip "${path}" -d FOLDER` },
];

/**
 * The contents of the wanted members, by their name without folders; what is not there is left out, the first of two wins.
 *
 * kind    what to write before FOLDER in the hint for archives we do not unpack: "cifar10:".
 * names   receives the name of every file in the archive, for messages.
 * Throws  DataError "packing" (xz, zip, … with the command that unpacks it), "truncated", "damaged", "format".
 */
export async function readTar(
  path: string,
  wanted: ReadonlySet<string>,
  kind: string,
  names: string[] = [],
): Promise<Map<string, Uint8Array>> {
  const { start, size } = await beginning(path);
  const other = others.find(({ magic }) => magic.every((byte, i) => start[i] === byte));
  if (other)
    throw new DataError(
      "data",
      "packing",
      `${path} is packed with ${other.name}, which is not read here: unpack it with \`${other.command(path)}\` and give ${kind}FOLDER.`,
      path,
    );
  const zipped = start[0] === 0x1f && start[1] === 0x8b;
  if (!zipped && Buffer.from(start.subarray(257, 262)).toString("latin1") !== "ustar")
    throw new DataError(
      "data",
      "format",
      `${path} is no tar archive (.tar or .tar.gz); it has ${size} bytes. Give an archive or a folder.`,
      path,
    );

  const found = new Map<string, Uint8Array>();
  const entries = extract();
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const sink = entries as unknown as NodeJS.WritableStream; // streamx has its own types
  const feeding = zipped ? pipeline(file, createGunzip({ chunkSize: 1 << 18 }), sink) : pipeline(file, sink);
  feeding.catch(() => {}); // the loop below ends with the same failure, and reports it
  try {
    for await (const entry of entries) {
      const name = entry.header.name.split("/").at(-1)!;
      if (entry.header.type === "file") names.push(name);
      if (entry.header.type !== "file" || !wanted.has(name) || found.has(name)) {
        entry.resume();
        continue;
      }
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      found.set(name, plain(Buffer.concat(chunks)));
    }
    await feeding;
  } catch (cause) {
    const failure = await feeding.then(
      () => cause,
      (first: unknown) => first,
    );
    throw tarError(path, size, failure);
  }
  return found;
}

async function beginning(path: string): Promise<{ start: Uint8Array; size: number }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const start = new Uint8Array(512);
    const { bytesRead } = await file.read(start, 0, 512, 0);
    return { start: start.subarray(0, bytesRead), size: (await file.stat()).size };
  } catch (cause) {
    throw readError(path, cause);
  } finally {
    await file?.close();
  }
}

function tarError(path: string, size: number, cause: unknown): DataError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code?.startsWith("Z_")) return gzipError(path, size, cause);
  if (code && /^E[A-Z]+$/.test(code)) return readError(path, cause);
  return /unexpected end/i.test(message)
    ? new DataError(
        "data",
        "truncated",
        `${path}: the archive stops early, after ${size} bytes: cut off? Get the file again.`,
        path,
        { cause },
      )
    : new DataError(
        "data",
        "damaged",
        `${path}: the archive is damaged (${message}; ${size} bytes). Get the file again.`,
        path,
        { cause },
      );
}
