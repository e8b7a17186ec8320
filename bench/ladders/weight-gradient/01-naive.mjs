// The formula as it is written: a weight's gradient is the sum, over all pixels, of what came in times what came back.
export const idea = "the formula, in JavaScript";

export function gradient({ N, C, O, S }, x, g, dw) {
  for (let o = 0; o < O; o++)
    for (let c = 0; c < C; c++)
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) {
          let sum = 0;
          for (let n = 0; n < N; n++)
            for (let row = 0; row < S; row++)
              for (let column = 0; column < S; column++) {
                const r = row + i - 1;
                const k = column + j - 1;
                if (r >= 0 && r < S && k >= 0 && k < S)
                  sum += g[((n * O + o) * S + row) * S + column] * x[((n * C + c) * S + r) * S + k];
              }
          dw[((o * C + c) * 3 + i) * 3 + j] = sum;
        }
}
