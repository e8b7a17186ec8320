import { beforeAll, describe, expect, test } from "vitest";
import { type Backend, createReference, noGrad, randn, setDefaultDevice, type Tensor } from "../index.ts";
import { BasicBlock, Bottleneck, Fire, InvertedResidual } from "../models/index.ts";
import { Conv2d, Identity, type Layer, Module, ReLU, Sequential, sequential } from "./index.ts";

/** More than any parameter and statistics have here, less than what lies between layers. */
const SMALL = 1000;
let live = 0;
const backend: Backend = createReference();
beforeAll(() => {
  setDefaultDevice(backend);
  const { alloc, free } = backend;
  Object.assign(backend, {
    alloc: (...given: Parameters<typeof alloc>) => {
      if (given[1] > SMALL) live++;
      return alloc.apply(backend, given);
    },
    free: (...given: Parameters<typeof free>) => {
      if (given[0].length > SMALL) live--;
      free.apply(backend, given);
    },
  });
});

/** How many large buffers are more than before, with what `body` returns still held. */
function left(body: () => unknown): number {
  const before = live;
  const held = body();
  expect(held).toBeDefined();
  return live - before;
}
const picture = () => randn([16, 4, 6, 6]);
const conv = (to = 4) => new Conv2d(4, to, 3, { padding: 1 });

describe("of what a module makes on the way, only its result is left", () => {
  const modules: Record<string, () => Layer> = {
    "a residual block": () => new BasicBlock(4, 4),
    "one with another shape": () => new BasicBlock(4, 8, 2),
    "a bottleneck": () => new Bottleneck(4, 8),
    "an inverted residual": () => new InvertedResidual(4, 4, 1, 2),
    Fire: () => new Fire(4, 2, 3),
    "Fire between others": () => new Sequential(conv(), new Fire(4, 2, 3), new Conv2d(6, 4, 3)),
    "a Sequential of Sequentials and blocks": () =>
      new Sequential(new Sequential(conv(), new ReLU(), conv()), new BasicBlock(4, 4), new Sequential(new Identity())),
    "a sequential of known shape in another": () =>
      new Sequential(sequential([4, 6, 6], [conv(), new ReLU(), conv()]) as unknown as Layer, conv()),
  };
  test.each(Object.entries(modules))("%s", (name, make) => {
    const net = make();
    const x = picture();
    expect(left(() => noGrad(() => net.forward(x)))).toBe(1);
    expect(left(() => noGrad(() => net.eval().forward(x)))).toBe(1);
    net.train();
    const step = () => {
      const y = net.forward(x);
      y.sum().backward();
      return y;
    };
    // The gradient of ReLU6 is made of operations, whose temporaries wait for the collector.
    if (name !== "an inverted residual") expect(left(step)).toBe(1);
  });
});

describe("what somebody else may hold stays as it is", () => {
  const kept: Tensor[] = [];
  const keep = (t: Tensor) => {
    kept.push(t);
    return t;
  };
  class Keeper extends Module {
    forward(input: Tensor): Tensor {
      return keep(keep(input).mul(2));
    }
  }
  class Watched extends Sequential {
    override forward(input: Tensor): Tensor {
      return keep((super.forward as (input: Tensor) => Tensor)(keep(input)));
    }
  }
  const hooked = <M extends Module>(layer: M): M => {
    layer.registerForwardHook((_module, [input], output) => void [keep(input as Tensor), keep(output as Tensor)]);
    return layer;
  };
  const blockWith = (changes: object) => Object.assign(new BasicBlock(4, 4), changes);
  const cases: Record<string, () => Layer> = {
    "a hook on a layer of a block": () => {
      const block = new BasicBlock(4, 4);
      hooked(block.bn1);
      hooked(block.bn2);
      return new Sequential(conv(), block, conv());
    },
    "a hook on a block": () => new Sequential(conv(), hooked(new BasicBlock(4, 4)), conv()),
    "a hook deep in a Sequential": () => new Sequential(conv(), new Sequential(new Sequential(hooked(conv()))), conv()),
    "a layer of one's own in a block": () => new Sequential(conv(), blockWith({ bn1: new Keeper() }), conv()),
    "one behind which nothing happens": () =>
      new Sequential(conv(), blockWith({ conv2: new Keeper(), bn2: new Identity(), relu: new Identity() }), conv()),
    "a Sequential with a forward of its own": () => new Sequential(conv(), new Watched(conv(), new ReLU()), conv()),
    "another forward": () => {
      const layer = conv();
      const { forward } = layer;
      Object.assign(layer, { forward: (input: Tensor) => keep(forward(keep(input))) });
      return new Sequential(new Sequential(conv(), layer), conv());
    },
  };
  test.each(Object.entries(cases))("%s", async (_name, make) => {
    kept.length = 0;
    const net = make();
    const x = picture();
    noGrad(() => net.forward(x));
    const seen = kept.splice(0);
    expect(seen.length).toBeGreaterThan(0);
    for (const t of seen) expect((await t.toArray()).length).toBe(t.numel); // freed memory cannot be read
  });

  test("the input, where no layer makes anything of it", async () => {
    const nothing = { conv1: new Identity(), bn1: new Identity(), conv2: new Identity(), bn2: new Identity() };
    const block = blockWith({ ...nothing, relu: new Identity() });
    const x = picture();
    const values = await x.toArray();
    const y = noGrad(() => new Sequential(block, new Sequential(new Identity())).forward(x));
    expect(await x.toArray()).toEqual(values);
    expect(await y.toArray()).toEqual(values.map((value) => 2 * value));
  });
});
