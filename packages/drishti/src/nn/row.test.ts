/** @file What the library's networks make between their layers goes back at once, in eager mode as in a Sequential. */
import { loadNative } from "@drishti/native";
import { expect, test } from "vitest";
import { noGrad, randn, setDefaultDevice, type Tensor } from "../index.ts";
import { createModel } from "../models/index.ts";

const opened = loadNative({ threads: 1 });
const missing = "backend" in opened ? undefined : opened.reason;

test
  .skipIf(missing)
  .each(["mobilenet_v1_0.25", "mobilenet_v2", "resnet20", "resnet18", "squeezenet1_1", "efficientnet_b0"])(
  `%s, eval and training${missing ? ` (skipped: ${missing})` : ""}`,
  (name) => {
    if (!("backend" in opened)) return;
    const { backend } = opened;
    setDefaultDevice(backend);
    const net = createModel(name, { inChannels: 3, numClasses: 4, height: 32, width: 32 });
    const x = randn([2, 3, 32, 32]);
    const live = new Set<object>();
    const { alloc, free } = backend;
    // What is left of pictures of one pixel is not looked at.
    backend.alloc = (type, length) => {
      const buffer = alloc.call(backend, type, length);
      if (length > 3000) live.add(buffer);
      return buffer;
    };
    backend.free = (buffer) => {
      live.delete(buffer);
      free.call(backend, buffer);
    };
    try {
      for (const mode of [false, true]) {
        const made = noGrad(() => (net.train(mode).forward as (x: Tensor) => Tensor)(x));
        expect(made.shape).toEqual([2, 4]);
        expect(live.size).toBe(0);
      }
    } finally {
      Object.assign(backend, { alloc, free });
    }
  },
);
