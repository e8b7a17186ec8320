/** @file Names as people see them: files and classes may be called anything. */

/** A text on one line, and harmless on a terminal. */
export function shown(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not reach a terminal
  return name.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (letter) =>
    letter === "\n" ? "\\n" : `\\u{${letter.charCodeAt(0).toString(16)}}`,
  );
}
