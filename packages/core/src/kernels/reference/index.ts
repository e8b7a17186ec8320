/** @file Every kernel of the contract in plain loops over doubles: what the other backends are judged by. */
import { batchNorm } from "./batch-norm.ts";
import { broadcast } from "./broadcast.ts";
import { byIndex } from "./by-index.ts";
import { conv2d } from "./conv2d.ts";
import { elementwise } from "./elementwise.ts";
import { fused } from "./fused.ts";
import { layout } from "./layout.ts";
import { loss } from "./loss.ts";
import { matmul } from "./matmul.ts";
import { nhwc } from "./nhwc.ts";
import { optim } from "./optim.ts";
import { pad } from "./pad.ts";
import { pool } from "./pool.ts";
import { reduce } from "./reduce.ts";
import { running } from "./running.ts";
import { softmax } from "./softmax.ts";
import { sorting } from "./sorting.ts";
import type { ReferenceKernels } from "./types.ts";

/** A kernel missing here is a compile error. */
export const referenceKernels: ReferenceKernels = {
  ...layout,
  ...elementwise,
  ...broadcast,
  ...reduce,
  ...softmax,
  ...byIndex,
  ...running,
  ...sorting,
  ...matmul,
  ...conv2d,
  ...pad,
  ...pool,
  ...batchNorm,
  ...loss,
  ...optim,
  ...fused,
  ...nhwc,
};
