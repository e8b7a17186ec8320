// Where the peers' npm packages are: the folder $PEERS, which has a node_modules. They are no dependencies of ours.
//   mkdir peers && cd peers && npm init -y
//   npm i --ignore-scripts onnxruntime-node @tensorflow/tfjs @tensorflow/tfjs-backend-wasm @jax-js/jax
import { createRequire } from "node:module";
import path from "node:path";

export function fromPeers() {
  return createRequire(path.join(path.resolve(process.env.PEERS ?? "."), "x.js"));
}

/** Whether a package is there. */
export function hasPeer(name) {
  try {
    fromPeers().resolve(name);
    return true;
  } catch {
    return false;
  }
}
