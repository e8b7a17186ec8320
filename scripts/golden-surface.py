#!/usr/bin/env python3
"""Writes packages/core/test/golden/surface: PyTorch's values for the layers, losses and optimisers beyond the oracle's.

    python3 scripts/golden-surface.py [FOLDER]

The format is the oracle's (fixtures/GROUP.json and GROUP.safetensors), so `npm run oracle -- --dir FOLDER` runs it.
Expected values are float64 results for the float32 inputs stored; the room `atol` is the larger of 8 times torch's own
float32 error, 8 times the effect of half a unit in the last place of the inputs, and 8 * 2^-23 * the largest value.
LARS, Muon and the focal loss are not in PyTorch 1.13: they are written out here, from their papers, in float64.
"""
import hashlib
import json
import math
import os
import struct
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

FOLDER = sys.argv[1] if len(sys.argv) > 1 else os.path.join(
    os.path.dirname(os.path.abspath(__file__)), "../packages/core/test/golden/surface")
generator = torch.Generator().manual_seed(20250)


def randn(*shape, scale=1.0):
    return torch.randn(shape, generator=generator) * scale


def rand(*shape):
    return torch.rand(shape, generator=generator)


def values(*numbers):
    return torch.tensor(numbers, dtype=torch.float32)


class Store:
    """Tensors by content: equal ones are stored once."""

    def __init__(self):
        self.names, self.tensors = {}, {}

    def put(self, t):
        t = t.detach().contiguous()
        t = t.to(torch.int64 if not t.is_floating_point() else torch.float32)
        data = t.numpy().tobytes()
        key = hashlib.sha1(data + str((t.dtype, tuple(t.shape))).encode()).hexdigest()
        if key not in self.names:
            self.names[key] = f"t{len(self.names)}"
            self.tensors[self.names[key]] = (t, data)
        return self.names[key]

    def write(self, path):
        header, at = {}, 0
        for name, (t, data) in self.tensors.items():
            kind = "I64" if t.dtype == torch.int64 else "F32"
            header[name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [at, at + len(data)]}
            at += len(data)
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as f:
            f.write(struct.pack("<Q", len(text)) + text + b"".join(d for _, d in self.tensors.values()))


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value


def distance(a, b):
    """Largest difference, where both are finite."""
    a, b = a.double(), b.double()
    ok = torch.isfinite(a) & torch.isfinite(b)
    return float((a - b)[ok].abs().max()) if bool(ok.any()) else 0.0


def room(exact, single, moved):
    finite = exact.double()[torch.isfinite(exact)]
    scale = float(finite.abs().max()) if finite.numel() else 0.0
    t32 = distance(single, exact)
    c = max((distance(m, exact) for m in moved), default=0.0)
    return {"atol": float(f"{max(8 * t32, 8 * c, 8 * 2.0 ** -23 * scale):.3g}")}


def nudged(t):
    if not t.is_floating_point():
        return t
    step = torch.randint(-1, 2, t.shape, generator=generator).double() * 2.0 ** -24
    return torch.where(torch.isfinite(t), t * (1 + step), t)


cases, store, counts, upstreams = [], Store(), {}, {}


def identify(op):
    name = op.split(".")[-1]
    counts[name] = counts.get(name, -1) + 1
    return f"surface/{name}/{counts[name]:03d}"


def cast(t, dtype):
    return t.to(dtype) if t.is_floating_point() else t


def evaluate(call, tensors, wants, upstream, dtype):
    """Outputs, gradients and state after, as dictionaries."""
    leaves = {k: cast(t, dtype).clone().requires_grad_(k in wants) for k, t in tensors.items()}
    output, state = call(leaves)
    grads = {}
    if wants:
        # Summed first by torch's engine; an unused input has no gradient.
        found = torch.autograd.grad(output, [leaves[k] for k in wants], upstream.to(dtype), allow_unused=True)
        grads = {k: torch.zeros_like(leaves[k]) if g is None else g for k, g in zip(wants, found)}
    return {"output": output.detach()}, grads, state


def add(op, args, tensors, call, wants=("input",), tag=None, border=False, exact=False, **more):
    """One case. `border`: inputs stand exactly where a formula changes, so they must not be moved to find the room."""
    wants = tuple(k for k in wants if k in tensors)
    probe, _, _ = evaluate(call, tensors, (), None, torch.float64)
    shape = tuple(probe["output"].shape)
    upstream = upstreams.setdefault(shape, randn(*shape))  # random, but one for each shape: the file stays small
    runs = [evaluate(call, t, wants, upstream, d) for t, d in
            [(tensors, torch.float64), (tensors, torch.float32)] +
            ([] if border else [({k: nudged(cast(t, torch.float64)) for k, t in tensors.items()}, torch.float64) for _ in range(2)])]
    outputs, grads, state = runs[0]
    item = {"id": identify(op), "op": op, "origin": "edge" if border else "random",
            "args": {k: list(v) if isinstance(v, tuple) else plain(v) for k, v in args.items()},
            "tensors": {k: store.put(t) for k, t in tensors.items()}}
    if tag:
        item["tag"] = tag
    item["outputs"] = {k: store.put(t) for k, t in outputs.items()}
    if wants:
        item["upstream"] = {"output": store.put(upstream)}
        item["grads"] = {k: store.put(t) for k, t in grads.items()}
    if state:
        item["state_after"] = {k: store.put(t) for k, t in state.items()}
    if exact:
        item["exact"] = True
    else:
        names = [("out", 0), ("grad", 1), ("state", 2)]
        item["tol"] = {f"{name}.{k}": room(runs[0][i][k], runs[1][i][k], [r[i][k] for r in runs[2:]])
                       for name, i in names for k in runs[0][i]}
    item.update(more)
    cases.append(item)


def layer(name, args, x, state=None, mode=None, buffers=(), **options):
    """A module by its class; `state` its parameters and buffers."""
    state = state or {}

    def call(t):
        module = getattr(nn, name)(**args).to(next(v.dtype for v in t.values() if v.is_floating_point()))
        module.train(mode != "eval")
        given = {k: v for k, v in t.items() if k != "input"}
        own = {k: given[k].detach().clone() for k in buffers}
        for k, v in given.items():
            if k in buffers:
                setattr(module, k, own[k])
            else:
                delattr(module, k)
                setattr(module, k, v)
        out = module(t["input"])
        return out, ({k: getattr(module, k).detach() for k in buffers} if mode != "eval" else {})
    more = {}
    if buffers:
        more["buffers"] = list(buffers)
    if mode:
        more["mode"] = mode
    wants = options.pop("wants", ("input", *(k for k in state if k not in buffers)))
    add(f"nn.{name}", args, {"input": x, **state}, call, wants, **more, **options)


def function(name, f, args, tensors, wants=None, **options):
    call = lambda t: (f(**t, **args), {})
    add(f"F.{name}", args, tensors, call, tuple(tensors) if wants is None else wants, **options)


# Activations -----------------------------------------------------------------------------------------------------
borders = values(-100, -88, -20.5, -20, -6, -3, -2, -1, -1e-6, -0.0, 0, 1e-6, 0.5, 1, 2, 3, 6, 20, 20.5, 88, 100)
infinite = values(math.inf, -math.inf, math.nan, 1)
activations = [("ELU", {}), ("ELU", {"alpha": 0.5}), ("SELU", {}), ("Hardtanh", {}), ("Hardtanh", {"min_val": -2.0, "max_val": 0.5}),
               ("ReLU6", {}), ("Hardswish", {}), ("Hardsigmoid", {}), ("Mish", {}), ("Softplus", {}),
               ("Softplus", {"beta": 2.0, "threshold": 6.0}), ("LogSigmoid", {}), ("Softmin", {"dim": 1}), ("Softmin", {"dim": -1})]
x = randn(2, 3, 5, scale=3)
for name, args in activations:
    layer(name, args, x)
    if name == "Softmin":
        continue
    layer(name, args, borders, tag="borders", border=True)
    if name != "Mish":  # torch: NaN where the gradient at infinity is 1
        layer(name, args, infinite, tag="infinite", border=True)
layer("PReLU", {}, randn(2, 3, 4), {"weight": values(0.25)})
layer("PReLU", {"num_parameters": 3}, randn(2, 3, 4, 2), {"weight": values(0.25, -0.5, 0)})
layer("PReLU", {}, values(-1, -0.0, 0, 2), {"weight": values(0.3)}, border=True, tag="borders")
function("hardtanh", F.hardtanh, {"min_val": -0.5, "max_val": 0.5}, {"input": randn(3, 4)})
function("elu", F.elu, {"alpha": 2.0}, {"input": randn(3, 4)})
function("softmin", F.softmin, {"dim": 0}, {"input": randn(3, 4)})

# Normalisation ---------------------------------------------------------------------------------------------------
for x in (randn(2, 2, 3, 4), randn(3, 2, 3), randn(1, 2, 3, 3, scale=0.01) + 5):
    layer("InstanceNorm2d", {"num_features": x.shape[-3]}, x)
x = randn(2, 3, 3, 4)
affine = {"weight": randn(3), "bias": randn(3)}
running = {"running_mean": randn(3), "running_var": rand(3) + 0.5}
layer("InstanceNorm2d", {"num_features": 3, "affine": True, "eps": 1e-3}, x, affine)
tracked = {"num_batches_tracked": torch.tensor(0)}
for mode in (None, "eval"):
    layer("InstanceNorm2d", {"num_features": 3, "affine": True, "track_running_stats": True, "momentum": 0.3}, x,
          {**affine, **running, **tracked}, mode=mode, buffers=("running_mean", "running_var", "num_batches_tracked"))
layer("InstanceNorm2d", {"num_features": 3, "track_running_stats": True}, x, {**running, **tracked},
      buffers=("running_mean", "running_var", "num_batches_tracked"))

# Padding, resizing -----------------------------------------------------------------------------------------------
x = randn(1, 2, 5, 4)
for name, args in [("ZeroPad2d", {"padding": 2}), ("ZeroPad2d", {"padding": (1, 0, 2, 3)}), ("ZeroPad2d", {"padding": (-1, 1, 0, -2)}),
                   ("ConstantPad2d", {"padding": (1, 2, 0, 1), "value": 1.5}),
                   ("ReflectionPad2d", {"padding": (1, 3, 0, 4)}), ("ReplicationPad2d", {"padding": (3, 1, 6, 0)}),
                   ("ReflectionPad2d", {"padding": 1}), ("ReplicationPad2d", {"padding": 1})]:
    layer(name, args, x)
layer("ReflectionPad2d", {"padding": (2, 1, 1, 2)}, randn(2, 4, 3))
layer("PixelShuffle", {"upscale_factor": 2}, randn(2, 8, 3, 2), exact=True)
layer("PixelShuffle", {"upscale_factor": 3}, randn(9, 2, 3), exact=True)
layer("PixelUnshuffle", {"downscale_factor": 2}, randn(2, 2, 4, 6), exact=True)
layer("PixelUnshuffle", {"downscale_factor": 3}, randn(1, 3, 6), exact=True)
small = randn(1, 1, 3, 4)
large = randn(1, 1, 7, 5)
for mode in ("nearest", "nearest-exact", "bilinear", "area"):
    for t, args in [(small, {"size": (6, 4)}), (small, {"size": (7, 5)}), (large, {"size": (3, 4)}), (large, {"size": 1}),
                    (small, {"scale_factor": 2.0}), (small, {"scale_factor": 3.0}), (large, {"scale_factor": (0.5, 1.7)}),
                    (small, {"scale_factor": (2.6, 1.0)}), (large, {"size": (7, 5)})][:2 if mode == "area" else None]:
        function("interpolate", F.interpolate, {**args, "mode": mode}, {"input": t})
for t, args in [(small, {"size": (6, 4)}), (small, {"size": (7, 5)}), (large, {"size": (3, 4)}), (large, {"size": 1}),
                (small, {"scale_factor": 2.0}), (large, {"scale_factor": (0.5, 1.7)})]:
    function("interpolate", F.interpolate, {**args, "mode": "bilinear", "align_corners": True}, {"input": t})
layer("Upsample", {"scale_factor": 2.0}, small)
layer("Upsample", {"size": (5, 9), "mode": "bilinear", "align_corners": True}, small)
for t, args in [(randn(1, 2, 4, 6), {"kernel_size": 2}), (randn(2, 6, 6), {"kernel_size": 2, "stride": 2}),
                (randn(1, 1, 7, 7), {"kernel_size": 3, "stride": 2}), (randn(1, 2, 6, 8), {"kernel_size": (2, 3), "stride": (2, 3), "padding": (1, 1)})]:
    y, indices = F.max_pool2d(t, **args, return_indices=True)
    function("max_unpool2d", F.max_unpool2d, {**args, "output_size": tuple(t.shape[-2:])}, {"input": y, "indices": indices}, wants=("input",), border=True)

# Convolutions over sequences ------------------------------------------------------------------------------------
for args, shape in [({"in_channels": 2, "out_channels": 3, "kernel_size": 3}, (2, 2, 5)),
                    ({"in_channels": 4, "out_channels": 6, "kernel_size": 2, "stride": 3, "padding": 1, "output_padding": 2, "groups": 2}, (1, 4, 4)),
                    ({"in_channels": 2, "out_channels": 2, "kernel_size": 3, "dilation": 2, "bias": False}, (2, 4))]:
    per = args["out_channels"] // args.get("groups", 1)
    weights = {"weight": randn(args["in_channels"], per, args["kernel_size"])}
    if args.get("bias", True):
        weights["bias"] = randn(args["out_channels"])
    layer("ConvTranspose1d", args, randn(*shape), weights)
function("conv1d", F.conv1d, {"stride": 2, "padding": 1, "dilation": 2}, {"input": randn(2, 4, 9), "weight": randn(6, 4, 3), "bias": randn(6)})
function("conv1d", F.conv1d, {"padding": "same", "groups": 2}, {"input": randn(4, 6), "weight": randn(2, 2, 4)})
function("conv_transpose1d", F.conv_transpose1d, {"stride": 2}, {"input": randn(1, 2, 4), "weight": randn(2, 3, 3), "bias": randn(3)})

# Tables ----------------------------------------------------------------------------------------------------------
table = randn(5, 3)
indices = torch.tensor([[4, 0, 2], [0, 0, 1]])
layer("Embedding", {"num_embeddings": 5, "embedding_dim": 3}, indices, {"weight": table}, wants=("weight",))
function("embedding", F.embedding, {"padding_idx": 0}, {"input": indices, "weight": table}, wants=("weight",))
function("embedding", F.embedding, {"padding_idx": -1}, {"input": indices, "weight": table}, wants=("weight",))
function("one_hot", F.one_hot, {"num_classes": 6}, {"input": indices}, wants=(), exact=True)


# Losses ----------------------------------------------------------------------------------------------------------
def focal(input, target, alpha=0.25, gamma=2.0, reduction="none"):
    """Lin et al. 2017, as in torchvision.ops.sigmoid_focal_loss."""
    p = torch.sigmoid(input)
    ce = F.binary_cross_entropy_with_logits(input, target, reduction="none")
    missed = 1 - (p * target + (1 - p) * (1 - target))
    loss = ce * missed ** gamma
    if alpha >= 0:
        loss = loss * (alpha * target + (1 - alpha) * (1 - target))
    return loss if reduction == "none" else getattr(loss, reduction)()


def loss(name, args, input, target, weight=None, **options):
    def call(t):
        extra = {"weight": t["weight"].detach()} if weight is not None else {}
        return getattr(nn, name)(**args, **extra)(t["input"], t["target"]), {}
    tensors = {"input": input, "target": target, **({} if weight is None else {"weight": weight})}
    add(f"nn.{name}", args, tensors, call, ("input", "target"), **options)


x, y = randn(2, 4, scale=1.5), randn(2, 4)
on_border = values(0, 0.5, -0.5, 1, -1, 2, -2, 0.25), torch.zeros(8)
for reduction in ("mean", "sum", "none"):
    for name, args in [("L1Loss", {}), ("SmoothL1Loss", {}), ("SmoothL1Loss", {"beta": 0.5}), ("HuberLoss", {}), ("HuberLoss", {"delta": 0.5})]:
        loss(name, {**args, "reduction": reduction}, x, y)
loss("SmoothL1Loss", {"beta": 0.0}, x, y)
for name, args in [("L1Loss", {}), ("SmoothL1Loss", {}), ("SmoothL1Loss", {"beta": 0.5}), ("HuberLoss", {}), ("HuberLoss", {"delta": 0.5})]:
    loss(name, args, *on_border, border=True, tag="borders")
p, t = rand(2, 4) * 0.98 + 0.01, rand(2, 4)
for reduction in ("mean", "sum", "none"):
    loss("BCELoss", {"reduction": reduction}, p, t)
    loss("BCELoss", {"reduction": reduction}, p, (t > 0.5).float(), weight=rand(2, 4))
add("nn.BCELoss", {"reduction": "none"}, {"input": values(0, 1, 0, 1, 0.5), "target": values(0, 1, 1, 0, 0.5)},
    lambda v: (nn.BCELoss(reduction="none")(v["input"], v["target"]), {}), ("input",), tag="certain", border=True)
q, r = F.log_softmax(randn(2, 4), 1), F.softmax(randn(2, 4), 1)
for reduction in ("mean", "sum", "none", "batchmean"):
    loss("KLDivLoss", {"reduction": reduction}, q, r)
    loss("KLDivLoss", {"reduction": reduction, "log_target": True}, q, r.log())
add("nn.KLDivLoss", {"reduction": "none"}, {"input": q[0], "target": values(0, 0.5, 0, 0.5)},
    lambda v: (nn.KLDivLoss(reduction="none")(v["input"], v["target"]), {}), ("input",), tag="zero target", border=True)
for args in ({}, {"reduction": "mean"}, {"alpha": -1.0, "reduction": "sum"}, {"alpha": 0.7, "gamma": 0.0}, {"gamma": 0.5}, {"gamma": 3.5, "reduction": "mean"}):
    function("sigmoid_focal_loss", focal, args, {"input": x, "target": (t > 0.5).float()}, wants=("input",))
function("sigmoid_focal_loss", focal, {}, {"input": x, "target": t})


# Optimisers ------------------------------------------------------------------------------------------------------
class LARS(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0, trust_coefficient=0.001, eps=1e-8):
        super().__init__(params, dict(lr=lr, momentum=momentum, weight_decay=weight_decay, trust_coefficient=trust_coefficient, eps=eps))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                g = p.grad
                if p.ndim > 1:
                    w, s = p.norm(), g.norm()
                    g = g + group["weight_decay"] * p
                    if w > 0 and s > 0:
                        g = g * (group["trust_coefficient"] * w / (s + group["weight_decay"] * w + group["eps"]))
                v = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                v.mul_(group["momentum"]).add_(g, alpha=group["lr"])
                p.sub_(v)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr=1e-3, weight_decay=0.1, momentum=0.95, nesterov=True, ns_coefficients=(3.4445, -4.775, 2.0315), eps=1e-7, ns_steps=5):
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            a, b, c = group["ns_coefficients"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                v = self.state[p].setdefault("momentum_buffer", torch.zeros_like(p))
                v.lerp_(p.grad, 1 - group["momentum"])
                u = p.grad.lerp(v, group["momentum"]) if group["nesterov"] else v
                u = u.reshape(len(u), -1)
                rows, columns = u.shape
                m = u.T if rows > columns else u
                m = m / m.norm().clamp(min=group["eps"])
                for _ in range(group["ns_steps"]):
                    gram = m @ m.T
                    m = a * m + (b * gram + c * gram @ gram) @ m
                m = m.T if rows > columns else m
                p.mul_(1 - group["lr"] * group["weight_decay"])
                p.sub_(m.reshape(p.shape) * (group["lr"] * max(1, rows / columns) ** 0.5))


def train(make, args, start, grads, dtype, group1=None, without=(), factors=None):
    torch.set_default_dtype(dtype)
    try:
        params = [nn.Parameter(t.to(dtype).clone()) for t in start]
        groups = params if group1 is None else [{"params": [params[0]]}, {"params": [params[1]], **group1}]
        optimizer = make(groups, **args)
        path = [[], []]
        for step in range(len(grads[0])):
            for group in optimizer.param_groups:
                group["lr"] *= (factors or {}).get(step, 1)
            for i, p in enumerate(params):
                p.grad = None if (i, step) in without else grads[i][step].to(dtype).clone()  # an optimiser may write into it
            optimizer.step()
            for i, p in enumerate(params):
                path[i].append(p.detach().clone())
        state = {}
        for i, p in enumerate(params):
            for k, v in optimizer.state[p].items():
                if k not in ("step", "mu_product"):
                    state[f"{i}.{k}"] = v.detach().clone()
        return [torch.stack(t) for t in path], state
    finally:
        torch.set_default_dtype(torch.float32)


def optimiser(name, make, args, shapes=((4, 3), (5,)), steps=4, **options):
    start = [randn(*s) for s in shapes]
    grads = [randn(steps, *s) for s in shapes]
    runs = [train(make, args, start, grads, d, **options) for d in (torch.float64, torch.float32)]
    for _ in range(2):
        runs.append(train(make, args, [nudged(t.double()) for t in start], [nudged(t.double()) for t in grads], torch.float64, **options))
    (path, state), single = runs[0], runs[1]
    item = {"id": identify(f"optim.{name}"), "op": f"optim.{name}", "origin": "random", "args": {k: list(v) if isinstance(v, tuple) else v for k, v in args.items()},
            "steps": steps, "tensors": {"param0": store.put(start[0]), "param1": store.put(start[1]), "grads0": store.put(grads[0]), "grads1": store.put(grads[1])},
            "outputs": {}, "trajectory": {f"param{i}": store.put(t) for i, t in enumerate(path)},
            "state_after": {k: store.put(t) for k, t in state.items()}}
    item["tol"] = {f"param{i}": room(path[i], single[0][i], [r[0][i] for r in runs[2:]]) for i in (0, 1)}
    item["tol"].update({k: room(state[k], single[1][k], [r[1][k] for r in runs[2:]]) for k in state})
    if "group1" in options:
        item["group1"] = options["group1"]
    if "without" in options:
        item["no_grad_at"] = [list(pair) for pair in options["without"]]
    if "factors" in options:
        item["lr_factor_at"] = {str(k): v for k, v in options["factors"].items()}
    cases.append(item)


for args in ({}, {"lr": 0.5, "rho": 0.7, "eps": 1e-4}, {"weight_decay": 0.1}, {"maximize": True}):
    optimiser("Adadelta", torch.optim.Adadelta, args)
optimiser("Adadelta", torch.optim.Adadelta, {}, group1={"lr": 0.1, "rho": 0.5}, factors={3: 0.5})
def nadam(params, **args):
    """The path over lists of tensors: 1.13's other path multiplies in one mu too many (mended in 2.0)."""
    return torch.optim.NAdam(params, foreach=True, **args)


for args in ({}, {"lr": 0.1, "betas": (0.7, 0.9)}, {"weight_decay": 0.1, "momentum_decay": 0.1}, {"eps": 1e-3}):
    optimiser("NAdam", nadam, args)
optimiser("NAdam", nadam, {"lr": 0.01}, without=((1, 0), (0, 2)), factors={2: 0.1})
for args in ({"lr": 1.0}, {"lr": 2.0, "momentum": 0.5, "weight_decay": 0.1, "trust_coefficient": 0.01}):
    optimiser("LARS", LARS, args)
matrices = ((4, 3), (2, 3, 2, 2))
for args in ({}, {"lr": 0.1, "weight_decay": 0.0, "nesterov": False}, {"lr": 0.05, "momentum": 0.8, "ns_steps": 3}):
    optimiser("Muon", Muon, args, shapes=matrices)
for args in ({}, {"lr": 0.1, "betas": (0.7, 0.9), "eps": 1e-2}, {"weight_decay": 0.1, "maximize": True}):
    optimiser("Adamax", torch.optim.Adamax, args)
optimiser("Adamax", torch.optim.Adamax, {"lr": 0.01}, group1={"lr": 0.1}, without=((1, 0), (0, 2)), factors={2: 0.1})
for args in ({}, {"lr": 0.1, "betas": (0.7, 0.95), "eps": 1e-2}, {"weight_decay": 0.1}):
    optimiser("RAdam", torch.optim.RAdam, args, steps=8)  # from step 6 on it divides
optimiser("RAdam", torch.optim.RAdam, {"lr": 0.01, "betas": (0.9, 0.7)}, group1={"lr": 0.1}, without=((1, 0),), factors={2: 0.1})

schedules = []


def schedule(name, args, steps, rates=(0.1,), kind="SGD"):
    """Rates, and momentum where it moves, after construction and after every step."""
    params = [{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    optimizer = torch.optim.SGD(params, lr=1, momentum=0.9) if kind == "SGD" else torch.optim.Adam(params)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **args)
    seen = [[], []]
    for step in range(steps + 1):
        if step:
            optimizer.step()
            scheduler.step()
        seen[0].append([group["lr"] for group in optimizer.param_groups])
        seen[1].append([group["momentum"] for group in optimizer.param_groups] if kind == "SGD" else [])
    op = f"optim.lr_scheduler.{name}"
    schedules.append({"id": identify(op).replace("surface/", "sched/"), "op": op, "origin": "edge", "args": args, "optimizer": kind,
                      "initial_lr": list(rates), "steps": steps, "lr": seen[0], **({"momentum": seen[1]} if kind == "SGD" else {}),
                      "rtol": 1e-12})


schedule("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 4}, 20)
schedule("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "step_size_down": 5, "mode": "triangular2"}, 20)
schedule("CyclicLR", {"base_lr": [0.01, 0.1], "max_lr": [0.1, 0.4], "step_size_up": 3, "mode": "exp_range", "gamma": 0.9,
                      "base_momentum": [0.5, 0.7], "max_momentum": 0.95}, 15, rates=(0.1, 0.2))
schedule("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 2, "cycle_momentum": False}, 9, kind="Adam")
schedule("ConstantLR", {}, 8)
schedule("ConstantLR", {"factor": 0.5, "total_iters": 3}, 8, rates=(0.1, 0.2))
schedule("PolynomialLR", {}, 8)
schedule("PolynomialLR", {"total_iters": 6, "power": 2.0}, 9, rates=(0.1, 0.2))

os.makedirs(os.path.join(FOLDER, "fixtures"), exist_ok=True)
with open(os.path.join(FOLDER, "fixtures", "sched.json"), "w") as f:
    head = {"group": "sched", "torch": torch.__version__, "count": len(schedules)}
    f.write(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in schedules) + "\n]}\n")
store.write(os.path.join(FOLDER, "fixtures", "surface.safetensors"))
with open(os.path.join(FOLDER, "fixtures", "surface.json"), "w") as f:
    head = {"group": "surface", "torch": torch.__version__, "tensors": "surface.safetensors", "count": len(cases)}
    f.write(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]}\n")
print(f"{len(cases)} cases, {len(store.tensors)} tensors")
