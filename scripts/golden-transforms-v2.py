"""Makes packages/core/test/golden/transforms-v2.json: what torchvision.transforms.v2 draws and computes, beyond the first set.

python scripts/golden-transforms-v2.py     needs torchvision 0.20 or later

The format is that of transforms.json (golden-transforms.py). AugMix takes given weights in place of its Dirichlet numbers.
"""

import base64
import json
import pathlib

import torch
import torchvision
from torchvision.transforms import v2

out = pathlib.Path(__file__).parent.parent / "packages/core/test/golden/transforms-v2.json"
cases = []


def picture(kind, shape):
    c, h, w = shape
    if kind == "noise":
        return (((torch.arange(c * h * w) * 7919 + 13) % 256).reshape(c, h, w)).to(torch.uint8)
    i, y, x = torch.meshgrid(torch.arange(c), torch.arange(h), torch.arange(w), indexing="ij")
    return ((40 * i + 9 * y + 5 * x + (x * y) % 7) % 200 + 20).to(torch.uint8)


def case(spec, transform, kind="smooth", shape=(3, 8, 9), seeds=range(4), **more):
    for seed in seeds:
        torch.manual_seed(seed)
        y = transform(picture(kind, shape))
        rest = int(torch.randint(2**20, (1,)))  # as many numbers were drawn; larger ranges take two
        data = base64.b64encode(bytes(y.flatten().tolist())).decode()
        cases.append({"spec": spec, "seed": seed, "kind": kind, "input": list(shape), "floats": False, "shape": list(y.shape), "data": data, "next": rest, **more})


case({"name": "randomInvert"}, v2.RandomInvert())
case({"name": "randomPosterize", "bits": 3, "p": 0.6}, v2.RandomPosterize(3, 0.6))
case({"name": "randomSolarize", "threshold": 128}, v2.RandomSolarize(128))
case({"name": "randomAutocontrast"}, v2.RandomAutocontrast())
case({"name": "randomEqualize"}, v2.RandomEqualize())
case({"name": "randomAdjustSharpness", "sharpnessFactor": 2.5}, v2.RandomAdjustSharpness(2.5))
case({"name": "randomChannelPermutation"}, v2.RandomChannelPermutation())
case({"name": "randomPhotometricDistort"}, v2.RandomPhotometricDistort(), seeds=range(8))
both = [{"name": "randomInvert", "p": 1}, {"name": "randomSolarize", "threshold": 60}]
made = [v2.RandomInvert(1.0), v2.RandomSolarize(60)]
case({"name": "randomApply", "transforms": both, "p": 0.4}, v2.RandomApply(made, 0.4))
case({"name": "randomOrder", "transforms": [*both, {"name": "randomPosterize", "bits": 2}]}, v2.RandomOrder([*made, v2.RandomPosterize(2)]), seeds=range(6))


class Mixed(v2.AugMix):
    def _sample_dirichlet(self, params):
        given = {2: [0.375, 0.625], 3: [0.25, 0.125, 0.625], 1: [1.0]}
        return torch.tensor([given[params.shape[-1]]])


for options in ({}, {"severity": 10}, {"severity": 7, "chainDepth": 4, "allOps": False}):
    given = {"severity": options.get("severity", 3), "chain_depth": options.get("chainDepth", -1), "all_ops": options.get("allOps", True)}
    case({"name": "augMix", **options}, Mixed(**given, interpolation="nearest"), seeds=range(8), weights=[0.375, 0.625 * 0.25, 0.625 * 0.125, 0.625 * 0.625])

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
out.write_text(f'{{"source": "torchvision {torchvision.__version__}", "seeded": [\n{lines}\n]}}\n')
print(len(cases), "cases")
