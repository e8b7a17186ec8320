/** @file What `drishti export --format web` puts beside the graph of a network of one's own as drishti.js. */
import { type BrowserModel, loadFrom } from "./load.ts";
import * as format from "./read-graph.ts";

/** Opens the model in a folder of this site. */
export const load = (folder: string | URL = "./"): Promise<BrowserModel> => loadFrom(format, folder);
export { pixelsOf } from "./load.ts";
