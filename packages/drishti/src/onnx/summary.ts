/** @file What a graph does to a picture, node by node: the rows of `summary` for a model without layers of its own. */
import { noGrad, type Tensor, zeros } from "@drishti/core";
import type { LayerSummary, ModelSummary } from "@drishti/core/models";
import type { OnnxNode } from "./attributes.ts";
import type { OnnxModel } from "./onnx-model.ts";
import { numel, onHost, type Value } from "./value.ts";

/** As `summarize` of built-in models. Nodes that only compute shapes and constants are left out. */
export function summarizeOnnx(model: OnnxModel, input: readonly number[]): ModelSummary {
  const layers: LayerSummary[] = [];
  const parameters = new Map<Tensor, number>([...model.parameters()].map((parameter) => [parameter, parameter.numel]));
  const sizes = new Map(parameters);
  const device = model.parameters().next().value?.backend;
  const visit = (node: OnnxNode, inputs: readonly (Value | undefined)[], outputs: readonly Value[]) => {
    const [output] = outputs;
    if (!output || onHost(output)) return;
    let own = 0;
    for (const value of inputs) {
      if (!value) continue;
      own += sizes.get(value.tensor) ?? 0;
      sizes.delete(value.tensor); // counted once, however often it is read
    }
    layers.push({
      name: node.name,
      type: node.type,
      outputShape: [...output.tensor.shape],
      parameters: own,
      macs: multiplyAdds(node, inputs, output.tensor),
    });
  };
  noGrad(() => model.evaluate({ [model.inputs[0]!.name]: zeros([1, ...input], { device }) }, visit));
  const total = [...parameters.values()].reduce((a, b) => a + b, 0);
  const frozen = [...parameters].reduce((sum, [t, count]) => sum + (t.requiresGrad ? 0 : count), 0);
  return {
    layers,
    parameters: total,
    trainable: total - frozen,
    macs: layers.reduce((sum, layer) => sum + layer.macs, 0),
  };
}

/** A weight is multiplied once for every place it is applied at. */
function multiplyAdds(node: OnnxNode, [input, weight]: readonly (Value | undefined)[], output: Tensor): number {
  if (!input || !weight) return 0;
  const perFilter = numel(weight.tensor.shape.slice(1));
  if (node.type === "Conv") return output.numel * perFilter;
  if (node.type === "ConvTranspose") return input.tensor.numel * perFilter;
  if (node.type === "Gemm") return (output.numel * weight.tensor.numel) / Math.max(1, output.shape.at(-1)!);
  return node.type === "MatMul" ? output.numel * (input.tensor.shape.at(-1) ?? 1) : 0;
}
