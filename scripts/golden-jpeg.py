"""Makes packages/core/test/golden/jpeg.json: pictures that libjpeg-turbo wrote and read again, each as a hash.

python scripts/golden-jpeg.py     needs Pillow with libjpeg-turbo, whose settings here are torchvision's

The pictures are those of golden-transforms.py, by formula.
"""

import hashlib
import io
import json
import pathlib

import numpy as np
from PIL import Image, features

out = pathlib.Path(__file__).parent.parent / "packages/core/test/golden/jpeg.json"


def picture(kind, c, h, w):
    if kind == "noise":
        return ((np.arange(c * h * w) * 7919 + 13) % 256).reshape(c, h, w).astype(np.uint8)
    i, y, x = np.meshgrid(np.arange(c), np.arange(h), np.arange(w), indexing="ij")
    return ((40 * i + 9 * y + 5 * x + (x * y) % 7) % 200 + 20).astype(np.uint8)


cases = []
for kind in ("noise", "smooth"):
    for c, h, w in ((3, 16, 16), (3, 13, 17), (3, 1, 1), (3, 2, 3), (3, 5, 4), (3, 3, 6), (3, 31, 40), (3, 24, 26), (1, 13, 17)):
        for quality in (1, 10, 50, 75, 95, 100):
            pixels = picture(kind, c, h, w)
            file = io.BytesIO()
            Image.fromarray(pixels[0] if c == 1 else np.ascontiguousarray(np.moveaxis(pixels, 0, 2))).save(file, "JPEG", quality=quality)
            again = np.array(Image.open(file))
            again = again[None] if c == 1 else np.moveaxis(again, 2, 0)
            sha = hashlib.sha256(np.ascontiguousarray(again).tobytes()).hexdigest()
            cases.append({"kind": kind, "input": [c, h, w], "quality": quality, "sha256": sha[:16]})

lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
source = f"Pillow's libjpeg-turbo {features.version_feature('libjpeg_turbo')}"
out.write_text(f'{{"source": "{source}", "cases": [\n{lines}\n]}}\n')
print(len(cases), "cases")
