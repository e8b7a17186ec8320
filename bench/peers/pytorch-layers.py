#!/usr/bin/env python3
"""PyTorch's side of bench/layers.mjs: reads layers as JSON on stdin, writes GFLOP/s as JSON, one number each.

Tuned as in pytorch.py: channels-last, malloc keeps its pages, threads bound. A convolution is its operator alone; gradients are
torch.ops.aten.convolution_backward with a mask of what is wanted.
"""
import json
import os
import statistics
import sys
import time

threads = int(sys.argv[1])
env = {"OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads), "MALLOC_MMAP_THRESHOLD_": "1000000000",
       "MALLOC_TRIM_THRESHOLD_": "10000000000", "MALLOC_TOP_PAD_": "100000000", "OMP_PROC_BIND": "true"}
if "avx512bw" in open("/proc/cpuinfo").read():
    env["OPENBLAS_CORETYPE"] = "SkylakeX"
if any(os.environ.get(k) != v for k, v in env.items()):  # malloc and OpenMP read them at start-up only
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | env)

import torch

torch.set_num_threads(threads)
torch.manual_seed(0)


def linear(p, what):
    x, w, b = torch.randn(p["rows"], p["inFeatures"]), torch.randn(p["outFeatures"], p["inFeatures"]), torch.randn(p["outFeatures"])
    g = torch.randn(p["rows"], p["outFeatures"])
    if what == "forward":
        return lambda: torch.nn.functional.linear(x, w, b)
    return (lambda: g @ w) if what == "input gradient" else (lambda: g.t() @ x)


def conv(p, what):
    last = dict(memory_format=torch.channels_last)
    x = torch.randn(p["batch"], p["inChannels"], p["inHeight"], p["inWidth"]).contiguous(**last)
    w = torch.randn(p["outChannels"], p["inChannels"] // p["groups"], p["kernelHeight"], p["kernelWidth"]).contiguous(**last)
    g = torch.randn(p["batch"], p["outChannels"], p["outHeight"], p["outWidth"]).contiguous(**last)
    stride, dilation = [p["strideHeight"], p["strideWidth"]], [p["dilationHeight"], p["dilationWidth"]]
    padding = [p["padTop"], p["padLeft"]]
    if what == "forward":
        b = torch.randn(p["outChannels"])
        return lambda: torch.conv2d(x, w, b, stride, padding, dilation, p["groups"])
    mask = [what == "input gradient", what == "weight gradient", what == "weight gradient"]
    return lambda: torch.ops.aten.convolution_backward(
        g, x, w, [p["outChannels"]], stride, padding, dilation, False, [0, 0], p["groups"], mask)


def gflops(layer):
    p = layer["params"]
    with torch.inference_mode():
        run = (conv if "kernelHeight" in p else linear)(p, layer["pass"])
        run()
        start = time.perf_counter()
        run()
        times = max(1, round(0.015 / (time.perf_counter() - start)))
        rates = []
        for _ in range(9):
            start = time.perf_counter()
            for _ in range(times):
                run()
            rates.append(layer["flop"] * times / (time.perf_counter() - start) / 1e9)
    return statistics.median(rates)


print(json.dumps([gflops(layer) for layer in json.load(sys.stdin)]))
