// The formula as it is written: six sums inside one another, and a question at every border.
export const idea = "the formula, in JavaScript";

export function convolve({ N, C, O, S }, x, w, b, y) {
  for (let n = 0; n < N; n++)
    for (let o = 0; o < O; o++)
      for (let row = 0; row < S; row++)
        for (let column = 0; column < S; column++) {
          let sum = b[o];
          for (let c = 0; c < C; c++)
            for (let i = 0; i < 3; i++)
              for (let j = 0; j < 3; j++) {
                const r = row + i - 1;
                const k = column + j - 1;
                if (r >= 0 && r < S && k >= 0 && k < S)
                  sum += x[((n * C + c) * S + r) * S + k] * w[((o * C + c) * 3 + i) * 3 + j];
              }
          y[((n * O + o) * S + row) * S + column] = sum;
        }
}
