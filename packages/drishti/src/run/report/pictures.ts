/** @file Pictures in the report: the surest mistakes, and where the model looked. */
import { type Picture, type PictureSet, resize } from "@drishti/core/data";
import { DrishtiError } from "@drishti/core/errors";
import { encode } from "fast-png";
import { type Explanation, explain } from "../explain.ts";
import { pngOf } from "../heat-map.ts";
import type { Answer, Judgement } from "../judge.ts";
import type { TrainedModel } from "../model-source.ts";
import { both, html } from "./text.ts";

/** Edge of a picture in the page, in pixels. */
const EDGE = 112;
/** Explained mistakes, and as many right answers. */
const EXPLAINED = 6;

export async function mistakes(
  { mistakes: list }: Judgement,
  set: PictureSet,
  classes: readonly string[],
): Promise<string> {
  const figures = await Promise.all(
    list.map(async (answer) => {
      const picture = await pictureOf(set, answer.index);
      return picture ? `<figure>${image(pngUrl(picture), picture.width)}${caption(answer, classes)}</figure>` : "";
    }),
  );
  return `<div class="pictures">${figures.join("")}</div>`;
}

/** Grad-CAM of the surest mistakes and of sure right answers; a sentence instead for a network that has no maps. */
export async function looks(
  trained: Pick<TrainedModel, "model" | "card">,
  { mistakes: wrong, hits }: Judgement,
  set: PictureSet,
): Promise<string> {
  const shown: { answer: Answer; picture: Picture }[] = [];
  for (const answer of [...wrong.slice(0, EXPLAINED), ...hits.slice(0, EXPLAINED)]) {
    const picture = await pictureOf(set, answer.index);
    if (picture) shown.push({ answer, picture });
  }
  let explained: Explanation[];
  try {
    const classesShown = shown.map(({ answer }) => answer.predicted);
    explained = await explain(
      trained,
      shown.map(({ picture }) => picture),
      { classes: classesShown, least: EDGE },
    );
  } catch (error) {
    if (!(error instanceof DrishtiError) || error.code !== "no-map") throw error;
    return `<p>${both("This network has no layer with places, so there is nothing to show.", "इस network में जगहों वाली कोई layer नहीं है, इसलिए दिखाने को कुछ नहीं।")}</p>`;
  }
  const figures = explained.map(({ plain, heat }, n) => {
    const [left, right] = [plain, heat].map((pixels) => image(urlOf(pngOf(pixels)), EDGE));
    return `<figure><div class="pair">${left}${right}</div>${caption(shown[n]!.answer, trained.card.classes)}</figure>`;
  });
  const layer = html(explained[0]?.layer ?? "");
  return `<p>${both(
    `Grad-CAM of layer <code>${layer}</code>: the lighter a place, the more it speaks for the model’s answer. Heat beside the thing itself means that the model learned something else.`,
    `Layer <code>${layer}</code> का Grad-CAM: जगह जितनी उजली, मॉडल के उत्तर के पक्ष में उतनी ज़्यादा। उजाला असली चीज़ पर न हो तो मॉडल ने कुछ और सीखा है।`,
  )}</p><div class="pictures pairs">${figures.join("")}</div>`;
}

function caption({ truth, predicted, probability }: Answer, classes: readonly string[]): string {
  const [is, said] = [html(classes[truth]!), html(classes[predicted]!)];
  const sure = `${Math.round(100 * probability)} %`;
  const text =
    truth === predicted
      ? `<b class="right">${is}</b> ${sure}`
      : both(
          `<b>${is}</b>, taken for <b class="wrong">${said}</b>, ${sure}`,
          `<b>${is}</b>, समझा <b class="wrong">${said}</b>, ${sure}`,
        );
  return `<figcaption>${text}</figcaption>`;
}

/** Undefined for a file that cannot be read any more: the report is written all the same. */
async function pictureOf(set: PictureSet, index: number): Promise<Picture | undefined> {
  try {
    return await set.get(index);
  } catch (error) {
    if (error instanceof DrishtiError) return undefined;
    throw error;
  }
}

function image(url: string, edge: number): string {
  return `<img alt="" loading="lazy" src="${url}"${edge < 64 ? ' class="tiny"' : ""}>`;
}

/** The picture as a PNG inside the page, a large one made smaller. */
function pngUrl(whole: Picture): string {
  const {
    data: planes,
    channels,
    height,
    width,
  } = Math.min(whole.height, whole.width) > EDGE ? resize(EDGE).apply(whole) : whole;
  const plane = height * width;
  const shown = channels === 3 ? 3 : 1; // of other counts the first
  const data = new Uint8Array(plane * shown);
  for (let c = 0; c < shown; c++) for (let i = 0; i < plane; i++) data[i * shown + c] = planes[c * plane + i]!;
  return urlOf(encode({ width, height, data, channels: shown, depth: 8 }));
}

function urlOf(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}
