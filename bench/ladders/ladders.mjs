// The work of each ladder: the second convolution of CIFAR10CNN, 32 to 64 channels, 3×3, padding 1, at 16×16, 64 images.
const sizes = { N: 64, C: 32, O: 64, S: 16 };
const { N, C, O, S } = sizes;

/** Numbers around 0, the same every time. */
function numbers(count, scale, seed) {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * scale;
  });
}

/** ReLU and 2×2 max-pool of NCHW. */
function pool(y) {
  const half = S / 2;
  return Float32Array.from({ length: N * O * half * half }, (_, i) => {
    const [plane, row, column] = [Math.floor(i / half / half), Math.floor(i / half) % half, i % half];
    const at = (plane * S + 2 * row) * S + 2 * column;
    return Math.max(0, y[at], y[at + 1], y[at + S], y[at + S + 1]);
  });
}

const flop = 2 * N * O * S * S * C * 9;

export const ladders = {
  forward: {
    title: "Forward, 32 to 64 channels, 3×3 at 16×16, 64 images, one thread but for the last steps",
    sizes,
    flop,
    inputs: ["x", "w", "b"],
    make: () => [numbers(N * C * S * S, 1, 1), numbers(O * C * 9, 0.06, 2), numbers(O, 0.06, 3)],
    outputs: N * O * S * S,
    pool,
    /** Its own steps in a row: milliseconds of one, and what it gave. */
    drishti({ tensor, conv2d, maxPool2d, noGrad }, capture, _sizes, [x, w, b]) {
      const [input, weight, bias] = [
        tensor(x, { shape: [N, C, S, S] }),
        tensor(w, { shape: [O, C, 3, 3] }),
        tensor(b, { shape: [O] }),
      ];
      const forward = capture((image) =>
        noGrad(() => maxPool2d(conv2d(image, weight, bias, { padding: 1 }).relu(), 2)),
      );
      let result = forward(input);
      const run = () => {
        const start = performance.now();
        result = forward(input);
        return performance.now() - start;
      };
      return { run, output: async () => Float32Array.from(await result.readValues()) };
    },
  },
  "weight-gradient": {
    title:
      "Weight gradient, 32 to 64 channels, 3×3 at 16×16, 64 images, one thread but for the last step; behind a 2×2 pool, so three of four gradients are zeros",
    sizes,
    flop,
    inputs: ["x", "g"],
    // What comes back through a pool and a ReLU: one of four pixels, and one window in five dead.
    make() {
      const g = numbers(N * O * S * S, 1, 5);
      const winners = numbers((N * O * S * S) / 4, 2.5, 6);
      for (let i = 0; i < g.length; i++) {
        const [plane, row, column] = [Math.floor(i / S / S), Math.floor(i / S) % S, i % S];
        const window = (plane * (S / 2) + (row >> 1)) * (S / 2) + (column >> 1);
        if (Math.floor(winners[window] + 2.5) !== 2 * (row & 1) + (column & 1)) g[i] = 0;
      }
      return [numbers(N * C * S * S, 1, 4), g];
    },
    outputs: O * C * 9,
    /** The plain operation: its gradient comes as a tensor, so it cannot know of the zeros. */
    drishti({ tensor, conv2d, zeros }, capture, _sizes, [x, g]) {
      const input = tensor(x, { shape: [N, C, S, S] });
      const gradient = tensor(g, { shape: [N, O, S, S] });
      const weight = zeros([O, C, 3, 3], { requiresGrad: true });
      const backward = capture((image, back) => {
        weight.grad = null;
        conv2d(image, weight, null, { padding: 1 }).backward({ gradient: back });
      });
      const run = () => {
        backward(input, gradient);
        const calls = backward.replays > 0 ? backward.profile(input, gradient) : [];
        return calls.find(({ kernel }) => /backward/.test(kernel))?.milliseconds ?? Number.NaN;
      };
      return { run, output: async () => Float32Array.from(await weight.grad.readValues()) };
    },
  },
};
