"""Writes packages/core/test/golden/transforms.json: what torchvision makes of small pictures, and Pillow of resizing.

    python3 scripts/golden-transforms.py        (torchvision 0.14.1, Pillow 9.4; from the repository root)

Inputs are formulas, so that only outputs are stored: "noise" element i is (i * 7919 + 13) mod 256; "smooth" at channel c,
row y, column x is (40 c + 9 y + 5 x + (x * y) mod 7) mod 200 + 20. Float pictures are bytes / 255. Outputs are base64 of
bytes, or of little-endian float32. `seed` cases draw from torch.manual_seed(seed).

Hue of bytes is taken through floats, with convert_image_dtype both ways: so does torchvision 0.15 and later, v2 included.
"""
import base64
import json

import numpy
import PIL
import torch
import torchvision
import torchvision.transforms as T
import torchvision.transforms.functional as F
from PIL import Image

MODES = {
    "nearest": T.InterpolationMode.NEAREST,
    "bilinear": T.InterpolationMode.BILINEAR,
    "bicubic": T.InterpolationMode.BICUBIC,
}


def picture(kind, shape, floats=False):
    c, h, w = shape
    if kind == "noise":
        x = ((torch.arange(c * h * w) * 7919 + 13) % 256).reshape(c, h, w)
    else:
        i, y, x = torch.meshgrid(torch.arange(c), torch.arange(h), torch.arange(w), indexing="ij")
        x = (40 * i + 9 * y + 5 * x + (x * y) % 7) % 200 + 20
    x = x.to(torch.uint8)
    return x.float() / 255 if floats else x


def packed(t):
    array = t.contiguous().numpy()
    return base64.b64encode(array.astype("<f4" if array.dtype == numpy.float32 else "u1").tobytes()).decode()


functional = []


def case(fn, options, run, kind="noise", shape=(3, 9, 11), floats=False):
    y = run(picture(kind, shape, floats))
    functional.append({"fn": fn, "options": options, "kind": kind, "input": list(shape), "floats": floats, "shape": list(y.shape), "data": packed(y)})


def hue(x, factor):
    if x.is_floating_point():
        return F.adjust_hue(x, factor)
    return F.convert_image_dtype(F.adjust_hue(F.convert_image_dtype(x), factor), torch.uint8)


for floats in (False, True):
    for kind in ("noise", "smooth"):
        for factor in (0, 0.4, 1.37, 2.2):
            case("adjustBrightness", {"factor": factor}, lambda x: F.adjust_brightness(x, factor), kind, floats=floats)
            case("adjustContrast", {"factor": factor}, lambda x: F.adjust_contrast(x, factor), kind, floats=floats)
            case("adjustSaturation", {"factor": factor}, lambda x: F.adjust_saturation(x, factor), kind, floats=floats)
        for factor in (0.3, 1.9):
            case("adjustSharpness", {"factor": factor}, lambda x: F.adjust_sharpness(x, factor), kind, floats=floats)
        for factor in (-0.5, -0.13, 0, 0.27):
            case("adjustHue", {"factor": factor}, lambda x: hue(x, factor), kind, floats=floats)
        case("autocontrast", {}, F.autocontrast, kind, floats=floats)
        case("invert", {}, F.invert, kind, floats=floats)
        case("rgbToGrayscale", {"channels": 3}, lambda x: F.rgb_to_grayscale(x, 3), kind, floats=floats)
        case("gaussianBlur", {"kernelSize": [5, 3], "sigma": [1.3, 0.4]}, lambda x: F.gaussian_blur(x, [5, 3], [1.3, 0.4]), kind, floats=floats)
    case("solarize", {"threshold": 0.5 if floats else 128}, lambda x: F.solarize(x, 0.5 if floats else 128), floats=floats)
case("posterize", {"bits": 3}, lambda x: F.posterize(x, 3))
case("equalize", {}, F.equalize, "noise", (1, 24, 25))
case("equalize", {}, F.equalize, "smooth", (3, 30, 31))
case("adjustContrast", {"factor": 0.5}, lambda x: F.adjust_contrast(x, 0.5), shape=(1, 9, 11))

for mode in ("nearest", "bilinear"):
    for fill in (None, [7.0, 100.0, 240.0]):
        extra = {"interpolation": mode, **({"fill": fill} if fill else {})}
        for angle in (17.3, -133.0):
            case("rotate", {"angle": angle, **extra}, lambda x: F.rotate(x, angle, MODES[mode], fill=fill))
        case("affine", {"angle": 21.0, "translate": [2, -1], "scale": 1.3, "shear": [11.0, -7.0], **extra}, lambda x: F.affine(x, 21.0, [2, -1], 1.3, [11.0, -7.0], MODES[mode], fill=fill))
    case("rotate", {"angle": 31.0, "expand": True, "interpolation": mode}, lambda x: F.rotate(x, 31.0, MODES[mode], expand=True))
    case("rotate", {"angle": 41.0, "center": [2, 3], "interpolation": mode}, lambda x: F.rotate(x, 41.0, MODES[mode], center=[2, 3]))
    case("rotate", {"angle": 12.0, "interpolation": mode, "fill": 0.25}, lambda x: F.rotate(x, 12.0, MODES[mode], fill=0.25), floats=True)
case("affine", {"angle": 0.0, "translate": [3, 0], "scale": 1.0, "shear": [0.0, 0.0]}, lambda x: F.affine(x, 0.0, [3, 0], 1.0, [0.0, 0.0]))

SIZES = [([1, 28, 28], [14, 14]), ([3, 5, 7], [3, 3]), ([2, 7, 5], [9, 8]), ([1, 40, 30], [12, 9]), ([1, 13, 17], [4, 17]), ([1, 3, 3], [1, 1]), ([1, 1, 1], [4, 4]), ([1, 40, 9], [7, 20])]
for shape, size in SIZES:
    for antialias in (True, False):
        for floats in (False, True):
            case("resize", {"size": size, "interpolation": "bicubic", "antialias": antialias}, lambda x: F.resize(x, size, MODES["bicubic"], antialias=antialias), shape=shape, floats=floats)
    case("resize", {"size": size, "interpolation": "nearest-exact"}, lambda x: torch.nn.functional.interpolate(x[None].float(), size, mode="nearest-exact")[0].to(torch.uint8), shape=shape)
    for mode in ("bilinear", "bicubic", "nearest"):

        def pillow(x):
            planes = [Image.fromarray(plane.numpy(), "L").resize((size[1], size[0]), getattr(Image.Resampling, mode.upper())) for plane in x]
            return torch.stack([torch.from_numpy(numpy.array(plane)) for plane in planes])

        case("resize", {"size": size, "interpolation": mode, "numerics": "pillow"}, pillow, shape=shape)

seeded = []


def random_case(spec, transform, kind="smooth", shape=(3, 12, 13), seeds=range(4), floats=False):
    for seed in seeds:
        torch.manual_seed(seed)
        y = transform(picture(kind, shape, floats))
        rest = int(torch.randint(2**31 - 1, (1,)))  # what the stream gives next: as many numbers were drawn
        seeded.append({"spec": spec, "seed": seed, "kind": kind, "input": list(shape), "floats": floats, "shape": list(y.shape), "data": packed(y), "next": rest})


random_case({"name": "randomVerticalFlip"}, T.RandomVerticalFlip())
random_case({"name": "randomResizedCrop", "size": [8, 9]}, T.RandomResizedCrop((8, 9), antialias=True))
random_case({"name": "randomResizedCrop", "size": [5, 5], "scale": [0.9, 1.0], "ratio": [3.0, 3.5]}, T.RandomResizedCrop(5, (0.9, 1.0), (3.0, 3.5), antialias=True), seeds=[0])
random_case({"name": "randomRotation", "degrees": 30, "interpolation": "bilinear", "fill": 9}, T.RandomRotation(30, MODES["bilinear"], fill=9))
random_case({"name": "randomAffine", "degrees": [-10, 40], "translate": [0.2, 0.1], "scale": [0.7, 1.4], "shear": [-5, 15, -8, 8]}, T.RandomAffine((-10, 40), (0.2, 0.1), (0.7, 1.4), (-5, 15, -8, 8)))
random_case({"name": "colorJitter", "brightness": 0.4, "contrast": [0.6, 1.5], "saturation": 0.7}, T.ColorJitter(0.4, (0.6, 1.5), 0.7))
random_case({"name": "colorJitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.2}, T.ColorJitter(0.4, 0.4, 0.4, 0.2), floats=True, shape=(3, 6, 7))
random_case({"name": "randomGrayscale", "p": 0.5}, T.RandomGrayscale(0.5))
random_case({"name": "gaussianBlur", "kernelSize": 3}, T.GaussianBlur(3), seeds=[0, 1])
random_case({"name": "randomErasing", "p": 0.8, "value": [1, 2, 3]}, T.RandomErasing(0.8, value=[1, 2, 3]))
random_case({"name": "randomCrop", "size": [10, 12], "padding": [2], "paddingMode": "reflect"}, T.RandomCrop((10, 12), 2, padding_mode="reflect"), seeds=[0, 1])
for policy in T.AutoAugmentPolicy:
    random_case({"name": "autoAugment", "policy": policy.value}, T.AutoAugment(policy), seeds=range(16))
random_case({"name": "randAugment"}, T.RandAugment(), seeds=range(16))
random_case({"name": "randAugment", "numOps": 3, "magnitude": 15, "fill": 128}, T.RandAugment(3, 15, fill=[128.0] * 3), seeds=range(8))
random_case({"name": "trivialAugmentWide"}, T.TrivialAugmentWide(), seeds=range(16))

def perspective_in_doubles(start, end):
    """As torchvision since 0.17; before, the eight numbers were found in float32 and good for four digits."""
    rows = []
    for (x, y), (u, v) in zip(end, start):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    wanted = torch.tensor(start, dtype=torch.float64).view(8)
    return torch.linalg.lstsq(torch.tensor(rows, dtype=torch.float64), wanted, driver="gels").solution.to(torch.float32).tolist()


torchvision.transforms.functional._get_perspective_coeffs = perspective_in_doubles
for spec, transform in (
    ({}, T.RandomPerspective()),
    ({"distortionScale": 0.8, "p": 1, "interpolation": "nearest", "fill": 9}, T.RandomPerspective(0.8, 1, MODES["nearest"], 9)),
    ({"distortionScale": 0.3, "p": 1, "fill": [1, 2, 3]}, T.RandomPerspective(0.3, 1, fill=[1, 2, 3])),
):
    random_case({"name": "randomPerspective", **spec}, transform)
    random_case({"name": "randomPerspective", **spec}, transform, shape=(3, 17, 24), floats=True, seeds=range(2))
for spec, transform, shape in (
    ({"alpha": 20, "sigma": 1}, T.ElasticTransform(20.0, 1.0), (3, 12, 13)),
    ({"alpha": [30, 10], "sigma": [2, 0.5]}, T.ElasticTransform([30.0, 10.0], [2.0, 0.5]), (1, 20, 19)),
    ({"fill": 7}, T.ElasticTransform(fill=7), (1, 28, 28)),
    ({"alpha": 40, "sigma": 2.5, "interpolation": "nearest"}, T.ElasticTransform(40.0, 2.5, MODES["nearest"]), (1, 28, 28)),
):
    random_case({"name": "elasticTransform", **spec}, transform, shape=shape, seeds=range(2))
    random_case({"name": "elasticTransform", **spec}, transform, shape=shape, seeds=[2], floats=True)
for fn, options, call in (
    ("fiveCrop", {"size": [4, 5]}, lambda x: T.functional.five_crop(x, [4, 5])),
    ("tenCrop", {"size": [7, 6]}, lambda x: T.functional.ten_crop(x, [7, 6])),
    ("tenCrop", {"size": [12, 1], "verticalFlip": True}, lambda x: T.functional.ten_crop(x, [12, 1], True)),
):
    case(fn, options, lambda x: torch.cat(call(x)), shape=(2, 12, 13))

with open("packages/core/test/golden/transforms.json", "w") as out:
    out.write('{"source": "torchvision %s, Pillow %s", "functional": [\n' % (torchvision.__version__, PIL.__version__))
    out.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in functional))
    out.write('\n], "seeded": [\n')
    out.write(",\n".join(json.dumps(case, separators=(",", ":")) for case in seeded))
    out.write("\n]}\n")
