/** @file How the parsers of a file refuse it: each part says what is wrong, the reader adds which file. */
import { DataError } from "../errors/errors.ts";

/** Throws a DataError that names the file. */
export type Fail = (code: string, text: string, cause?: unknown) => never;

/** `file` is named in the error's field and, where it is known, in front of the text. */
export function failer(where: string, file: string | undefined): Fail {
  return (code, text, cause) => {
    const named = file === undefined ? text : `${file}: ${text}`;
    throw new DataError(where, code, named, file, cause === undefined ? undefined : { cause });
  };
}
