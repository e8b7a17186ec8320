/** @file What `drishti export --format web` puts beside the weights of a built-in network as drishti.js. */
import { type BrowserModel, loadFrom } from "./load.ts";
import * as format from "./read-weights.ts";

/** Opens the model in a folder of this site. */
export const load = (folder: string | URL = "./"): Promise<BrowserModel> => loadFrom(format, folder);
export { pixelsOf } from "./load.ts";
