"""Writes packages/core/test/golden/resize.json: what torch.nn.functional.interpolate makes of small pictures.

    python3 scripts/golden-resize.py        (torch 1.13.1; from the repository root)

The input is a formula, so that only outputs are stored: element i is ((i * 7919 + 13) mod 256) / 255.
"bytes" cases have the unscaled bytes as input: torchvision rounds these results to make bytes again.
"""
import json

import torch
import torch.nn.functional as F

CASES = [  # input (C, H, W), output (h, w) or the smaller edge
    ([1, 28, 28], [14, 14]),
    ([3, 5, 7], [3, 3]),
    ([2, 7, 5], [9, 8]),
    ([1, 40, 30], 9),
    ([1, 30, 41], 9),
    ([1, 13, 17], [4, 17]),
    ([1, 13, 17], [13, 6]),
    ([1, 3, 3], [1, 1]),
    ([1, 1, 1], [4, 4]),
    ([1, 2, 9], [1, 2]),
    ([1, 64, 48], [7, 5]),
    ([1, 6, 20], [12, 3]),
]
MODES = [("bilinear", True), ("bilinear", False), ("nearest", False)]


def picture(shape):
    i = torch.arange(shape[0] * shape[1] * shape[2])
    return ((i * 7919 + 13) % 256).reshape(1, *shape)


def target(shape, size):
    """torchvision's rule for a single number: the smaller edge."""
    if isinstance(size, list):
        return size
    h, w = shape[1:]
    return [size, int(size * w / h)] if h <= w else [int(size * h / w), size]


cases = []
for shape, size in CASES:
    for mode, antialias in MODES:
        for as_bytes in (False, True):
            x = picture(shape).float() if as_bytes else picture(shape).float() / 255
            y = F.interpolate(x, target(shape, size), mode=mode, antialias=antialias, **({} if mode == "nearest" else {"align_corners": False}))
            values = [float(f"{v:.{7 if as_bytes else 9}g}") for v in y.flatten().tolist()]
            if as_bytes and len(values) > 60:
                continue
            cases.append({"input": shape, "size": size, "interpolation": mode, "antialias": antialias, "bytes": as_bytes, "shape": list(y.shape[1:]), "values": values})

with open("packages/core/test/golden/resize.json", "w") as out:
    out.write('{"source": "torch %s", "cases": [\n' % torch.__version__)
    out.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in cases))
    out.write("\n]}\n")
