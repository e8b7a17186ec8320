/** @file Lists of pictures with their labels: CSV and JSON lines. */
import { dirname, isAbsolute, join } from "node:path";
import { DataError } from "@drishti/core/errors";
import { listed, readBytes } from "../files.ts";
import { FileSource, type SourceParts } from "./source.ts";

const FILE = ["file", "path", "filename", "file_name", "image", "img"];
const LABEL = ["label", "class", "category", "target"];
const SPLIT = ["split", "part", "subset", "fold"];
const TRAIN = ["train", "training"];
const VALIDATION = ["val", "valid", "validation", "test", "dev"];

interface Row {
  readonly line: number;
  readonly file: string;
  readonly label: string;
  readonly split: string;
}

/** Whether a path is a list's, by its name. */
export function isManifest(path: string): boolean {
  return /\.(csv|tsv|jsonl|ndjson)$/i.test(path);
}

/**
 * A CSV (comma, semicolon or tab; first line the names of the columns) or JSON lines. Columns: the file (`file`, `path`,
 * `filename`, `image`), its `label` (`class`, `category`), and optionally its `split` (`train`, `val`). Files are found from the list's folder.
 *
 * Classes  the labels in order; in order of their value when all are numbers.
 * Throws   DataError "columns", "line" with its number, "empty", "split", "missing".
 */
export async function openManifest(path: string): Promise<SourceParts> {
  return parseManifest(await readBytes(path), path);
}

/** The same for bytes; the path says which of the two kinds they are, and where the files are found. */
export function parseManifest(bytes: Uint8Array, path: string): SourceParts {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    .toString("utf8")
    .replace(/^\ufeff/, "");
  const rows = /\.(jsonl|ndjson)$/i.test(path) ? jsonRows(text, path) : csvRows(text, path);
  if (rows.length === 0) throw new DataError("manifest", "empty", `${path} lists no pictures.`, path);
  const names = [...new Set(rows.map(({ label }) => label))];
  const numeric = names.every((name) => /^\d+$/.test(name));
  const classes = numeric ? names.sort((a, b) => Number(a) - Number(b)) : names.sort();
  const folder = dirname(path);
  const part = (chosen: readonly Row[]) =>
    new FileSource(
      chosen.map(({ file }) => (isAbsolute(file) ? file : join(folder, file))),
      Int32Array.from(chosen, ({ label }) => classes.indexOf(label)),
      classes,
      folder,
    );
  const val = rows.filter(({ split }) => VALIDATION.includes(split));
  const train = rows.filter(({ split }) => split === "" || TRAIN.includes(split));
  if (train.length === 0)
    throw new DataError(
      "manifest",
      "split",
      `${path} lists ${val.length} pictures for validation and none to train with.`,
      path,
    );
  return val.length > 0 ? { train: part(train), val: part(val) } : { train: part(train) };
}

function csvRows(text: string, path: string): Row[] {
  const firstLine = text.slice(0, text.search(/[\r\n]|$/));
  const separator = ["\t", ";", ","].find((letter) => firstLine.includes(letter)) ?? ",";
  const [head = { line: 1, fields: [] }, ...records] = csvRecords(text, separator);
  const names = head.fields.map((name) => name.trim().toLowerCase());
  const column = (wanted: readonly string[]) => names.findIndex((name) => wanted.includes(name));
  const [file, label, split] = [column(FILE), column(LABEL), column(SPLIT)];
  if (file < 0 || label < 0)
    throw new DataError(
      "manifest",
      "columns",
      `${path}: the first line must name the columns, with file and label among them (and split, if there is one); it has ${listed(names)}.`,
      path,
    );
  return records.map(({ line, fields }) => {
    if (fields.length !== names.length)
      throw lineError(path, line, `it has ${fields.length} fields, the first line has ${names.length}`);
    return row(path, line, fields[file], fields[label], split < 0 ? "" : fields[split]);
  });
}

/** RFC 4180: fields in quotes may hold separators, line breaks and doubled quotes. Blank lines are passed over. */
function csvRecords(text: string, separator: string): { line: number; fields: string[] }[] {
  const records: { line: number; fields: string[] }[] = [];
  let fields: string[] = [];
  let [field, quoted, line, begin] = ["", false, 1, 1];
  const end = () => {
    fields.push(field);
    if (fields.length > 1 || field !== "") records.push({ line: begin, fields });
    [fields, field, begin] = [[], "", line];
  };
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!;
    if (letter === "\n") line++;
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[i + 1] === '"') field += text[++i];
      else quoted = false;
    } else if (letter === '"' && field === "") quoted = true;
    else if (letter === separator) {
      fields.push(field);
      field = "";
    } else if (letter === "\n") end();
    else if (!(letter === "\r" && text[i + 1] === "\n")) field += letter;
  }
  if (field !== "" || fields.length > 0) end();
  return records;
}

function jsonRows(text: string, path: string): Row[] {
  const rows: Row[] = [];
  for (const [i, content] of text.split("\n").entries()) {
    if (content.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(content);
    } catch {
      throw lineError(path, i + 1, "it is not JSON");
    }
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw lineError(path, i + 1, "it must be an object with file and label");
    const get = (names: readonly string[]) => {
      const key = names.find((name) => Object.hasOwn(value, name));
      const found = key === undefined ? undefined : (value as Record<string, unknown>)[key];
      return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
    };
    rows.push(row(path, i + 1, get(FILE), get(LABEL), get(SPLIT) ?? ""));
  }
  return rows;
}

function row(path: string, line: number, file = "", label = "", split = ""): Row {
  const part = split.trim().toLowerCase();
  if (file === "") throw lineError(path, line, "it names no file");
  if (label.trim() === "") throw lineError(path, line, `${file} has no label`);
  if (part !== "" && !TRAIN.includes(part) && !VALIDATION.includes(part))
    throw lineError(path, line, `split "${split}" must be train or val`);
  return { line, file, label: label.trim(), split: part };
}

function lineError(path: string, line: number, text: string): DataError {
  return new DataError("manifest", "line", `${path}, line ${line}: ${text}.`, path);
}
