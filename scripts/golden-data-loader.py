"""Writes packages/core/test/golden/data-loader.json: orders, splits and crops as torch's own data utilities draw them.

    python3 scripts/golden-data-loader.py   (torch 1.13.1; from the repository root)

Crops and flips are drawn as in torchvision.transforms.RandomCrop.get_params and RandomHorizontalFlip.forward, which are
the calls below; torchvision itself is not needed.
"""
import json

import torch
from torch.utils.data import DataLoader, random_split


def loader_order(seed, n, batch_size, epochs, shuffle):
    """With the global generator, one number drawn between epochs: it shows how far the loader moved the stream."""
    torch.manual_seed(seed)
    loader = DataLoader(list(range(n)), batch_size=batch_size, shuffle=shuffle)
    out = []
    for _ in range(epochs):
        out.append({"batches": [batch.tolist() for batch in loader], "then": torch.randint(0, 1000, (1,)).item()})
    return {"seed": seed, "items": n, "batchSize": batch_size, "shuffle": shuffle, "epochs": out}


def split(seed, n, lengths):
    parts = random_split(range(n), lengths, generator=torch.Generator().manual_seed(seed))
    return {"seed": seed, "items": n, "lengths": lengths, "parts": [list(part.indices) for part in parts]}


def crops(seed, size, padded, count, p):
    """[row, column, flipped] of `count` pictures: RandomCrop(size) of a padded height and width, then a flip."""
    torch.manual_seed(seed)
    out = []
    for _ in range(count):
        i = torch.randint(0, padded - size + 1, size=(1,)).item()
        j = torch.randint(0, padded - size + 1, size=(1,)).item()
        out.append([i, j, bool(torch.rand(1) < p)])
    return {"seed": seed, "size": size, "padded": padded, "p": p, "draws": out}


def normalized(mean, std):
    """All 256 bytes through ToTensor and Normalize."""
    x = torch.arange(256, dtype=torch.uint8).to(torch.float32).div(255)
    y = x.sub_(torch.as_tensor(mean, dtype=torch.float32)).div_(torch.as_tensor(std, dtype=torch.float32))
    return {"mean": mean, "std": std, "values": [float(f"{v:.9g}") for v in y.tolist()]}


golden = {
    "normalize": normalized(0.4914, 0.247),
    "source": "torch " + torch.__version__,
    "loaders": [loader_order(0, 10, 3, 3, True), loader_order(42, 7, 7, 2, True), loader_order(1, 5, 2, 2, False), loader_order(7, 100, 64, 2, True)],
    "splits": [split(0, 10, [7, 3]), split(42, 30, [0.3, 0.3, 0.4]), split(1, 11, [0.5, 0.25, 0.25]), split(5, 6, [0, 6])],
    "crops": [crops(0, 32, 40, 20, 0.5), crops(3, 5, 6, 20, 0.2)],
}
with open("packages/core/test/golden/data-loader.json", "w") as out:
    out.write(json.dumps(golden, separators=(",", ":")) + "\n")
