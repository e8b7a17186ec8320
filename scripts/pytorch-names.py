#!/usr/bin/env python3
"""Writes scripts/pytorch-names.json: the public names that docs/pytorch.md accounts for.

    python3 scripts/pytorch-names.py

torch.nn, functional, init, optim and lr_scheduler are read from PyTorch 1.13.1, less what is deprecated (`init.normal`,
`F.upsample`, `nn.NLLLoss2d`), private in effect (`nn.RNNBase`) or only imported there. `later` are names of 2.x that its
reference lists; torchvision.transforms.v2 is the class list of its reference (0.20).
"""
import inspect
import json
import os

import torch
import torch.nn.functional as F

drop = {"Tensor", "assert_int_or_pair", "Counter", "Container", "CrossMapLRN2d", "NLLLoss2d", "RNNBase", "RNNCellBase",
        "UninitializedBuffer", "UninitializedParameter", "upsample", "upsample_bilinear", "upsample_nearest", "conv_tbc",
        "multi_head_attention_forward", "native_channel_shuffle"}


def classes(module):
    return sorted(n for n in dir(module) if inspect.isclass(getattr(module, n)) and not n.startswith("_") and n not in drop)


functions = sorted(
    n for n in dir(F)
    if callable(getattr(F, n)) and not n.startswith("_") and not n.endswith("_") and n not in drop
    and not n.endswith("_with_indices") and getattr(getattr(F, n), "__module__", None) in ("torch.nn.functional", "torch", "torch._C._nn", None)
    and not inspect.isclass(getattr(F, n)))
later = {
    "torch.nn": ["CircularPad1d", "CircularPad2d", "CircularPad3d", "ReflectionPad3d", "RMSNorm", "ZeroPad1d", "ZeroPad3d"],
    "torch.nn.functional": ["rms_norm", "scaled_dot_product_attention"],
    "torch.optim": ["Adafactor", "Muon"],
}
names = {
    "torch.nn": classes(torch.nn),
    "torch.nn.functional": functions,
    "torch.nn.init": sorted([n for n in dir(torch.nn.init) if n.endswith("_") and not n.startswith("_")] + ["calculate_gain"]),
    "torch.optim": classes(torch.optim),
    "torch.optim.lr_scheduler": [n for n in classes(torch.optim.lr_scheduler) if n != "Optimizer"],
    "torchvision.transforms.v2": sorted("""
        AugMix AutoAugment CenterCrop ClampBoundingBoxes ColorJitter Compose ConvertBoundingBoxFormat CutMix ElasticTransform
        FiveCrop GaussianBlur GaussianNoise Grayscale Identity JPEG Lambda LinearTransformation MixUp Normalize Pad PILToTensor
        RandAugment RandomAdjustSharpness RandomAffine RandomApply RandomAutocontrast RandomChannelPermutation RandomChoice
        RandomCrop RandomEqualize RandomErasing RandomGrayscale RandomHorizontalFlip RandomInvert RandomIoUCrop RandomOrder
        RandomPerspective RandomPhotometricDistort RandomPosterize RandomResize RandomResizedCrop RandomRotation
        RandomShortestSize RandomSolarize RandomVerticalFlip RandomZoomOut RGB Resize SanitizeBoundingBoxes ScaleJitter
        TenCrop ToDtype ToImage ToPILImage ToPureTensor ToTensor TrivialAugmentWide UniformTemporalSubsample""".split()),
}
for group, more in later.items():
    names[group] = sorted(set(names[group]) | set(more))
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pytorch-names.json")
with open(path, "w") as f:
    json.dump({"torch": torch.__version__, "names": names}, f, indent=1)
    f.write("\n")
print({k: len(v) for k, v in names.items()})
