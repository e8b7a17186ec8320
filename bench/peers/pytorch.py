#!/usr/bin/env python3
"""PyTorch's side of bench/peers/compare.mjs: one configuration, one JSON line.

    pytorch.py --model cifar10cnn --mode train --batch 64 --threads 2 --variant tuned --seconds 4
    pytorch.py --model resnet18 --mode export --out resnet18.onnx

default: as it comes. channels-last: the layout its CPU kernels like. tuned: that, and malloc keeps its pages, threads are
bound, OpenBLAS is told its core where it does not know it. Inference is traced and frozen (torch.jit.optimize_for_inference).
"""
import argparse
import json
import os
import resource
import statistics
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--model", default="cifar10cnn")
parser.add_argument("--mode", choices=["train", "infer", "export"], default="train")
parser.add_argument("--variant", choices=["default", "channels-last", "tuned"], default="tuned")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--seconds", type=float, default=4.0)
parser.add_argument("--out", default="model.onnx")
a = parser.parse_args()

env = {"OMP_NUM_THREADS": str(a.threads), "OPENBLAS_NUM_THREADS": str(a.threads)}
if a.variant == "tuned":
    env |= {"MALLOC_MMAP_THRESHOLD_": "1000000000", "MALLOC_TRIM_THRESHOLD_": "10000000000",
            "MALLOC_TOP_PAD_": "100000000", "OMP_PROC_BIND": "true"}
    if "avx512bw" in open("/proc/cpuinfo").read():
        env["OPENBLAS_CORETYPE"] = "SkylakeX"
if any(os.environ.get(k) != v for k, v in env.items()):  # malloc and OpenMP read them at start-up only
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | env)

import torch
from torch import nn

torch.set_num_threads(a.threads)
torch.manual_seed(0)


def small(first, second, norm=False):
    def row(layer, channels, kind):
        return [layer, *([kind(channels)] if norm else []), nn.ReLU()]
    return nn.Sequential(
        *row(nn.Conv2d(3, first, 3, padding=1), first, nn.BatchNorm2d), nn.MaxPool2d(2),
        *row(nn.Conv2d(first, second, 3, padding=1), second, nn.BatchNorm2d), nn.MaxPool2d(2),
        nn.Flatten(), *row(nn.Linear(64 * second, 128), 128, nn.BatchNorm1d), nn.Linear(128, 10))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        same = stride == 1 and inputs == outputs
        self.around = nn.Sequential() if same else nn.Sequential(
            nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + self.around(x))


def resnet18(classes, photo):
    first = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)] if photo else [
        nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    rows, inputs = first, 64
    for outputs in (64, 128, 256, 512):
        for i in range(2):
            rows.append(Block(inputs, outputs, 2 if i == 0 and outputs > 64 else 1))
            inputs = outputs
    return nn.Sequential(*rows, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, classes))


make, side, classes = {
    "cifar10cnn": (lambda: small(32, 64), 32, 10), "cifar10cnn-bn": (lambda: small(32, 64, True), 32, 10),
    "simplecnn": (lambda: small(16, 32), 32, 10), "resnet18-cifar": (lambda: resnet18(10, False), 32, 10),
    "resnet18": (lambda: resnet18(1000, True), 224, 1000)}[a.model]
model = make()
x = torch.randn(a.batch, 3, side, side)
target = torch.randint(0, classes, (a.batch,))
if a.mode == "export":
    torch.onnx.export(model.eval(), x[:1], a.out, opset_version=13, input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "n"}, "logits": {0: "n"}})
    print(json.dumps({"exported": a.out}))
    sys.exit(0)
if a.variant != "default":
    model = model.to(memory_format=torch.channels_last)
    x = x.contiguous(memory_format=torch.channels_last)
if a.mode == "train":
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    criterion = nn.CrossEntropyLoss()

    def step():
        for p in model.parameters():
            p.grad = None
        loss = criterion(model(x), target)
        loss.backward()
        optimizer.step()
        return loss.item()
else:
    with torch.inference_mode():
        forward = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(model.eval(), x)))

    @torch.inference_mode()
    def step():
        return forward(x)

begin, count = time.perf_counter(), 0
while count < 3 or time.perf_counter() - begin < min(1.0, a.seconds / 4):
    step()
    count += 1
steps = max(1, int(a.seconds / 7 / ((time.perf_counter() - begin) / count)))
speeds = []
for _ in range(7):
    begin = time.perf_counter()
    for _ in range(steps):
        step()
    speeds.append(a.batch * steps / (time.perf_counter() - begin))
print(json.dumps({
    "peer": "torch", "version": torch.__version__, "variant": a.variant,
    "imagesPerSecond": {"median": round(statistics.median(speeds), 1), "min": round(min(speeds), 1), "max": round(max(speeds), 1)},
    "peakRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
