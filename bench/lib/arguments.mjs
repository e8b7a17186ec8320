// The arguments that every bench takes, and its result on stdout.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

/** What parseArgs reads, and --help: the comment at the head of the program, and its options. Wrong ones end it with exit 2. */
export function parseOptions(config) {
  const options = { ...config.options, help: { type: "boolean", default: false } };
  const names = Object.entries(options).map(([name, { type }]) => `--${name}${type === "string" ? " …" : ""}`);
  const known = `options: ${names.join(", ")}`;
  let parsed;
  try {
    parsed = parseArgs({ ...config, options });
  } catch (error) {
    fail(`${error.message}\n${known}`);
  }
  const { help, ...values } = parsed.values;
  if (help) {
    const head = /^(?:\/\/.*\n)+/.exec(readFileSync(process.argv[1], "utf8"))?.[0] ?? "";
    console.log(`${head.replace(/^\/\/ ?/gm, "")}${known}`);
    process.exit(0);
  }
  return { ...parsed, values };
}

function fail(message) {
  console.error(message);
  process.exit(2);
}

/** `more` adds options as parseArgs wants them. Numbers are read as such. */
export function readArguments(more = {}) {
  const { values } = parseOptions({
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
    if (!(number > 0)) fail(`--${name} wants a number above 0, got ${value}`);
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
