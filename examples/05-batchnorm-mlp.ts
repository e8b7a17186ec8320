/** Batch normalisation after a dense layer (N12): batch statistics in training, running averages in evaluation. */
import { manualSeed, nn, randn } from "drishti";

manualSeed(0);
const mlp = new nn.Sequential(new nn.Linear(128, 64), new nn.BatchNorm1d(64), new nn.ReLU(), new nn.Linear(64, 10));
const x = randn([32, 128]);

const trained = mlp.train().forward(x);
const norm = mlp.at(1) as nn.BatchNorm1d;
console.log("batches seen:", await norm.numBatchesTracked?.item());
console.log("running mean of the first unit:", (await norm.runningMean?.narrow(0, 0, 1).item())?.toFixed(4));

const evaluated = mlp.eval().forward(x);
const gap = await trained.sub(evaluated).abs().mean().item();
console.log("mean difference between training and evaluation:", gap.toFixed(3));
