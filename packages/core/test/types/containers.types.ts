/** @file A ModuleList knows its modules, as far as they are written out. */
import { nn, type Tensor, zeros } from "@drishti/core";
import { same } from "./equal.ts";

const list = new nn.ModuleList([new nn.Conv2d(3, 8, 3), new nn.ReLU(), new nn.Linear(8, 2)]);
same<(typeof list)["length"], number>(true);
const first = list.at(0).forward(zeros([1, 3, 6, 6] as const));
same<typeof first, Tensor<[1, 8, 4, 4]>>(true);
const last = list.at(-1).forward(zeros([5, 8] as const));
same<typeof last, Tensor<[5, 2]>>(true);
same<ReturnType<typeof list.at<1>>, nn.ReLU>(true);
same<ReturnType<typeof list.at<3>>, never>(true);
same<ReturnType<typeof list.at<-4>>, never>(true);
// @ts-expect-error: the first module takes 3 channels
list.at(0).forward(zeros([1, 4, 6, 6] as const));
const longer = list
  .append(new nn.Linear(2, 7))
  .at(3)
  .forward(zeros([1, 2] as const));
same<typeof longer, Tensor<[1, 7]>>(true);

// A number or a list from elsewhere: one of them.
declare const index: number;
list.at(index).forward(zeros([1, 3, 6, 6]));
declare const layers: nn.Linear[];
const open = new nn.ModuleList(layers);
same<ReturnType<typeof open.at<2>>, nn.Linear>(true);
let x = zeros([1, 4]);
for (const layer of open) x = layer.forward(x);
for (const layer of list) x = layer.forward(x);
const plain: nn.ModuleList = list;
plain.append(new nn.ReLU());
const generated = new nn.ModuleList(Array.from({ length: 3 }, () => new nn.Linear(4, 4)));
x = generated.at(0).forward(x);
