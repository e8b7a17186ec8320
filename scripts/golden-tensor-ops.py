"""Makes packages/core/test/golden/tensor-ops.json: what PyTorch makes of tensor operations in doubles, gradients included.

python scripts/golden-tensor-ops.py     needs torch

A case is a call as TypeScript writes it, of tensors x, y, z. Element i of input k is ((i * 37 + 11 + 5 k) mod 64) / 16 - 2,
of the gradient that arrives ((i * 29 + 3) mod 32) / 16 - 1; both are exact in float32, so only results are stored.
"""

import json
import pathlib

import torch
import torch.nn.functional as F

out = pathlib.Path(__file__).parent.parent / "packages/core/test/golden/tensor-ops.json"
cases = []


def numbers(shape, k):
    n = int(torch.tensor(shape).prod()) if shape else 1
    return (((torch.arange(n) * 37 + 11 + 5 * k) % 64).double() / 16 - 2).reshape(shape)


def plain(t):
    return [float(f"{v:.12g}") for v in t.double().flatten().tolist()]


def case(js, call, *shapes):
    inputs = [numbers(s, k).requires_grad_(True) for k, s in enumerate(shapes)]
    y = call(*inputs)
    row = {"js": js, "shapes": list(shapes), "shape": list(y.shape), "output": plain(y.detach())}
    if y.requires_grad:
        n = y.numel()
        upstream = (((torch.arange(n) * 29 + 3) % 32).double() / 16 - 1).reshape(y.shape)
        grads = torch.autograd.grad(y, inputs, upstream, allow_unused=True)
        row["grads"] = [None if g is None else plain(g) for g in grads]
    cases.append(row)


a, m, v = [2, 3, 4], [3, 4], [4]
case('einsum("bij,bjk->bik", x, y)', lambda x, y: torch.einsum("bij,bjk->bik", x, y), a, [2, 4, 2])
case('einsum("...ij,kj->...ik", x, y)', lambda x, y: torch.einsum("...ij,kj->...ik", x, y), a, [5, 4])
case('einsum("ij,...j", x, y)', lambda x, y: torch.einsum("ij,...j", x, y), m, [2, 1, 4])
case('einsum("...i,...i->i", x, y)', lambda x, y: torch.einsum("...i,...i->i", x, y), [2, 1, 4], [3, 4])
case('einsum("ij,ij->ij", x, y)', lambda x, y: torch.einsum("ij,ij->ij", x, y), [1, 4], [3, 4])
case('einsum("ii->i", x)', lambda x: torch.einsum("ii->i", x), [3, 3])
case('einsum("iij->j", x)', lambda x: torch.einsum("iij->j", x), [3, 3, 2])
case('einsum("ab,bc,cd->ad", x, y, z)', lambda x, y, z: torch.einsum("ab,bc,cd->ad", x, y, z), [2, 3], [3, 4], [4, 2])
case('einsum("nchw,oc->nohw", x, y)', lambda x, y: torch.einsum("nchw,oc->nohw", x, y), [2, 3, 2, 2], [4, 3])
case("cumsum(x, 1)", lambda x: x.cumsum(1), a)
case("cumprod(x, -1)", lambda x: x.cumprod(-1), a)
case("cumprod(x, 0)", lambda x: x.cumprod(0), a)
case("cumprod(x.mul(x.gt(0)), 1)", lambda x: (x * (x > 0)).cumprod(1), m)
case("prod(x, 1)", lambda x: x.prod(1), m)
case("prod(x.mul(x.gt(0)), 1)", lambda x: (x * (x > 0)).prod(1), m)
case("prod(x)", lambda x: x.prod(), [2, 3])
case("variance(x, [0, 2])", lambda x: x.var([0, 2]), a)
case("variance(x, 1, { correction: 0, keepdim: true })", lambda x: x.var(1, correction=0, keepdim=True), a)
case("std(x, -1)", lambda x: x.std(-1), a)
case("norm(x, 2, 1)", lambda x: torch.linalg.vector_norm(x, 2, 1), a)
case("norm(x, 3)", lambda x: torch.linalg.vector_norm(x, 3), m)
case("norm(x, Infinity, 0)", lambda x: torch.linalg.vector_norm(x, float("inf"), 0), m)
case("normalize(x)", lambda x: F.normalize(x), a)
case("normalize(x, 3, -1)", lambda x: F.normalize(x, 3, -1), m)
case("normalize(x, 1, 0, { eps: 3 })", lambda x: F.normalize(x, 1, 0, 3), m)
case("logsumexp(x, [1, 2])", lambda x: x.logsumexp([1, 2]), a)
case("amax(x, [0, 1])", lambda x: x.amax([0, 1]), a)
case("max(x)", lambda x: x.max(), a)
case("min(x.mul(0).add(x.gt(0)))", lambda x: (x * 0 + (x > 0)).min(), a)  # equal ones share
case("x.max().add(x.min())", lambda x: x.max() + x.min(), a)
case("x.var(1).add(x.logsumexp(1))", lambda x: x.var(1) + x.logsumexp(1), a)
case("x.permute(2, 0, 1).reshape(4, -1)", lambda x: x.permute(2, 0, 1).reshape(4, -1), a)
case("x.view(-1, 4).expandAs(y)", lambda x, y: x.view(-1, 4).expand_as(y), a, [2, 6, 4])
case("x.repeat(2, 1).tile(1, 2).flip(0, 1)", lambda x: x.repeat(2, 1).tile(1, 2).flip(0, 1), m)
case("x.roll(1, 0).tril(1).add(x.triu())", lambda x: x.roll(1, 0).tril(1) + x.triu(), m)
case("x.diagonal().add(x.expand(2, 3, 4).diagonal(1, 2).sum(0))", lambda x: x.diagonal() + x.expand(2, 3, 4).diagonal(0, 1, 2).sum(0), m)
case("x.mul(x).log1p().add(x.expm1())", lambda x: (x * x).log1p() + x.expm1(), m)
case("x.maskedSelect(x.gt(0))", lambda x: x.masked_select(x > 0), m)
case("max(x, 1).values", lambda x: x.max(1).values, a)
case("sort(x, 1, { descending: true }).values", lambda x: x.sort(1, descending=True).values, a)
case("sort(x, 0).indices", lambda x: x.sort(0).indices, a)
case("topk(x, 2).values", lambda x: x.topk(2).values, a)
case("topk(x, 2, 1, { largest: false }).indices", lambda x: x.topk(2, 1, largest=False).indices, a)
case("argsort(x)", lambda x: x.argsort(), m)
places = "tensor(Int32Array.of(2, 0, 1, 1, 0, 2), { shape: [2, 3] })"
where = torch.tensor([[2, 0, 1], [1, 0, 2]])
case(f"gather(x, 1, {places})", lambda x: x.gather(1, where), [2, 3])
case(f"gather(x, 0, {places})", lambda x: x.gather(0, where), m)
case(f"scatter(x, 1, {places}, y)", lambda x, y: x.scatter(1, where, y), [2, 3], [2, 3])
case(f"scatterAdd(x, 0, {places}, y)", lambda x, y: x.scatter_add(0, where, y), [3, 3], [2, 3])
case("indexSelect(x, 1, [3, 0, 0])", lambda x: x.index_select(1, torch.tensor([3, 0, 0])), m)
case("x.index([1, null, [1, 4, 2]])", lambda x: x[1, :, 1:4:2], a)
case("index(x, [[0, 2], tensor(Int32Array.of(2, 0, 2))])", lambda x: x[0:2, torch.tensor([2, 0, 2])], a)
case("slice(x, 2, -3, -1)", lambda x: x[:, :, -3:-1], a)
case("slice(x, 1, 0, 3, 2)", lambda x: x[:, 0:3:2], a)
case("flip(x, [0, 2])", lambda x: x.flip(0, 2), a)
case("roll(x, [1, -2], [0, 2])", lambda x: x.roll([1, -2], [0, 2]), a)
case("repeat(x, [2, 1, 2])", lambda x: x.repeat(2, 1, 2), m)
case("tile(x, [2])", lambda x: x.tile(2), m)
case("tril(x, 1)", lambda x: x.tril(1), m)
case("triu(x, -1)", lambda x: x.triu(-1), m)
case("diagonal(x, 0, 2)", lambda x: x.diagonal(0, 0, 2), [3, 2, 4])
case("where(x.gt(y), x, y.mul(2))", lambda x, y: torch.where(x > y, x, y * 2), m, v)
case("x.maskedFill(x.lt(0), 0.5)", lambda x: x.masked_fill(x < 0, 0.5), m)
case("clamp(x, -0.5, 1)", lambda x: x.clamp(-0.5, 1), m)
case("clamp(x, y, z)", lambda x, y, z: x.clamp(y, z), m, v, [3, 1])
case("stack([x, y], -1)", lambda x, y: torch.stack([x, y], -1), m, m)
case("cat([x, y], 1)", lambda x, y: torch.cat([x, y], 1), m, [3, 2])
case("x.split([1, 3], 1)[1]", lambda x: x.split([1, 3], 1)[1], m)
case("chunk(x, 3, -1)[1]", lambda x: x.chunk(3, -1)[1], m)
case("x.matmul(y)", lambda x, y: x @ y, [2, 1, 3, 4], [3, 4, 2])
case("x.permute([2, 0, 1]).reshape([4, -1])", lambda x: x.permute(2, 0, 1).reshape(4, -1), a)
case("x.expand([2, 3, 4]).sum([0, 1])", lambda x: x.expand(2, 3, 4).sum([0, 1]), [3, 1])
case('pad(x, [1, 2, 0, 1], { mode: "replicate" })', lambda x: F.pad(x, [1, 2, 0, 1], mode="replicate"), [1, 2, 3, 4])
case("x.pow(2).mean([0, 2], { keepdim: true })", lambda x: x.pow(2).mean([0, 2], keepdim=True), a)
case("log1p(x.abs())", lambda x: x.abs().log1p(), m)
case("expm1(x)", lambda x: x.expm1(), m)

lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
out.write_text(f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n')
print(len(cases), "cases")
