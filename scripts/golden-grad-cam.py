"""Writes packages/core/test/golden/grad-cam.json: Grad-CAM by torch's autograd, on a seeded network.

    python3 scripts/golden-grad-cam.py        (torch 1.13.1; from the repository root)

The network is made after torch.manual_seed(0), layer by layer; picture element i is ((i * 7919 + 13) mod 256) / 255.
"""
import json

import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(
    nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(6, 9, 3), nn.ReLU(), nn.Flatten(), nn.Linear(9 * 4 * 5, 12), nn.ReLU(), nn.Linear(12, 4),
).eval()
images = (((torch.arange(2 * 3 * 12 * 14) * 7919 + 13) % 256).float() / 255).reshape(2, 3, 12, 14)
cases = []
for layer, classes in (("5", [0, 3]), ("2", [1, 2]), ("4", [2, 0])):
    seen = {}
    hook = net[int(layer)].register_forward_hook(lambda m, i, o: seen.update(a=o) or o.retain_grad())
    logits = net(images)
    hook.remove()
    sum(logits[n, c] for n, c in enumerate(classes)).backward()
    a = seen["a"]
    cam = torch.relu((a.grad.mean((2, 3), keepdim=True) * a).sum(1, keepdim=True)).detach()
    cam = cam / cam.amax((2, 3), keepdim=True).clamp(min=1e-30)
    cam = nn.functional.interpolate(cam, (12, 14), mode="bilinear", align_corners=False)[:, 0]
    cases.append({"layer": layer, "classes": classes, "maps": [[float(f"{v:.7g}") for v in m.flatten().tolist()] for m in cam], "logits": logits.flatten().tolist()})
with open("packages/core/test/golden/grad-cam.json", "w") as out:
    json.dump({"source": "torch " + torch.__version__, "cases": cases}, out, separators=(",", ":"))
    out.write("\n")
