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

head = {"about": "Shapes of PyTorch's layers; see scripts/golden-shapes.py", "torch": torch.__version__, "rows": len(rows)}
lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
out.write_text(json.dumps(head)[:-1] + ', "cases": [\n' + lines + "\n]}\n", encoding="utf-8")
print(len(rows), "rows,", sum("code" in row for row in rows), "of them refused")
