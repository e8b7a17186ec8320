/** @file Every op that has samples. */
import { activationSuites } from "../ops/activations.samples.ts";
import { arrangeSuites } from "../ops/arrange.samples.ts";
import { binarySuites } from "../ops/binary.samples.ts";
import { byIndexSuites } from "../ops/by-index.samples.ts";
import { convTranspose2dSuite } from "../ops/conv-transpose2d.samples.ts";
import { conv1dSuites } from "../ops/conv1d.samples.ts";
import { conv2dPaddedSuite, conv2dSuite } from "../ops/conv2d.samples.ts";
import { embeddingSuite } from "../ops/embedding.samples.ts";
import { linearSuite } from "../ops/linear.samples.ts";
import { bceWithLogitsSuite, crossEntropySuite, mseLossSuite, nllLossSuite } from "../ops/losses.samples.ts";
import { matmulSuite } from "../ops/matmul.samples.ts";
import { moreLossSuites } from "../ops/more-losses.samples.ts";
import {
  batchNormEvalSuite,
  batchNormTrainSuite,
  groupNormSuite,
  instanceNormSuite,
  layerNormSuite,
} from "../ops/norm.samples.ts";
import {
  adaptiveAvgPool2dSuite,
  adaptiveMaxPool2dSuite,
  avgPool2dSuite,
  maxPool2dSuite,
  poolWithIndicesSuites,
} from "../ops/pool.samples.ts";
import { reduceSuites } from "../ops/reduce.samples.ts";
import { resizeSuites } from "../ops/resize.samples.ts";
import type { OpSuite } from "../ops/samples.ts";
import { sortSuites } from "../ops/sort.samples.ts";
import { dropoutSuites, log1pSuites, logSoftmaxSuite, softmaxSuite, unarySuites } from "../ops/unary.samples.ts";
import { joinSuites, padSuite, viewSuites } from "../ops/view.samples.ts";

export const opSuites: readonly OpSuite[] = [
  conv2dSuite,
  conv2dPaddedSuite,
  convTranspose2dSuite,
  linearSuite,
  matmulSuite,
  maxPool2dSuite,
  avgPool2dSuite,
  adaptiveAvgPool2dSuite,
  adaptiveMaxPool2dSuite,
  batchNormTrainSuite,
  batchNormEvalSuite,
  layerNormSuite,
  groupNormSuite,
  instanceNormSuite,
  ...poolWithIndicesSuites,
  ...unarySuites,
  ...log1pSuites,
  softmaxSuite,
  logSoftmaxSuite,
  ...dropoutSuites,
  ...binarySuites,
  ...reduceSuites,
  ...viewSuites,
  ...joinSuites,
  padSuite,
  nllLossSuite,
  crossEntropySuite,
  mseLossSuite,
  bceWithLogitsSuite,
  ...activationSuites,
  ...moreLossSuites,
  ...resizeSuites,
  ...conv1dSuites,
  embeddingSuite,
  ...byIndexSuites,
  ...arrangeSuites,
  ...sortSuites,
];
