#!/usr/bin/env python3
"""Writes packages/core/test/golden/models.json: what torchvision's models hold and compute.

    python3 scripts/golden-models.py [FILE]

For each model: the number of parameters; sha256 over its state-dict entries, one line "key d0,d1,…" each; sha256 and
first values of some tensors after torch.manual_seed(0); and logits in eval mode, with weights by formula, of a picture by formula. The
formulas are those of the oracle (oraclelib/formulas.py): integer arithmetic only, the same bits in any language. `atol`
is the larger of 16 times torch's own float32 error against float64 and 2e-6 of the largest logit.
"""
import hashlib
import json
import os
import sys

import numpy as np
import torch
import torchvision

FILE = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../packages/core/test/golden/models.json")

# name, size of the picture
MODELS = [("alexnet", 64), ("vgg11", 32), ("vgg11_bn", 32), ("vgg16", 32), ("vgg16_bn", 32), ("resnet18", 64),
          ("resnet34", 64), ("resnet50", 64), ("wide_resnet50_2", 64), ("squeezenet1_0", 48), ("squeezenet1_1", 48),
          ("mobilenet_v2", 48), ("shufflenet_v2_x0_5", 48), ("shufflenet_v2_x1_0", 48), ("densenet121", 48),
          ("efficientnet_b0", 48), ("convnext_tiny", 48)]


def h32(x):
    mask = np.uint64(0xFFFFFFFF)
    x = np.asarray(x, np.uint64) & mask
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        x = x ^ (x >> np.uint64(shift))
        x = (x * np.uint64(factor)) & mask
    return x ^ (x >> np.uint64(16))


def fnv1a(name):
    h = 0x811C9DC5
    for ch in name.encode():
        h = ((h ^ ch) * 0x01000193) & 0xFFFFFFFF
    return h


def fill(name, shape):
    n = int(np.prod(shape))
    i = np.arange(n, dtype=np.uint64)
    u = (h32(np.uint64(fnv1a(name)) + i * np.uint64(0x9E3779B1)) >> np.uint64(8)).astype(np.float64) / 2.0**24
    s = 2 * u - 1
    if len(shape) >= 2:
        v = s * np.sqrt(6.0 / (n // shape[0]))
    elif name.endswith("running_var"):
        v = 1 + u / 2
    elif name.endswith("running_mean") or name.endswith("bias"):
        v = s / 10
    else:
        v = 1 + s / 10
    return torch.from_numpy(v.astype(np.float32).reshape(shape))


def sha256(data):
    return hashlib.sha256(data).hexdigest()


out = {"torch": torch.__version__, "torchvision": torchvision.__version__, "models": []}
for name, size in MODELS:
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None).eval()
    state = model.state_dict()
    weights = [k for k, t in state.items() if t.dim() >= 2]
    picked = list(dict.fromkeys([weights[0], weights[len(weights) // 2], weights[-1]]))
    entry = {
        "model": name,
        "parameters": sum(p.numel() for p in model.parameters()),
        "entries": len(state),
        "keys": sha256("".join(f"{k} {','.join(map(str, t.shape))}\n" for k, t in state.items()).encode()),
        "seeded": {k: {"sha256": sha256(state[k].numpy().tobytes()), "first": state[k].flatten()[:8].tolist()} for k in picked},
    }
    for k, t in state.items():
        t.copy_(fill(k, tuple(t.shape))) if t.is_floating_point() else t.zero_()
    u = (h32(np.arange(3 * size * size)) >> np.uint64(8)).astype(np.float64) / 2.0**24
    picture = torch.from_numpy((2 * u - 1).astype(np.float32).reshape(1, 3, size, size))
    with torch.no_grad():
        y32 = model(picture)[0].double()
        y = model.double()(picture.double())[0]
    scale = float(y.abs().max())
    entry |= {"size": size, "logits": [round(v, 9) for v in y[:16].tolist()], "absSum": float(y.abs().sum()),
              "argmax": int(y.argmax()), "atol": max(16 * float((y32 - y).abs().max()), 2e-6 * scale)}
    out["models"].append(entry)
    print(name, entry["parameters"], flush=True)
    del model, state
with open(FILE, "w") as f:
    json.dump(out, f, indent=1)
    f.write("\n")
