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
};
