/** @file The rewritings that make a recording faster than its operations one by one. */
import type { Backend } from "../../backends/backend.ts";
import type { KernelName } from "../../kernels/contract.ts";
import { hoist } from "../constants.ts";
import type { Pass } from "../program.ts";
import { addendsIntoBackward } from "./addends.ts";
import { convGroups } from "./fuse-conv.ts";
import { convAndNorm } from "./fuse-conv-norm.ts";
import { normGroups } from "./fuse-norm.ts";
import { Graph } from "./graph.ts";
import { settleLayouts } from "./layouts.ts";
import { packWeights } from "./pack-weights.ts";
import { padsIntoConvolutions } from "./pads.ts";
import { type Group, regroup } from "./regroup.ts";
import { winograd } from "./winograd.ts";

const winogradKernels = [
  "conv2d_winograd_f32",
  "conv2d_winograd_pack_f32",
  "conv2d_winograd_backward_weight_f32",
] as const;

/** Those for which the backend has the kernels. @param withWinograd as in CaptureOptions. */
export function passesFor(backend: Backend, withWinograd = true): Pass[] {
  const supports = (kernel: KernelName) => backend.supports(kernel);
  const { lanes } = backend;
  if (!supports("conv2d_fused_f32") || !supports("conv2d_fused_backward_f32")) return [];
  const norms = supports("batch_norm_fused_train_f32") && supports("batch_norm_fused_train_backward_f32");
  const both = supports("conv2d_norm_train_f32") && supports("conv2d_norm_train_backward_f32");
  return [
    padsIntoConvolutions,
    (commands, escapes) => {
      const graph = new Graph(commands, escapes);
      const taken = new Set<number>();
      const bundles: (readonly Group[])[] = [];
      // From the end: of two results that are added, the later one takes the addition in.
      for (let at = commands.length - 1; at >= 0; at--) {
        for (const bare of [false, true]) {
          const groups = [...convGroups(graph, at, bare), ...(norms ? normGroups(graph, at, bare) : [])];
          const members = groups.flatMap((group) => group.members);
          if (members.length === 0 || members.some((member) => taken.has(member))) continue;
          for (const member of members) taken.add(member);
          bundles.unshift(groups);
          break;
        }
      }
      return regroup(commands, bundles);
    },
    addendsIntoBackward,
    (commands, escapes) => settleLayouts(commands, escapes, supports),
    (commands, escapes, isStill) =>
      lanes && withWinograd && winogradKernels.every(supports)
        ? winograd(commands, hoist(commands, isStill, escapes).isConstant, lanes)
        : commands,
    // Behind Winograd, which keeps its layers: it saves more than this would.
    (commands, escapes) => (both ? convAndNorm(commands, escapes) : commands),
    (commands, escapes, isStill) =>
      lanes && supports("conv2d_pack_f32")
        ? packWeights(commands, hoist(commands, isStill, escapes).isConstant, lanes)
        : commands,
  ];
}
