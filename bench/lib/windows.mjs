// How speed is measured: warm up, then a few windows of many steps each; the median window, and the range.

/**
 * Runs `step` (which handles `images` pictures) for about `seconds`, in `windows` equal parts. The warm-up, at least 3 steps
 * and a second, is not counted. The same way as the PyTorch script it is compared with.
 */
export async function measure(step, images, { seconds, windows = 7 }) {
  const warmUp = Math.min(1, seconds / 4);
  const begin = performance.now();
  let steps = 0;
  while (steps < 3 || performance.now() - begin < warmUp * 1e3) {
    await step();
    steps++;
  }
  const perStep = (performance.now() - begin) / steps;
  const count = Math.max(1, Math.floor((seconds * 1e3) / windows / perStep));
  const speeds = [];
  const times = [];
  for (let w = 0; w < windows; w++) {
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const from = performance.now();
      await step();
      times.push(performance.now() - from);
    }
    speeds.push((images * count * 1e3) / (performance.now() - start));
  }
  return { imagesPerSecond: spread(speeds, 1), msPerStep: round(median(times), 3), windows, stepsPerWindow: count };
}

/** Median, least and most. */
export function spread(values, digits = 3) {
  return {
    median: round(median(values), digits),
    min: round(Math.min(...values), digits),
    max: round(Math.max(...values), digits),
  };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
