/** @file What `drishti export --format web` puts beside the weights of a built-in network as predict.mjs. */
import { predict } from "./predict-command.ts";
import * as format from "./read-weights.ts";

process.exitCode = await predict(format, process.argv.slice(2));
