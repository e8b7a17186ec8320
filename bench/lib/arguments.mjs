// The arguments that every bench takes, and its result on stdout.
import { parseArgs } from "node:util";

/** `more` adds options as parseArgs wants them. Numbers are read as such. */
export function readArguments(more = {}) {
  const { values } = parseArgs({
    options: {
      device: { type: "string" },
      threads: { type: "string" },
      batch: { type: "string", default: "64" },
      seconds: { type: "string", default: "4" },
      json: { type: "boolean", default: false },
      ...more,
    },
  });
  const numbers = Object.entries(values).map(([name, value]) => {
    if (typeof value !== "string" || more[name]?.text || name === "device") return [name, value];
    const number = Number(value);
    if (!(number > 0)) throw new Error(`--${name} wants a number above 0, got ${value}`);
    return [name, number];
  });
  return Object.fromEntries(numbers);
}

/** One JSON object a line with --json, else the sentence. */
export function report(result, { json }, sentence) {
  console.log(json ? JSON.stringify(result) : sentence);
}

/** "1,995 images/s (1,930 to 2,010)" */
export function speed({ median, min, max }) {
  const text = (value) => Math.round(value).toLocaleString("en");
  return `${text(median)} images/s (${text(min)} to ${text(max)})`;
}
