"""Makes packages/core/test/golden/shapes.json: one table of layers, input shapes and what PyTorch makes of them.

python scripts/golden-shapes.py     needs torch; then node scripts/generate-shape-cases.mjs

The table drives the types and the run: scripts/generate-shape-cases.mjs writes it as TypeScript, which three compilers
check and test/shapes.test.ts runs. A row is a layer as TypeScript writes it, an input shape, and the shape that PyTorch's
layer gives, or for a refusal (PyTorch refuses every one of them, unless the row says why not) our error's code and the
compiler's text.
"""

import json
import pathlib
import re

import torch
import torch.nn as nn

out = pathlib.Path(__file__).parent.parent / "packages/core/test/golden/shapes.json"
rows = []


def written(value):
    """A value as TypeScript writes it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key}: {written(v)}" for key, v in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(written(v) for v in value) + "]"
    if value is None:
        return "null"
    return json.dumps(value)


def snake(options):
    return {re.sub(r"([A-Z])", lambda m: "_" + m.group(1).lower(), key): value for key, value in options.items()}


class Both:
    """A layer in both languages: its TypeScript, and how to make PyTorch's."""

    def __init__(self, text, make):
        self.text, self.make = text, make


def tuples(value):
    return tuple(value) if isinstance(value, list) else value


def L(name, *args, **options):
    parts = [written(a) for a in args] + ([written(options)] if options else [])

    def make():
        kwargs = {key: tuples(value) for key, value in snake(options).items()}
        given = [tuples(a) for a in args]
        if name == "LayerNorm":
            return nn.LayerNorm(args[0])
        return getattr(nn, name)(*given, **kwargs)

    return Both(f"new nn.{name}({', '.join(parts)})", make)


def Seq(*layers):
    return Both(f"new nn.Sequential({', '.join(l.text for l in layers)})", lambda: nn.Sequential(*[l.make() for l in layers]))


class Sum(nn.Module):
    def __init__(self, branch, around):
        super().__init__()
        self.branch, self.around = branch, around

    def forward(self, x):
        a, b = self.branch(x), self.around(x) if self.around else x
        if a.shape != b.shape:
            raise RuntimeError(f"{list(a.shape)} + {list(b.shape)}")  # PyTorch would broadcast some of these
        return a + b


class Cat(nn.Module):
    def __init__(self, branches, dim):
        super().__init__()
        self.branches, self.dim = nn.ModuleList(branches), dim

    def forward(self, x):
        return torch.cat([b(x) for b in self.branches], self.dim)


def Residual(branch, around=None):
    text = branch.text + (f", {around.text}" if around else "")
    return Both(f"new nn.Residual({text})", lambda: Sum(branch.make(), around.make() if around else None))


def Concat(branches, dim=1):
    text = "[" + ", ".join(b.text for b in branches) + "]" + (f", {dim}" if dim != 1 else "")
    return Both(f"new nn.Concat({text})", lambda: Cat([b.make() for b in branches], dim))


def result(layer, shape, dtype=torch.float32):
    module = layer.make()
    return list(module(torch.zeros(shape, dtype=dtype)).shape)


def fits(name, layer, shape, **extra):
    dtype = torch.int64 if extra.get("dtype") == "int32" else torch.float32
    rows.append({"name": name, "layer": layer.text, "input": shape, "output": result(layer, shape, dtype), **extra})


def refused(name, layer, shape, code, text, torch_accepts=None):
    """torch_accepts: why PyTorch takes it and we do not."""
    row = {"name": name, "layer": layer.text, "input": shape, "code": code, "text": text}
    try:
        got = result(layer, shape)
        if torch_accepts is None:
            raise SystemExit(f"{name}: PyTorch gives {got}")
        row["torchGives"], row["why"] = got, torch_accepts
    except (RuntimeError, ValueError, IndexError) as error:
        if torch_accepts is not None:
            raise SystemExit(f"{name}: PyTorch refuses it, too: {error}")
    rows.append(row)




def ts(value):
    """JSON as PyTorch's values are."""
    return list(value) if isinstance(value, torch.Size) else value


def gives(name, call, inputs, torch_call):
    """A function of tensors x, y, z of these shapes."""
    out = torch_call(*[torch.zeros(shape) for shape in inputs])
    rows.append({"name": name, "call": call, "inputs": inputs, "output": ts(out.shape)})


def declined(name, call, inputs, torch_call, rule, code, text):
    """`rule` is what the compiler applies to the first input."""
    try:
        got = torch_call(*[torch.zeros(shape) for shape in inputs])
    except (RuntimeError, ValueError, IndexError):
        rows.append({"name": name, "call": call, "inputs": inputs, "rule": rule, "code": code, "text": text})
        return
    raise SystemExit(f"{name}: PyTorch gives {list(got.shape)}")


# ---- convolution
x = [2, 3, 8, 8]
fits("conv2d 3x3", L("Conv2d", 3, 8, 3), x)
fits("conv2d padding 1", L("Conv2d", 3, 8, 3, padding=1), x)
fits("conv2d stride 2", L("Conv2d", 3, 8, 3, stride=2), x)
fits("conv2d stride 2 padding 1", L("Conv2d", 3, 8, 3, stride=2, padding=1), x)
fits("conv2d dilation 2", L("Conv2d", 3, 8, 3, dilation=2), x)
fits("conv2d dilation 3 padding 3", L("Conv2d", 3, 8, 3, dilation=3, padding=3), x)
fits("conv2d asymmetric kernel", L("Conv2d", 3, 8, [3, 5]), x)
fits("conv2d every option differs by axis", L("Conv2d", 3, 4, [3, 2], stride=[2, 1], padding=[1, 2], dilation=[2, 3]), [1, 3, 9, 11])
fits("conv2d list of one", Both("new nn.Conv2d(3, 4, [3], { stride: [2] })", lambda: nn.Conv2d(3, 4, 3, 2)), x)
fits("conv2d same", L("Conv2d", 3, 8, 3, padding="same"), x)
fits("conv2d same, even kernel", L("Conv2d", 3, 8, 4, padding="same"), [1, 3, 7, 9])
fits("conv2d same, dilated", L("Conv2d", 3, 8, [3, 5], padding="same", dilation=[1, 2]), x)
fits("conv2d valid", L("Conv2d", 3, 8, 3, padding="valid"), x)
fits("conv2d groups", L("Conv2d", 4, 8, 3, groups=2), [1, 4, 6, 6])
fits("conv2d depthwise", L("Conv2d", 6, 6, 3, groups=6, padding=1), [1, 6, 5, 5])
fits("conv2d 1x1", L("Conv2d", 3, 16, 1), [1, 3, 1, 1])
fits("conv2d kernel of the input's size", L("Conv2d", 3, 2, 8), x)
fits("conv2d one image", L("Conv2d", 3, 8, 3), [3, 8, 8])
fits("conv2d empty batch", L("Conv2d", 3, 8, 3), [0, 3, 8, 8])
fits("conv2d without bias", L("Conv2d", 3, 8, 3, bias=False), x)
fits("conv2d reflected padding", L("Conv2d", 3, 8, 3, padding=2, paddingMode="reflect"), x)
fits("conv2d stride larger than the kernel", L("Conv2d", 3, 8, 2, stride=5), [1, 3, 13, 17])
fits("conv2d 11x11 stride 4", L("Conv2d", 3, 2, 11, stride=4, padding=2), [1, 3, 64, 63])
fits("conv1d", L("Conv1d", 2, 3, 3), [1, 2, 8])
fits("conv1d every option", L("Conv1d", 4, 6, 3, stride=2, padding=2, dilation=2, groups=2), [2, 4, 11])
fits("conv1d same", L("Conv1d", 2, 3, 4, padding="same"), [1, 2, 9])
fits("conv1d one sequence", L("Conv1d", 2, 3, 3), [2, 8])
fits("convTranspose2d stride 2", L("ConvTranspose2d", 4, 2, 2, stride=2), [1, 4, 5, 7])
fits("convTranspose2d every option", L("ConvTranspose2d", 4, 6, [3, 2], stride=[2, 3], padding=[1, 0], outputPadding=[1, 2], dilation=[1, 2], groups=2), [1, 4, 5, 6])
fits("convTranspose2d one image", L("ConvTranspose2d", 4, 2, 3), [4, 5, 5])
fits("convTranspose1d", L("ConvTranspose1d", 4, 2, 3, stride=2, padding=1, outputPadding=1), [1, 4, 5])
refused("conv2d channels", L("Conv2d", 3, 8, 3), [2, 4, 8, 8], "channels", "conv2d: expects 3 input channels, got 4 in [2, 4, 8, 8]")
refused("conv2d NHWC", L("Conv2d", 3, 8, 3), [2, 8, 8, 3], "channels", "conv2d: expects 3 input channels, got 8 in [2, 8, 8, 3]")
refused("conv2d features", L("Conv2d", 3, 8, 3), [2, 3], "rank", "conv2d: expects [batch, channels, height, width], got [2, 3]")
refused("conv2d video", L("Conv2d", 3, 8, 3), [2, 3, 4, 8, 8], "rank", "conv2d: expects [batch, channels, height, width], got [2, 3, 4, 8, 8]")
refused("conv2d kernel too large", L("Conv2d", 3, 8, 7), [1, 3, 4, 4], "kernel-too-large", "conv2d: the window covers 7 × 7, the padded input is only 4 × 4 in [1, 3, 4, 4]")
refused("conv2d kernel too high", L("Conv2d", 3, 8, [9, 1]), x, "kernel-too-large", "conv2d: the window covers 9 × 1, the padded input is only 8 × 8 in [2, 3, 8, 8]")
refused("conv2d dilated kernel too large", L("Conv2d", 3, 8, 3, dilation=2, padding=[0, 1]), [1, 3, 4, 4], "kernel-too-large", "conv2d: the window covers 5 × 5, the padded input is only 4 × 6 in [1, 3, 4, 4]")
refused("conv2d groups and inputs", L("Conv2d", 3, 4, 3, groups=2), x, "groups", "conv2d: groups 2 must divide 3 input and 4 output channels")
refused("conv2d groups and outputs", L("Conv2d", 4, 6, 3, groups=4), [1, 4, 8, 8], "groups", "conv2d: groups 4 must divide 4 input and 6 output channels")
refused("conv2d same with a stride", L("Conv2d", 3, 8, 3, padding="same", stride=2), x, "same-stride", 'conv2d: padding "same" needs stride 1, got 2 × 2')
refused("conv2d no pixels", L("Conv2d", 3, 8, 3, padding=2), [1, 3, 0, 4], "empty", "conv2d: the images have no pixels: [1, 3, 0, 4]")
refused("conv1d channels", L("Conv1d", 2, 3, 3), [1, 3, 8], "channels", "conv1d: expects 2 input channels, got 3 in [1, 3, 8]")
refused("conv1d images", L("Conv1d", 2, 3, 3), [1, 2, 8, 8], "rank", "conv1d: expects [batch, channels, length], got [1, 2, 8, 8]")
refused("conv1d kernel too long", L("Conv1d", 2, 3, 9), [1, 2, 8], "kernel-too-large", "conv1d: the window covers 9, the padded input is only 8 in [1, 2, 8]")
refused("conv1d groups", L("Conv1d", 3, 4, 3, groups=2), [1, 3, 8], "groups", "conv1d: groups 2 must divide 3 input and 4 output channels")
refused("convTranspose2d channels", L("ConvTranspose2d", 4, 2, 2), [1, 3, 5, 5], "channels", "convTranspose2d: expects 4 input channels, got 3 in [1, 3, 5, 5]")
refused("convTranspose2d too much padding", L("ConvTranspose2d", 4, 2, 2, padding=3), [1, 4, 5, 5], "too-small", "convTranspose2d: padding takes away all of [1, 4, 5, 5]")
refused("convTranspose2d groups", L("ConvTranspose2d", 4, 3, 2, groups=2), [1, 4, 5, 5], "groups", "convTranspose2d: groups 2 must divide 4 input and 3 output channels")
refused("convTranspose1d channels", L("ConvTranspose1d", 4, 2, 2), [1, 3, 5], "channels", "convTranspose1d: expects 4 input channels, got 3 in [1, 3, 5]")

# ---- pooling
m = [1, 2, 7, 9]
fits("maxPool2d 2", L("MaxPool2d", 2), m)
fits("maxPool2d 2, 2", L("MaxPool2d", 2, 2), m)
fits("maxPool2d 3, stride 2, padding 1", L("MaxPool2d", 3, stride=2, padding=1), m)
fits("maxPool2d 3, 2, padding 1", L("MaxPool2d", 3, 2, padding=1), m)
fits("maxPool2d asymmetric", L("MaxPool2d", [2, 3], [1, 2]), m)
fits("maxPool2d dilated", L("MaxPool2d", 3, 1, dilation=[2, 3]), m)
fits("maxPool2d ceil", L("MaxPool2d", 2, ceilMode=True), m)
fits("maxPool2d ceil, stride 3", L("MaxPool2d", 2, 3, ceilMode=True), [1, 2, 8, 9])
fits("maxPool2d ceil: the last window begins in the right padding", L("MaxPool2d", 2, 3, padding=1, ceilMode=True), [1, 2, 5, 6])
fits("maxPool2d ceil: window larger than the input", L("MaxPool2d", 3, 2, ceilMode=True), [1, 2, 2, 4])
fits("maxPool2d ceil, exact", L("MaxPool2d", 2, 2, ceilMode=True), [1, 2, 8, 6])
fits("maxPool2d ceil, dilated", L("MaxPool2d", 2, 2, dilation=2, ceilMode=True), [1, 2, 8, 7])
fits("maxPool2d ceilMode false", L("MaxPool2d", 2, 3, ceilMode=False), [1, 2, 8, 9])
fits("maxPool2d one image", L("MaxPool2d", 2), [2, 7, 9])
fits("maxPool2d stride null", Both("new nn.MaxPool2d(3, null, { padding: 1 })", lambda: nn.MaxPool2d(3, None, 1)), m)
fits("avgPool2d 2", L("AvgPool2d", 2), m)
fits("avgPool2d 3, padding, ceil", L("AvgPool2d", 3, stride=2, padding=1, ceilMode=True), [1, 2, 8, 10])
fits("avgPool2d, not counting padding", L("AvgPool2d", 3, 1, padding=1, countIncludePad=False), m)
fits("adaptiveAvgPool2d 1", L("AdaptiveAvgPool2d", 1), m)
fits("adaptiveAvgPool2d larger than the input", L("AdaptiveAvgPool2d", [9, 4]), m)
fits("adaptiveAvgPool2d, height kept", L("AdaptiveAvgPool2d", [None, 3]), m)
fits("adaptiveMaxPool2d 3", L("AdaptiveMaxPool2d", 3), m)
refused("maxPool2d window too large", L("MaxPool2d", 3), [1, 2, 2, 2], "kernel-too-large", "maxPool2d: the window covers 3 × 3, the padded input is only 2 × 2 in [1, 2, 2, 2]")
refused("maxPool2d dilated window too large", L("MaxPool2d", 3, 1, dilation=2), [1, 2, 4, 9], "kernel-too-large", "maxPool2d: the window covers 5 × 5, the padded input is only 4 × 9 in [1, 2, 4, 9]")
refused("maxPool2d features", L("MaxPool2d", 2), [4, 10], "rank", "maxPool2d: expects [batch, channels, height, width], got [4, 10]")
refused("maxPool2d padding over half the window", L("MaxPool2d", 3, 2, padding=2), m, "padding", "maxPool2d: padding 2 × 2 must be at most half of the window 3 × 3")
refused("avgPool2d padding over half the window", L("AvgPool2d", [4, 2], padding=[2, 2]), m, "padding", "avgPool2d: padding 2 × 2 must be at most half of the window 4 × 2")
refused("avgPool2d window too large", L("AvgPool2d", 8), m, "kernel-too-large", "avgPool2d: the window covers 8 × 8, the padded input is only 7 × 9 in [1, 2, 7, 9]")
refused("adaptiveAvgPool2d features", L("AdaptiveAvgPool2d", 2), [4, 10], "rank", "adaptiveAvgPool2d: expects [batch, channels, height, width], got [4, 10]")

# ---- dense, flatten, normalisation, activation
fits("linear", L("Linear", 12, 5), [4, 12])
fits("linear of a vector", L("Linear", 12, 5), [12])
fits("linear of a sequence", L("Linear", 12, 5), [2, 3, 12])
fits("linear without bias", L("Linear", 12, 5, bias=False), [4, 12])
fits("flatten", L("Flatten"), [2, 3, 4, 5])
fits("flatten from 2", L("Flatten", 2), [2, 3, 4, 5])
fits("flatten 0 to 1", L("Flatten", 0, 1), [2, 3, 4, 5])
fits("flatten 1 to 2", L("Flatten", 1, 2), [2, 3, 4, 5])
fits("flatten all", L("Flatten", 0), [2, 3, 4, 5])
fits("flatten what is flat", L("Flatten"), [2, 30])
fits("flatten, large", L("Flatten"), [1, 64, 17, 23])
fits("batchNorm2d", L("BatchNorm2d", 3), [2, 3, 4, 4])
fits("batchNorm1d of features", L("BatchNorm1d", 6), [4, 6])
fits("batchNorm1d of sequences", L("BatchNorm1d", 6), [4, 6, 5])
fits("groupNorm", L("GroupNorm", 2, 6), [2, 6, 3, 3])
fits("layerNorm", L("LayerNorm", [3, 4]), [2, 3, 4])
fits("layerNorm of features", L("LayerNorm", 4), [2, 4])
fits("instanceNorm2d", L("InstanceNorm2d", 3), [2, 3, 4, 4])
fits("relu", L("ReLU"), [2, 3, 4, 4])
fits("softmax", L("Softmax", dim=1), [2, 10])
fits("prelu", L("PReLU", 3), [2, 3, 4])
fits("dropout", L("Dropout", 0.5), [2, 3, 4])
fits("identity", L("Identity"), [2, 3])
fits("embedding", L("Embedding", 10, 4), [2, 5], dtype="int32")
refused("linear features", L("Linear", 12, 5), [4, 13], "features", "linear: expects 12 input features, got 13 in [4, 13]")
refused("linear without flatten", L("Linear", 48, 5), [2, 3, 4, 4], "features", "linear: expects 48 input features, got 4 in [2, 3, 4, 4]: is a Flatten missing?")
refused("flatten a vector", L("Flatten"), [10], "dim", "flatten: there is no axis 1 in [10]")
refused("flatten backwards", L("Flatten", 2, 1), [2, 3, 4, 5], "dim", "flatten: startDim 2 lies behind endDim 1")
refused("flatten too far", L("Flatten", 1, 4), [2, 3, 4, 5], "dim", "flatten: there is no axis 4 in [2, 3, 4, 5]")
refused("batchNorm2d channels", L("BatchNorm2d", 4), [2, 3, 4, 4], "channels", "batchNorm2d: expects 4 channels, got 3 in [2, 3, 4, 4]")
refused("batchNorm2d features", L("BatchNorm2d", 4), [2, 4], "rank", "batchNorm2d: expects [batch, channels, height, width], got [2, 4]")
refused("batchNorm1d maps", L("BatchNorm1d", 4), [2, 4, 3, 3], "rank", "batchNorm1d: expects [batch, channels, …], got [2, 4, 3, 3]")
refused("batchNorm1d features", L("BatchNorm1d", 4), [2, 5], "channels", "batchNorm1d: expects 4 channels, got 5 in [2, 5]")
refused("groupNorm channels", L("GroupNorm", 2, 6), [2, 4, 3, 3], "channels", "groupNorm: expects 6 channels, got 4 in [2, 4, 3, 3]")
refused("layerNorm", L("LayerNorm", 4), [2, 5], "normalized-shape", "layerNorm: expects an input that ends in [4], got [2, 5]")
refused("instanceNorm2d features", L("InstanceNorm2d", 3), [2, 3], "rank", "instanceNorm2d: expects [batch, channels, height, width], got [2, 3]")

# ---- other sizes
fits("upsample × 2", L("Upsample", scaleFactor=2), m)
fits("upsample by axis", L("Upsample", scaleFactor=[2, 3], mode="bilinear"), m)
fits("upsample to a size", L("Upsample", size=[5, 6]), m)
fits("pixelShuffle", L("PixelShuffle", 2), [1, 8, 3, 4])
fits("pixelUnshuffle", L("PixelUnshuffle", 3), [1, 2, 6, 9])
fits("zeroPad2d", L("ZeroPad2d", 2), m)
fits("zeroPad2d by side", L("ZeroPad2d", [1, 2, 3, 4]), m)
fits("reflectionPad2d", L("ReflectionPad2d", 1), m)
refused("pixelShuffle channels", L("PixelShuffle", 2), [1, 6, 3, 4], "channels", "pixelShuffle: 2² = 4 must divide 6 channels in [1, 6, 3, 4]")
refused("pixelUnshuffle size", L("PixelUnshuffle", 2), [1, 2, 6, 9], "size", "pixelUnshuffle: 2 must divide 6 × 9 in [1, 2, 6, 9]")
refused("zeroPad2d features", L("ZeroPad2d", 1), [2, 3], "rank", "pad: expects [batch, channels, height, width], got [2, 3]",
        torch_accepts="F.pad pads the last two axes whatever they are")

# ---- containers
c33 = L("Conv2d", 4, 4, 3, padding=1)
fits("sequential", Seq(L("Conv2d", 3, 4, 3), L("ReLU"), L("MaxPool2d", 2), L("Flatten"), L("Linear", 36, 10)), x)
fits("sequential in sequential", Seq(Seq(L("Conv2d", 3, 4, 3, stride=2), L("ReLU")), L("Flatten"), L("Linear", 36, 10)), x)
fits("residual", Residual(Seq(c33, L("ReLU"), c33)), [1, 4, 5, 5])
fits("residual with a shortcut", Residual(Seq(L("Conv2d", 4, 8, 3, stride=2, padding=1), L("BatchNorm2d", 8)), L("Conv2d", 4, 8, 1, stride=2)), [2, 4, 5, 7])
fits("concat", Concat([L("Conv2d", 4, 2, 1), c33, L("MaxPool2d", 3, 1, padding=1)]), [1, 4, 5, 5])
fits("concat along the height", Concat([L("Identity"), L("MaxPool2d", [2, 1])], 2), [1, 4, 6, 5])
refused("sequential", Seq(L("Flatten"), L("Linear", 100, 10)), x, "features", "linear: expects 100 input features, got 192 in [2, 192]")
refused("residual that shrinks", Residual(L("Conv2d", 4, 4, 3)), [1, 4, 5, 5], "residual", "residual: the branch gives [1, 4, 3, 3], the way around it [1, 4, 5, 5]")
refused("residual of other channels", Residual(L("Conv2d", 4, 8, 1)), [1, 4, 5, 5], "residual", "residual: the branch gives [1, 8, 5, 5], the way around it [1, 4, 5, 5]")
refused("concat of other sizes", Concat([L("Conv2d", 4, 2, 3), L("Identity")]), [1, 4, 5, 5], "sizes", "cat: [1, 2, 3, 3] and [1, 4, 5, 5] differ outside axis 1")

# ---- functions of tensors: views
v = [[2, 3, 4]]
gives("permute", "x.permute([2, 0, 1])", v, lambda x: x.permute(2, 0, 1))
gives("permute from the end", "permute(x, [-1, 0, -2])", v, lambda x: x.permute(-1, 0, -2))
gives("transpose", "x.transpose(0, 2)", v, lambda x: x.transpose(0, 2))
gives("transpose from the end", "transpose(x, -1, -2)", v, lambda x: x.transpose(-1, -2))
gives("transpose of one axis", "transpose(x, 1, 1)", v, lambda x: x.transpose(1, 1))
gives("t", "x.t()", [[2, 3]], lambda x: x.t())
gives("squeeze", "x.squeeze(1)", [[2, 1, 4]], lambda x: x.squeeze(1))
gives("squeeze from the end", "squeeze(x, -3)", [[1, 2, 1]], lambda x: x.squeeze(-3))
gives("squeeze what is not 1", "squeeze(x, 0)", v, lambda x: x.squeeze(0))
gives("squeeze all", "squeeze(x)", [[1, 2, 1, 3]], lambda x: x.squeeze())
gives("unsqueeze", "x.unsqueeze(0)", v, lambda x: x.unsqueeze(0))
gives("unsqueeze at the end", "unsqueeze(x, -1)", v, lambda x: x.unsqueeze(-1))
gives("unsqueeze before the last", "unsqueeze(x, -2)", v, lambda x: x.unsqueeze(-2))
gives("reshape", "x.reshape([4, 6])", v, lambda x: x.reshape(4, 6))
gives("reshape with an open size", "x.reshape([-1, 8])", v, lambda x: x.reshape(-1, 8))
gives("reshape to a line", "reshape(x, [-1])", v, lambda x: x.reshape(-1))
gives("view", "x.view([2, 12])", v, lambda x: x.view(2, 12))
gives("flatten", "x.flatten(1)", v, lambda x: x.flatten(1))
gives("expand", "x.expand([2, 3, 4])", [[2, 1, 4]], lambda x: x.expand(2, 3, 4))
gives("expand, sizes kept, an axis in front", "expand(x, [5, -1, 4])", [[3, 1]], lambda x: x.expand(5, -1, 4))
gives("narrow", "x.narrow(-1, 1, 2)", v, lambda x: x.narrow(-1, 1, 2))
gives("select", "x.select(1, 2)", v, lambda x: x.select(1, 2))
gives("slice", "x.slice(1, 1, 3)", [[2, 7]], lambda x: x[:, 1:3])
gives("slice with steps", "slice(x, 1, 1, 7, 3)", [[2, 7]], lambda x: x[:, 1:7:3])
gives("slice beyond the end", "slice(x, 0, 1, 99)", v, lambda x: x[1:99])
gives("slice from an entry on", "slice(x, 2, 3)", v, lambda x: x[:, :, 3:])
gives("index", "x.index([1, null, [1, 3]])", v, lambda x: x[1, :, 1:3])
gives("index of the first axis", "index(x, [0])", v, lambda x: x[0])
gives("repeat", "x.repeat([2, 1, 3])", v, lambda x: x.repeat(2, 1, 3))
gives("repeat with an axis in front", "repeat(x, [2, 3])", [[4]], lambda x: x.repeat(2, 3))
gives("flip", "x.flip([0, 1])", v, lambda x: x.flip(0, 1))
gives("clone", "x.clone()", v, lambda x: x.clone())
declined("permute with too few axes", "x.permute([0, 1])", v, lambda x: x.permute(0, 1), ["permute", [0, 1]], "dims", "permute: [0, 1] must name each of the 3 axes once")
declined("permute with one axis twice", "permute(x, [0, -3, 1])", v, lambda x: x.permute(0, -3, 1), ["permute", [0, -3, 1]], "dims", "permute: [0, -3, 1] must name each of the 3 axes once")
declined("permute of an axis that is not there", "permute(x, [0, 1, 3])", v, lambda x: x.permute(0, 1, 3), ["permute", [0, 1, 3]], "dim", "permute: there is no axis 3 in [2, 3, 4]")
declined("transpose of an axis that is not there", "x.transpose(0, 3)", v, lambda x: x.transpose(0, 3), ["transpose", 0, 3], "dim", "transpose: there is no axis 3 in [2, 3, 4]")
declined("squeeze of an axis that is not there", "x.squeeze(-4)", v, lambda x: x.squeeze(-4), ["squeeze", -4], "dim", "squeeze: there is no axis -4 in [2, 3, 4]")
declined("unsqueeze too far", "x.unsqueeze(4)", v, lambda x: x.unsqueeze(4), ["unsqueeze", 4], "dim", "unsqueeze: there is no axis 4 in [2, 3, 4, 1]")
declined("reshape to another number", "x.reshape([5, 5])", v, lambda x: x.reshape(5, 5), ["reshape", "reshape", [5, 5]], "numel", "reshape: [2, 3, 4] has 24 elements, [5, 5] 25")
declined("reshape that does not go in", "reshape(x, [-1, 7])", v, lambda x: x.reshape(-1, 7), ["reshape", "reshape", [-1, 7]], "numel", "reshape: [2, 3, 4] has 24 elements, which do not go into [-1, 7]")
declined("reshape with two open sizes", "reshape(x, [-1, -1])", v, lambda x: x.reshape(-1, -1), ["reshape", "reshape", [-1, -1]], "two-unknown", "reshape: only one size may be -1, got [-1, -1]")
declined("expand of another size", "x.expand([2, 5, 4])", v, lambda x: x.expand(2, 5, 4), ["expand", [2, 5, 4]], "broadcast", "expand: [2, 3, 4] cannot be expanded to [2, 5, 4]")
declined("narrow beyond the end", "x.narrow(1, 0, 4)", v, lambda x: x.narrow(1, 0, 4), ["narrow", 1, 4], "range", "narrow: 4 entries do not lie in axis 1 of [2, 3, 4]")
declined("select of an axis that is not there", "x.select(3, 0)", v, lambda x: x.select(3, 0), ["select", 3], "dim", "select: there is no axis 3 in [2, 3, 4]")
declined("index with too many items", "x.index([0, 0, 0, 0])", v, lambda x: x[0, 0, 0, 0], ["index", [0, 0, 0, 0]], "items", "index: 4 items for 3 axes")
declined("repeat with too few numbers", "x.repeat([2, 2])", v, lambda x: x.repeat(2, 2), ["repeat", [2, 2]], "repeats", "repeat: [2, 2] must have a number for each axis of [2, 3, 4]")

# ---- reductions
gives("sum", "x.sum()", v, lambda x: x.sum())
gives("sum of one axis", "x.sum(1)", v, lambda x: x.sum(1))
gives("sum of one axis, kept", "sum(x, -1, { keepdim: true })", v, lambda x: x.sum(-1, keepdim=True))
gives("mean of two axes", "x.mean([0, -1])", v, lambda x: x.mean([0, -1]))
gives("mean of two axes, kept", "mean(x, [1, 2], { keepdim: true })", v, lambda x: x.mean([1, 2], keepdim=True))
gives("sum of everything, kept", "sum(x, undefined, { keepdim: true })", v, lambda x: x.sum([0, 1, 2], keepdim=True))
gives("sum of a scalar", "sum(x, 0)", [[]], lambda x: x.sum(0))
gives("amax", "x.amax([0, 1])", v, lambda x: x.amax([0, 1]))
gives("argmax", "x.argmax(1)", v, lambda x: x.argmax(1))
gives("argmax of everything", "argmax(x)", v, lambda x: x.argmax())
gives("max", "x.max(-1).values", v, lambda x: x.max(-1).values)
gives("min, kept", "min(x, 0, { keepdim: true }).indices", v, lambda x: x.min(0, keepdim=True).indices)
gives("variance", "x.variance(2)", v, lambda x: x.var(2))
gives("std", "std(x, [0], { keepdim: true })", v, lambda x: x.std([0], keepdim=True))
gives("norm", "x.norm(2, 1)", v, lambda x: x.norm(2, 1))
gives("prod", "x.prod(1)", v, lambda x: x.prod(1))
gives("logsumexp", "logsumexp(x, 2)", v, lambda x: x.logsumexp(2))
gives("any", "x.any(0)", v, lambda x: x.any(0))
gives("cumsum", "x.cumsum(1)", v, lambda x: x.cumsum(1))
gives("cumprod", "cumprod(x, -1)", v, lambda x: x.cumprod(-1))
gives("softmax", "x.softmax(1)", v, lambda x: x.softmax(1))
gives("sort", "x.sort(0).values", v, lambda x: x.sort(0).values)
gives("topk", "x.topk(2).values", v, lambda x: x.topk(2).values)
gives("topk of an axis", "topk(x, 3, 1).indices", v, lambda x: x.topk(3, 1).indices)
gives("clamp", "x.clamp(0, 1)", v, lambda x: x.clamp(0, 1))
declined("sum of an axis that is not there", "x.sum(3)", v, lambda x: x.sum(3), ["reduce", 3, {}], "dim", "reduction: there is no axis 3 in [2, 3, 4]")
declined("mean of axes of which one is not there", "mean(x, [0, -4])", v, lambda x: x.mean([0, -4]), ["reduce", [0, -4], {}], "dim", "reduction: there is no axis -4 in [2, 3, 4]")
declined("topk of more than there are", "x.topk(5)", v, lambda x: x.topk(5), ["topk", 5, -1], "k", "topk: k must be a whole number from 0 to 4, got 5")

# ---- several tensors
gives("a comparison", "x.gt(y)", [[2, 3], [3]], lambda x, y: x > y)
gives("pow", "x.pow(y)", [[2, 1], [3]], lambda x, y: x.pow(y))
gives("where", "where(x.gt(0), y, z)", [[2, 1], [3], [4, 1, 1]], lambda x, y, z: torch.where(x > 0, y, z))
gives("maskedFill", "x.maskedFill(y.gt(0), 1)", [[2, 3], [3]], lambda x, y: x.masked_fill(y > 0, 1))
gives("matmul", "x.matmul(y)", [[2, 3], [3, 4]], lambda x, y: x @ y)
gives("matmul of batches", "matmul(x, y)", [[5, 1, 2, 3], [7, 3, 4]], lambda x, y: x @ y)
gives("matmul with a vector", "matmul(x, y)", [[5, 2, 3], [3]], lambda x, y: x @ y)
gives("matmul of a vector", "matmul(x, y)", [[3], [5, 3, 2]], lambda x, y: x @ y)
gives("matmul of vectors", "matmul(x, y)", [[3], [3]], lambda x, y: x @ y)
gives("einsum", 'einsum("bik,bkj->bij", x, y)', [[2, 3, 4], [2, 4, 5]], lambda x, y: torch.einsum("bik,bkj->bij", x, y))
gives("einsum without an arrow", 'einsum("cb, ba", x, y)', [[2, 3], [3, 4]], lambda x, y: torch.einsum("cb, ba", x, y))
gives("einsum of three", 'einsum("bi,oij,bj->bo", x, y, z)', [[2, 3], [4, 3, 5], [2, 5]], lambda x, y, z: torch.einsum("bi,oij,bj->bo", x, y, z))
gives("einsum with dots", 'einsum("...chw,oc->...ohw", x, y)', [[2, 3, 8, 7], [5, 3]], lambda x, y: torch.einsum("...chw,oc->...ohw", x, y))
gives("einsum with dots that broadcast", 'einsum("...ij,...jk->...ik", x, y)', [[6, 1, 2, 3], [4, 3, 5]], lambda x, y: torch.einsum("...ij,...jk->...ik", x, y))
gives("einsum with dots without an arrow", 'einsum("b...a, ...c", x, y)', [[2, 4, 3], [4, 5]], lambda x, y: torch.einsum("b...a, ...c", x, y))
gives("einsum with dots in the middle of the result", 'einsum("a...,b...->a...b", x, y)', [[2, 7], [3, 7]], lambda x, y: torch.einsum("a...,b...->a...b", x, y))
gives("einsum that sums over its dots", 'einsum("i...->i", x)', [[2, 3, 4]], lambda x: torch.einsum("i...->i", x))
gives("stack", "stack([x, y, x], 1)", [[2, 3], [2, 3]], lambda x, y: torch.stack([x, y, x], 1))
gives("stack behind", "stack([x, y], -1)", [[2, 3], [2, 3]], lambda x, y: torch.stack([x, y], -1))
gives("cat", "cat([x, y], 1)", [[2, 3], [2, 5]], lambda x, y: torch.cat([x, y], 1))
gives("split by a size", "x.split(2, 1)[1]", [[3, 5]], lambda x: x.split(2, 1)[1])
gives("split by a size, the last", "split(x, 2, -1)[2]", [[3, 5]], lambda x: x.split(2, -1)[2])
gives("split by sizes", "split(x, [1, 4], 1)[1]", [[3, 5]], lambda x: x.split([1, 4], 1)[1])
gives("chunk", "chunk(x, 3)[2]", [[7, 2]], lambda x: x.chunk(3)[2])
gives("pad", "pad(x, [1, 2])", v, lambda x: nn.functional.pad(x, [1, 2]))
gives("pad of two axes", "pad(x, [1, 2, 3, 0])", v, lambda x: nn.functional.pad(x, [1, 2, 3, 0]))
gives("interpolate", "interpolate(x, { scaleFactor: 2 })", [[1, 2, 3, 4]], lambda x: nn.functional.interpolate(x, scale_factor=2))
gives("interpolate to a size", 'interpolate(x, { size: [5, 7], mode: "bilinear" })', [[1, 2, 3, 4]], lambda x: nn.functional.interpolate(x, size=(5, 7), mode="bilinear"))
gives("pixelShuffle", "pixelShuffle(x, 2)", [[1, 8, 3, 4]], lambda x: nn.functional.pixel_shuffle(x, 2))
gives("indexSelect", "x.indexSelect(1, [2, 0])", v, lambda x: x.index_select(1, torch.tensor([2, 0])))
gives("linear", "linear(x, y)", [[2, 3], [4, 3]], lambda x, y: nn.functional.linear(x, y))
gives("conv2d", "conv2d(x, y, null, { stride: 2 })", [[2, 3, 8, 8], [4, 3, 3, 3]], lambda x, y: nn.functional.conv2d(x, y, None, 2))
declined("matmul of inner sizes that differ", "x.matmul(y)", [[2, 3], [4, 5]], lambda x, y: x @ y, ["matmul", [4, 5]], "inner", "matmul: [2, 3] has 3 columns, [4, 5] 4 rows")
declined("matmul of batches that differ", "matmul(x, y)", [[2, 2, 3], [3, 3, 4]], lambda x, y: x @ y, ["matmul", [3, 3, 4]], "broadcast", "matmul: [2] and [3] do not broadcast")
declined("einsum of sizes that differ", 'einsum("ij,jk->ik", x, y)', [[2, 3], [4, 5]], lambda x, y: torch.einsum("ij,jk->ik", x, y), ["einsum", "ij,jk->ik", [[4, 5]]], "sizes", 'einsum: axis "j" is 3 here and 4 there')
declined("einsum of another number of axes", 'einsum("ijk->i", x)', [[2, 3]], lambda x: torch.einsum("ijk->i", x), ["einsum", "ijk->i", []], "rank", "einsum: 3 letters for the 2 axes of [2, 3]")
declined("einsum of dots that do not broadcast", 'einsum("...i,...i->...", x, y)', [[2, 3], [4, 3]], lambda x, y: torch.einsum("...i,...i->...", x, y), ["einsum", "...i,...i->...", [[4, 3]]], "sizes", "einsum: [2] and [4] do not broadcast")
declined("einsum of letters and dots for too few axes", 'einsum("ij...->i", x)', [[2]], lambda x: torch.einsum("ij...->i", x), ["einsum", "ij...->i", []], "rank", "einsum: 2 letters for the 1 axes of [2]")
declined("stack of other shapes", "stack([x, y])", [[2, 3], [2, 4]], lambda x, y: torch.stack([x, y]), ["stack", [[2, 4]], 0], "sizes", "stack: [2, 3] and [2, 4] differ")
declined("split by sizes that do not add up", "split(x, [1, 3], 1)", [[3, 5]], lambda x: x.split([1, 3], 1)[0], ["split", [1, 3], 1], "sizes", "split: sizes [1, 3] do not add up to 5 along axis 1 of [3, 5]")
declined("a comparison of shapes that do not broadcast", "x.gt(y)", [[2, 3], [4]], lambda x, y: x > y, ["broadcast", "compare", [4]], "broadcast", "compare: [2, 3] and [4] do not broadcast")

head = {"about": "Shapes of PyTorch's layers; see scripts/golden-shapes.py", "torch": torch.__version__, "rows": len(rows)}
lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
out.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n", encoding="utf-8")
print(len(rows), "rows,", sum("code" in row for row in rows), "of them refused")
