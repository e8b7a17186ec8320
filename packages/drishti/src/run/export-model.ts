/** @file A trained model in another format, read back and compared before it is called done. */

import { formatNamed, readForeign } from "./formats/index.ts";
import type { GoldenCheck } from "./golden.ts";
import { checkGolden, makeGolden } from "./golden.ts";
import { refuseSource, testPictures } from "./import-model.ts";
import { modelOfCard, openTrained, readTrained } from "./model-source.ts";

export interface Exported {
  readonly file: string;
  readonly checks: readonly GoldenCheck[];
}

/** Throws DataError for a model that the format cannot hold, and for a file that cannot be written. */
export async function exportModel(spec: string, formatName: string, out?: string): Promise<Exported> {
  const format = formatNamed(formatName);
  const file = await readTrained(spec);
  const { model, card } = await openTrained(file);
  const golden = card.golden ?? (await makeGolden(model, card, testPictures(card)));
  const whole = { ...card, golden };
  const path = out ?? `${nameOf(card.model.name)}${format.extension}`;
  refuseSource(file.file, path);
  await format.write!({ model, card: whole }, path);
  const checks: GoldenCheck[] = [];
  if (format.read) {
    const copy = await readForeign(path);
    // A graph's weights fit only the graph they came from.
    const network = copy.network ?? file.network;
    const again = network ? await network() : await modelOfCard(whole, path);
    if (!copy.network) again.loadStateDict(copy.weights);
    checks.push(await checkGolden("file", again, copy.card ?? whole, path));
  }
  if (format.checks) checks.push(...(await format.checks(path, whole)));
  return { file: path, checks };
}

/** A built-in name as it is, a module by its file's name. */
function nameOf(name: string): string {
  return name
    .split(/[\\/]/)
    .at(-1)!
    .replace(/\.[^.]*$/, "");
}
