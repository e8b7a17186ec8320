/** @file Methods that take sizes as PyTorch does, in a row, and max() of everything. */
import { type Tensor, zeros } from "@drishti/core";
import { same } from "./equal.ts";

const x = zeros([8, 16, 5, 5] as const);
const rows = x.view(-1, 400);
same<typeof rows, Tensor<[8, 400]>>(true);
const listed = x.view([-1, 400]);
same<typeof listed, Tensor<[8, 400]>>(true);
const last = x.permute(0, 2, 3, 1);
same<typeof last, Tensor<[8, 5, 5, 16]>>(true);
const wide = zeros([3, 1] as const).expand(-1, 4);
same<typeof wide, Tensor<[3, 4]>>(true);
const twice = zeros([3, 1] as const).repeat(2, 2);
same<typeof twice, Tensor<[6, 2]>>(true);
// @ts-expect-error: 3200 elements, not 3208
x.view(8, 401);
// @ts-expect-error: four axes
x.permute(0, 2, 1);

// Sizes from elsewhere: nothing is known.
declare const sizes: number[];
const open = x.reshape(...sizes);
same<typeof open, Tensor<readonly number[]>>(true);
const open2 = x.reshape(sizes);
same<typeof open2, Tensor<readonly number[]>>(true);

const largest = x.max();
same<typeof largest, Tensor<[]>>(true);
const { values, indices } = x.max(1);
same<typeof values, Tensor<[8, 5, 5]>>(true);
same<typeof indices, Tensor<[8, 5, 5]>>(true);
const spread = x.var([0, 2, 3], { correction: 0, keepdim: true });
same<typeof spread, Tensor<[1, 16, 1, 1]>>(true);
// @ts-expect-error: there is no such axis
x.max(4);
// @ts-expect-error: there is no option of this name
x.sum(1, { keepDim: true });
