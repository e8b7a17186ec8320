import { expect, test } from "vitest";
import {
  createReference,
  empty,
  manualSeed,
  matmul,
  nn,
  registerBackend,
  setDefaultDevice,
  type Tensor,
} from "../index.ts";

registerBackend("reference", createReference);
setDefaultDevice("reference");

/** Largest distance of a matrix from the identity. */
async function fromIdentity(t: Tensor): Promise<number> {
  const values = (await t.tolist()) as number[][];
  return Math.max(...values.flatMap((row, i) => row.map((v, j) => Math.abs(v - (i === j ? 1 : 0)))));
}

test.each([
  [7, 4],
  [4, 7],
  [5, 5],
  [1, 6],
])("orthogonal_ of %i × %i", async (rows, columns) => {
  const q = nn.init.orthogonal_(empty([rows, columns]));
  const product = rows <= columns ? matmul(q, q.t()) : matmul(q.t(), q);
  expect(await fromIdentity(product)).toBeLessThan(1e-6);
});

test("dirac_ passes channels through a convolution unchanged", async () => {
  const conv = new nn.Conv2d(3, 3, 3, { padding: 1, bias: false });
  nn.init.dirac_(conv.weight);
  const x = nn.init.normal_(empty([1, 3, 4, 5]));
  expect(await conv.forward(x).tolist()).toEqual(await x.tolist());
});

test("eye_ of a wide matrix", async () => {
  expect(await nn.init.eye_(empty([2, 3])).tolist()).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
});

// torch 1.13.1 after torch.manual_seed(0): nn.init.sparse_(torch.empty(5, 3), 0.5)
test("sparse_ has torch's bits", async () => {
  manualSeed(0);
  const t = nn.init.sparse_(empty([5, 3]), 0.5);
  expect([...(await t.toArray())]).toEqual(
    [
      0, -0.00293428916, 0, 0, 0, -0.0139859542, 0.00403346866, 0, -0.00719257584, 0, -0.0059663537, 0, -0.00856674556,
      0, 0,
    ].map(Math.fround),
  );
});

// torch 1.13.1 after torch.manual_seed(0): nn.init.trunc_normal_(torch.empty(2, 3), std=.5, a=-.3, b=.4)
test("truncNormal_ within 4e-7·std of torch's, and within its bounds", async () => {
  manualSeed(0);
  const t = await nn.init.truncNormal_(empty([2, 3]), 0, 0.5, -0.3, 0.4).toArray();
  const want = [0.0367239341, 0.218626052, -0.234239683, -0.203365937, -0.0853433311, 0.12680392];
  for (const [i, value] of want.entries()) expect(Math.abs(t[i]! - value)).toBeLessThan(2e-7);
  const many = await nn.init.truncNormal_(empty([10_000])).toArray();
  expect(Math.max(...many)).toBeLessThanOrEqual(2);
  expect(Math.min(...many)).toBeGreaterThanOrEqual(-2);
});

// torch 1.13.1's uniform numbers after manual_seed(0), through scipy 1.10's special.ndtri; torch's own float32 arithmetic
// gives 3.8597853 for the last.
test("truncNormal_ is exact far out, too", async () => {
  manualSeed(0);
  const t = await nn.init.truncNormal_(empty([10_000]), 0, 1, -6, 6).toArray();
  const want = {
    7752: -0.0003525998,
    9326: -1.4478745,
    1733: 1.4623789,
    7909: -3.6760545,
    872: -3.7759752,
    9058: 3.8597841,
  };
  for (const [i, value] of Object.entries(want)) expect(Math.abs(t[Number(i)]! / value - 1)).toBeLessThan(2e-7);
});
