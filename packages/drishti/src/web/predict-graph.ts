/** @file What `drishti export --format web` puts beside the graph of a network of one's own as predict.mjs. */
import { predict } from "./predict-command.ts";
import * as format from "./read-graph.ts";

process.exitCode = await predict(format, process.argv.slice(2));
