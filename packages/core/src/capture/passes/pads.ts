/** @file Zeros put around a picture by a call of their own become the padding of the convolutions that read it. */
import type { Command } from "../recording.ts";
import { Graph, written } from "./graph.ts";

/** The convolutions that read what `pad` writes, if they alone do, without gradients. */
function readersOf(graph: Graph, pad: Command<"pad2d_f32">): readonly number[] | undefined {
  const { mode, value, padTop, padLeft, inHeight, inWidth, outHeight, outWidth } = pad.params;
  const after = [outHeight - inHeight - padTop, outWidth - inWidth - padLeft];
  if (mode !== 3 || value !== 0 || [padTop, padLeft, ...after].some((size) => size < 0)) return undefined;
  const padded = written(pad);
  const readers = graph.readers(padded);
  const fits = (at: number) => {
    const conv = graph.as(at, "conv2d_f32");
    if (!conv) return false;
    const { batch, inChannels, inHeight: height, inWidth: width } = conv.params;
    return (
      conv.reads.every((operand, i) => (operand?.memory === padded) === (i === 0)) &&
      batch * inChannels === pad.params.planes &&
      height === outHeight &&
      width === outWidth
    );
  };
  return graph.isInner(padded) && readers.length > 0 && readers.every(fits) ? readers : undefined;
}

export function padsIntoConvolutions(
  commands: readonly Command[],
  escapes: ConstructorParameters<typeof Graph>[1],
): readonly Command[] {
  const graph = new Graph(commands, escapes);
  const gone = new Set<number>();
  const changed = new Map<number, Command>();
  for (const at of commands.keys()) {
    const pad = graph.as(at, "pad2d_f32");
    const readers = pad && readersOf(graph, pad);
    // Between the pad and a reader its source must not change: whoever writes it twice is left alone.
    if (!pad || !readers || graph.writers(pad.reads[0]!.memory).length > 1) continue;
    gone.add(at);
    const { padTop, padLeft, inHeight, inWidth } = pad.params;
    for (const reader of readers) {
      const conv = graph.as(reader, "conv2d_f32")!;
      changed.set(reader, {
        ...conv,
        params: {
          ...conv.params,
          inHeight,
          inWidth,
          padTop: conv.params.padTop + padTop,
          padLeft: conv.params.padLeft + padLeft,
        },
        reads: [pad.reads[0]!, ...conv.reads.slice(1)],
      });
    }
  }
  return commands.flatMap((command, at) => (gone.has(at) ? [] : [changed.get(at) ?? command]));
}
