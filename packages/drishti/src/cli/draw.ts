/** @file Pictures and tables drawn with letters. */
import type { Style } from "./style.ts";

export interface GreyPicture {
  /** 0..255, row by row. */
  readonly data: ArrayLike<number>;
  readonly height: number;
  readonly width: number;
}

const SHADES = " ░▒▓█";

/**
 * A grey picture as lines of text, two rows of pixels to a line: half blocks in shades of grey with colour, shaded blocks
 * without. `border` rows and columns on each side are left out.
 */
export function drawPicture({ data, height, width }: GreyPicture, style: Pick<Style, "color">, border = 0): string[] {
  const pixel = (y: number, x: number) => (y < height ? data[y * width + x]! : 0);
  const lines: string[] = [];
  for (let y = border; y < height - border; y += 2) {
    let line = "";
    for (let x = border; x < width - border; x++) {
      const [upper, lower] = [pixel(y, x), pixel(y + 1, x)];
      if (style.color) line += `\x1b[38;5;${greyCode(upper)};48;5;${greyCode(lower)}m▀`;
      else line += SHADES[Math.min(SHADES.length - 1, Math.floor(((upper + lower) / 2 / 256) * SHADES.length))];
    }
    lines.push(style.color ? `${line}\x1b[0m` : line);
  }
  return lines;
}

/** 24 greys of the 256 colours, 232 (dark) to 255 (light). */
function greyCode(value: number): number {
  return 232 + Math.min(23, Math.floor((value / 256) * 24));
}

/** Blocks of lines side by side, each with a width of its own. */
export function sideBySide(
  blocks: readonly { readonly lines: readonly string[]; readonly width: number }[],
  gap = "  ",
): string[] {
  const height = Math.max(...blocks.map(({ lines }) => lines.length));
  return Array.from({ length: height }, (_, row) =>
    blocks
      .map(({ lines, width }) => padded(lines[row] ?? "", width))
      .join(gap)
      .trimEnd(),
  );
}

/** Spaces up to a width; escape sequences take none. */
function padded(text: string, width: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what escape sequences begin with
  const visible = text.replace(/\x1b\[[0-9;]*m/g, "").length;
  return text + " ".repeat(Math.max(0, width - visible));
}

/** Rows: what it is; columns: what the model said. Hits stand out, zeros are dots. */
export function drawConfusion(
  matrix: readonly (readonly number[])[],
  classes: readonly string[],
  style: Style,
): string[] {
  const names = classes.map((name) => (name.length > 10 ? `${name.slice(0, 9)}…` : name));
  const side = Math.max(...names.map((name) => name.length), 4);
  const cell = Math.max(
    3,
    ...matrix.flat().map((count) => String(count).length),
    ...names.map((name) => Math.min(name.length, 6)),
  );
  const head = `${"".padStart(side)}  ${names.map((name) => name.slice(0, cell).padStart(cell)).join(" ")}`;
  const rows = matrix.map((row, truth) => {
    const cells = row.map((count, predicted) => {
      const text = (count === 0 ? "·" : String(count)).padStart(cell);
      if (count === 0) return style.dim(text);
      return truth === predicted ? style.good(text) : style.bad(text);
    });
    return `${names[truth]!.padStart(side)}  ${cells.join(" ")}`;
  });
  return [style.dim(head), ...rows];
}

/** Columns padded to their widest cell; numbers (by `right`) to the right. */
export function drawTable(rows: readonly (readonly string[])[], right: readonly boolean[] = []): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((text, column) => (right[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
