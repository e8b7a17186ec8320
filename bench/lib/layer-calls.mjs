// From a captured function to the single kernel calls of its convolutions and linear layers, ready to be timed by themselves.
// They are the calls of the real plan: its shapes, layouts and fusions.

const PASSES = { forward: "forward", input: "input gradient", weight: "weight gradient" };

/** Parameters of the convolution, also where the call is its input's gradient as a convolution of its own. */
function convolution(p) {
  if (!p.backward) return p;
  const [inputs, outputs] = [
    { inChannels: p.outChannels, inHeight: p.outHeight, inWidth: p.outWidth },
    { outChannels: p.inChannels, outHeight: p.inHeight, outWidth: p.inWidth },
  ];
  return { ...p, ...inputs, ...outputs };
}

/** Products of a call's dense form, also where a kernel does less (behind a pool). */
function flopOf(params) {
  const p = convolution(params);
  if (p.kernelHeight === undefined) return 2 * p.rows * p.inFeatures * p.outFeatures;
  const inputs = p.inChannels / p.groups;
  return 2 * p.batch * p.outChannels * p.outHeight * p.outWidth * inputs * p.kernelHeight * p.kernelWidth;
}

function layerOf(params) {
  const p = convolution(params);
  if (p.kernelHeight === undefined) return `linear ${p.inFeatures} to ${p.outFeatures}`;
  const kernel = `${p.kernelHeight}×${p.kernelWidth}`;
  const stride = p.strideHeight > 1 ? ` stride ${p.strideHeight}` : "";
  const groups = p.groups > 1 ? ` groups ${p.groups}` : "";
  return `${p.inChannels} to ${p.outChannels}, ${kernel}${stride}${groups} at ${p.inHeight}×${p.inWidth}`;
}

/** What is in the call beside the convolution. */
function fusedWith(kernel, p, more) {
  const algorithm = /winograd/.test(kernel) ? "Winograd" : "";
  const pool = p.poolHeight > 1 ? `pool ${p.poolHeight}×${p.poolWidth}` : "";
  return [algorithm, p.relu ? "ReLU" : "", pool, more].filter(Boolean).join(", ");
}

/** The branch around a block is added in the same call, forward and backward. */
function addedTo(kernel, pass, reads) {
  const residual = { conv2d_fused_f32: reads[4], conv2d_winograd_f32: reads[3] }[kernel];
  if (residual) return pass === PASSES.input ? "added to another" : "residual";
  return pass === PASSES.input && reads[5] ? "added to another" : "";
}

/** Which operands each pass of a backward call writes; the others are left out, as its contract allows. */
const splits = [
  { pass: PASSES.input, writes: [0] },
  { pass: PASSES.weight, writes: [1, 2] },
];

function passesOf({ kernel, params, reads, writes }) {
  // Packing of weights has no output of its own.
  const isLayer =
    /^(conv2d|linear)/.test(kernel) && (params.outHeight !== undefined || params.inFeatures !== undefined);
  if (!isLayer) return [];
  if (/backward_input/.test(kernel) || params.backward) return [{ pass: PASSES.input, writes }];
  if (/backward_weight/.test(kernel)) return [{ pass: PASSES.weight, writes }];
  if (!/backward/.test(kernel)) return [{ pass: PASSES.forward, writes }];
  // The addend of the input's gradient belongs to that pass alone.
  return splits
    .map(({ pass, writes: kept }) => ({
      pass,
      reads: pass === PASSES.weight && reads.length > 5 ? reads.map((operand, i) => (i === 5 ? null : operand)) : reads,
      writes: writes.map((operand, i) => (kept.includes(i) ? operand : null)),
    }))
    .filter(({ writes: kept }) => kept.some(Boolean));
}

/** Every distinct call with how often it is in the plan. */
export function layerCalls(commands) {
  const found = new Map();
  for (const command of commands)
    for (const { pass, reads = command.reads, writes } of passesOf(command)) {
      const { kernel, params } = command;
      const shape = (operand) => operand && [operand.memory.type, operand.memory.length, operand.offset];
      const key = JSON.stringify([kernel, pass, params, reads.map(shape), writes.map(shape)]);
      const known = found.get(key);
      if (known) known.times++;
      else
        found.set(key, {
          layer: layerOf(params),
          with: fusedWith(kernel, params, addedTo(kernel, pass, reads)),
          pass,
          kernel,
          params,
          reads,
          writes,
          flop: flopOf(params),
          times: 1,
        });
    }
  return [...found.values()];
}

/**
 * A function that runs the call `n` times. Its memory is its own: numbers around 0, so that half of what a ReLU sees is dead,
 * and winners of pools of which one in (windows + 1) is dead.
 */
export function runnable(backend, { kernel, params, reads, writes }) {
  const buffers = [];
  const view = (operand) => {
    if (!operand) return null;
    const { type, length } = operand.memory;
    const buffer = backend.alloc(type, length);
    buffers.push(buffer);
    const positions = (params.poolHeight ?? 1) * (params.poolWidth ?? 1) + 1;
    const make = type === "u8" ? (i) => (Math.imul(i, 2654435761) >>> 13) % positions : (i) => Math.sin(i * 12.9898);
    const Kind = { f32: Float32Array, u8: Uint8Array, i32: Int32Array }[type];
    backend.write(
      { buffer, offset: 0 },
      Kind.from({ length }, (_, i) => make(i)),
    );
    return { buffer, offset: operand.offset };
  };
  const list = backend.compile([{ kernel, params, reads: reads.map(view), writes: writes.map(view) }]);
  return {
    run(n) {
      for (let i = 0; i < n; i++) list.run();
    },
    free() {
      for (const buffer of buffers) backend.free(buffer);
    },
  };
}
