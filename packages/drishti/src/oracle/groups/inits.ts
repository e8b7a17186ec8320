/** @file torch.nn.init's functions by name, called with torch's arguments. */
import { nn, type Tensor } from "@drishti/core";
import type { Args } from "../args.ts";

const kaiming = (a: Args): nn.init.KaimingOptions => ({
  a: a.optionalNumber("a"),
  mode: a.text("mode"),
  nonlinearity: a.text("nonlinearity"),
});

export const inits: Readonly<Record<string, (t: Tensor, a: Args) => Tensor>> = {
  zeros_: (t) => nn.init.zeros_(t),
  ones_: (t) => nn.init.ones_(t),
  constant_: (t, a) => nn.init.constant_(t, a.number("val")),
  uniform_: (t, a) => nn.init.uniform_(t, a.optionalNumber("a"), a.optionalNumber("b")),
  normal_: (t, a) => nn.init.normal_(t, a.optionalNumber("mean"), a.optionalNumber("std")),
  trunc_normal_: (t, a) =>
    nn.init.truncNormal_(
      t,
      a.optionalNumber("mean"),
      a.optionalNumber("std"),
      a.optionalNumber("a"),
      a.optionalNumber("b"),
    ),
  xavier_uniform_: (t, a) => nn.init.xavierUniform_(t, a.optionalNumber("gain")),
  xavier_normal_: (t, a) => nn.init.xavierNormal_(t, a.optionalNumber("gain")),
  kaiming_uniform_: (t, a) => nn.init.kaimingUniform_(t, kaiming(a)),
  kaiming_normal_: (t, a) => nn.init.kaimingNormal_(t, kaiming(a)),
  orthogonal_: (t, a) => nn.init.orthogonal_(t, a.optionalNumber("gain")),
  sparse_: (t, a) => nn.init.sparse_(t, a.number("sparsity"), a.optionalNumber("std")),
  dirac_: (t, a) => nn.init.dirac_(t, a.optionalNumber("groups")),
  eye_: (t) => nn.init.eye_(t),
};
