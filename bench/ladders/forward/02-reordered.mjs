// The sums turned inside out: one weight at a time is added to a whole row. The innermost loop walks through memory in order,
// and the borders are settled before it begins.
export const idea = "loops reordered: the innermost walks along a row";

export function convolve({ N, C, O, S }, x, w, b, y) {
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++) {
      const plane = (n * O + o) * S * S;
      y.fill(b[o], plane, plane + S * S);
      for (let c = 0; c < C; c++)
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) {
            const weight = w[((o * C + c) * 3 + i) * 3 + j];
            const first = Math.max(0, 1 - j);
            const end = Math.min(S, S + 1 - j);
            for (let row = Math.max(0, 1 - i); row < Math.min(S, S + 1 - i); row++) {
              const to = plane + row * S;
              const from = ((n * C + c) * S + row + i - 1) * S + j - 1;
              for (let k = first; k < end; k++) y[to + k] += weight * x[from + k];
            }
          }
    }
}
