#!/usr/bin/env python3
"""Writes packages/core/test/golden/scheduler-state.pt: states of PyTorch's schedules, and the rates they go on with.

    python3 scripts/golden-scheduler-state.py

For each schedule five steps on two groups, then "state" (its state_dict()), "lr" (the groups' rates then), and "after": the
rates of six more steps.
"""
import copy
import os
import warnings

import torch
from torch.optim import lr_scheduler as sched

warnings.simplefilter("ignore")
TARGET = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../packages/core/test/golden/scheduler-state.pt")
MEASURES = [0.9, 0.8, 0.85, 0.86, 0.7, 0.75, 0.76, 0.77, 0.78, 0.79, 0.8]
SCHEDULES = {
    "StepLR": lambda o: sched.StepLR(o, 2),
    "LambdaLR": lambda o: sched.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    "CosineAnnealingLR": lambda o: sched.CosineAnnealingLR(o, 12),
    "CosineAnnealingWarmRestarts": lambda o: sched.CosineAnnealingWarmRestarts(o, 2, T_mult=2),
    "OneCycleLR": lambda o: sched.OneCycleLR(o, 0.5, total_steps=20),
    "SequentialLR": lambda o: sched.SequentialLR(
        o, [sched.LinearLR(o, start_factor=0.1, total_iters=3), sched.CosineAnnealingLR(o, 12)], [3]
    ),
    "ChainedScheduler": lambda o: sched.ChainedScheduler([sched.LinearLR(o, total_iters=8), sched.ExponentialLR(o, 0.9)]),
    "ReduceLROnPlateau": lambda o: sched.ReduceLROnPlateau(o, patience=1, cooldown=1),
}

cases = {}
for name, make in SCHEDULES.items():
    params = [torch.nn.Parameter(torch.zeros(2)) for _ in range(2)]
    optimizer = torch.optim.SGD([{"params": params[:1]}, {"params": params[1:], "lr": 0.05}], lr=0.1, momentum=0.9)
    schedule = make(optimizer)

    def step(i):
        optimizer.step()
        schedule.step(*([MEASURES[i]] if name == "ReduceLROnPlateau" else []))
        return [group["lr"] for group in optimizer.param_groups]

    for i in range(5):
        lr = step(i)
    state = copy.deepcopy(schedule.state_dict())
    state.pop("anneal_func", None)  # OneCycleLR keeps a function, which only a pickle that runs code brings back
    cases[name] = {"state": state, "lr": lr, "after": [step(5 + i) for i in range(6)]}
torch.save({"torch": str(torch.__version__), "measures": MEASURES, "cases": cases}, TARGET)
print(TARGET, os.path.getsize(TARGET), "bytes")
