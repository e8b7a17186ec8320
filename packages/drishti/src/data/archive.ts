/** @file Chosen files out of a tar archive, packed with gzip or not, without unpacking it to disk. */
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { DataError } from "@drishti/core/errors";
import { gzipError, plain, readError } from "./files.ts";
import { type OnDemand, readStreamOnDemand } from "./sources/on-demand.ts";
import { cut, tarMembers } from "./sources/tar-index.ts";
import { MAX_FILE_BYTES } from "./work/place.ts";

/** Packings we do not read, by how the file begins, and what unpacks them. */
const others: readonly { name: string; magic: readonly number[]; command: (path: string) => string }[] = [
  { name: "xz", magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], command: (path) => `tar xJf "${path}" -C FOLDER` },
  { name: "bzip2", magic: [0x42, 0x5a, 0x68], command: (path) => `tar xjf "${path}" -C FOLDER` },
  { name: "zstd", magic: [0x28, 0xb5, 0x2f, 0xfd], command: (path) => `tar --zstd -xf "${path}" -C FOLDER` },
  { name: "zip", magic: [0x50, 0x4b], command: (path) => `unzip "${path}" -d FOLDER` },
];

type Place = (name: string, bytes: Uint8Array) => Uint8Array;

/**
 * The contents of the wanted members, by their name without folders; what is not there is left out, the first of two wins.
 *
 * kind    what to write before FOLDER in the hint for archives we do not unpack: "cifar10:".
 * names   receives the name of every file in the archive, for messages.
 * place   says where a member is to lie: as it is, or in a copy that this makes.
 * Throws  DataError "packing" (xz, zip, … with the command that unpacks it), "truncated", "damaged", "format".
 */
export async function readTar(
  path: string,
  wanted: ReadonlySet<string>,
  kind: string,
  names: string[] = [],
  place?: Place,
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

  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  try {
    if (!zipped) return await readStreamOnDemand(file, () => chosenMembers(path, wanted, names, place));
    const plainBytes = createGunzip({ chunkSize: 1 << 18 });
    pipeline(file, plainBytes).catch(() => {}); // reading on fails with the same error
    return await readStreamOnDemand(plainBytes, () => chosenMembers(path, wanted, names, place));
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw code?.startsWith("Z_") ? gzipError(path, size, cause) : readError(path, cause);
  }
}

/** Those members, whole. Throws DataError as `readTar`. */
export function* chosenMembers(
  path: string,
  wanted: ReadonlySet<string>,
  names: string[] = [],
  place: Place = (_, bytes) => bytes,
): OnDemand<Map<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  yield* tarMembers(path, Number.POSITIVE_INFINITY, function* ({ name: whole, start, length }) {
    const name = whole.split("/").at(-1)!;
    names.push(name);
    if (!wanted.has(name) || found.has(name)) {
      // Whether it is whole shows in its last byte.
      if (length > 0 && (yield { start: start + length - 1, length: 1 }).length === 0) throw cut(path, start);
      return;
    }
    if (length > MAX_FILE_BYTES)
      throw new DataError("data", "size", `${path}: ${whole} has ${length} bytes, far more than such a file.`, path);
    const content = yield { start, length };
    if (content.length < length) throw cut(path, start + content.length);
    found.set(name, place(name, plain(content)));
  });
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
