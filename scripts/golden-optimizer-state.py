#!/usr/bin/env python3
"""Writes packages/core/test/golden/optimizer-state.pt: checkpoints that PyTorch's optimisers go on from, and where they get.

    python3 scripts/golden-optimizer-state.py

For each optimiser three steps, then "params" and "optimizer" (its state_dict()) as torch.save writes them, the gradients
of two more steps, and the parameters after them, "after". Two groups; the last parameter has no gradient before the checkpoint.
"""
import copy
import os

import torch

TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packages/core/test/golden/optimizer-state.pt")
SHAPES = [(3, 2), (4,), (), (2,)]
OPTIMIZERS = {
    "SGD": dict(lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "SGD, plain": dict(lr=0.1),
    "Adam": dict(lr=0.01, amsgrad=True, betas=(0.8, 0.99), weight_decay=0.1),
    "AdamW": dict(lr=0.01),
    "RMSprop": dict(lr=0.01, centered=True, momentum=0.5),
    "Adagrad": dict(lr=0.1, lr_decay=0.1, initial_accumulator_value=0.2),
    "Adadelta": dict(lr=0.5, rho=0.8),
}

generator = torch.Generator().manual_seed(3)
cases = {}
for name, options in OPTIMIZERS.items():
    params = [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in SHAPES]
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.05}]
    optimizer = getattr(torch.optim, name.split(",")[0])(groups, **options)

    def step(count):
        for parameter in params[:count]:
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()
        return [p.grad.clone() for p in params[:count]]

    for _ in range(3):
        step(3)
    case = {"params": [p.detach().clone() for p in params], "optimizer": copy.deepcopy(optimizer.state_dict())}
    case["grads"] = [step(4) for _ in range(2)]
    case["after"] = [p.detach().clone() for p in params]
    cases[name] = case
# The old format: it does not fill up every tensor to 64 bytes.
torch.save({"torch": str(torch.__version__), "cases": cases}, TARGET, _use_new_zipfile_serialization=False)
print(TARGET, os.path.getsize(TARGET), "bytes")
