/** @file The reliability diagram: how often answers of a given confidence are right. */
import type { Calibration } from "@drishti/core/train";
import { both, bothInSvg, percent } from "./text.ts";

const [LEFT, TOP, SIDE, COUNTS] = [56, 12, 300, 56];
const WIDTH = LEFT + SIDE + 24;
const HEIGHT = TOP + SIDE + 30 + COUNTS + 22;

export function reliability({ bins, ece, mce }: Calibration, count: number): string {
  const x = (share: number) => (LEFT + share * SIDE).toFixed(1);
  const y = (share: number) => (TOP + (1 - share) * SIDE).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<line class="grid" x1="${LEFT}" x2="${LEFT + SIDE}" y1="${y(share)}" y2="${y(share)}"/><text x="${LEFT - 8}" y="${Number(y(share)) + 4}" text-anchor="end">${percent(share, 0)}</text><text x="${x(share)}" y="${TOP + SIDE + 16}" text-anchor="middle">${percent(share, 0)}</text>`,
  );
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const foot = TOP + SIDE + 30 + COUNTS;
  const bars = bins
    .filter((bin) => bin.count > 0)
    .map(({ from, to, count: n, accuracy, confidence }) => {
      const at = `x="${(LEFT + from * SIDE + 1).toFixed(1)}" width="${((to - from) * SIDE - 2).toFixed(1)}"`;
      const [low, high] = [Math.min(accuracy, confidence), Math.max(accuracy, confidence)];
      const tall = (COUNTS * n) / most;
      const title = `<title>${percent(from, 0)} – ${percent(to, 0)}: ${n}; ${percent(accuracy)} / ${percent(confidence)}</title>`;
      return `<g>${title}<rect class="bar" ${at} y="${y(accuracy)}" height="${(accuracy * SIDE).toFixed(1)}"/><rect class="gap" ${at} y="${y(high)}" height="${((high - low) * SIDE).toFixed(1)}"/><rect class="count" ${at} y="${(foot - tall).toFixed(1)}" height="${tall.toFixed(1)}"/></g>`;
    });
  const legend = `<span class="key b">${both("share that was right", "जितने सही निकले")}</span> <span class="key a">${both("distance to the confidence", "भरोसे से दूरी")}</span>`;
  return `<p>${both(
    `Is the model as sure as it is often right? On the dashed line it would be. Over all ${count} pictures the probability is off by <b>${percent(ece)}</b> on average (ECE), at worst by ${percent(mce)} (MCE).`,
    `मॉडल जितना पक्का है, क्या उतनी ही बार सही भी होता है? टूटी रेखा पर ऐसा ही होता। सभी ${count} तस्वीरों पर probability औसतन <b>${percent(ece)}</b> ग़लत है (ECE), सबसे बुरी जगह ${percent(mce)} (MCE)।`,
  )}</p><figure style="max-width:26rem"><figcaption>${legend}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="Reliability diagram">${grid.join("")}${bars.join("")}<line class="even" x1="${LEFT}" y1="${TOP + SIDE}" x2="${LEFT + SIDE}" y2="${TOP}"/><text x="${LEFT - 8}" y="${foot}" text-anchor="end">${bothInSvg("pictures", "तस्वीरें")}</text><text x="${LEFT + SIDE / 2}" y="${HEIGHT - 4}" text-anchor="middle">${bothInSvg("probability of the answer", "उत्तर की probability")}</text></svg></figure>`;
}
