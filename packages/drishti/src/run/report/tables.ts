/** @file Confusion and the measures of each class, as tables. */
import type { Evaluation } from "@drishti/core/train";
import { both, html } from "./text.ts";

/** Above this a matrix is too large to read, and its page too large to send: the commonest confusions are listed instead. */
const LARGEST_MATRIX = 32;
const LISTED = 30;

export function confusion({ confusionMatrix: matrix }: Evaluation, classes: readonly string[]): string {
  return classes.length <= LARGEST_MATRIX ? asMatrix(matrix, classes) : asList(matrix, classes);
}

function asMatrix(matrix: readonly (readonly number[])[], classes: readonly string[]): string {
  const head = classes.map((label) => `<th scope="col">${html(label)}</th>`).join("");
  const rows = matrix.map((row, truth) => {
    const total = row.reduce((a, b) => a + b, 0) || 1;
    const cells = row.map((count, predicted) => {
      const share = Math.round((100 * count) / total);
      const title = `${html(classes[truth]!)} → ${html(classes[predicted]!)}: ${count} (${share} %)`;
      return `<td class="${truth === predicted ? "hit" : "miss"}" style="--share:${share}%" title="${title}">${count || ""}</td>`;
    });
    return `<tr><th scope="row">${html(classes[truth]!)}</th>${cells.join("")}</tr>`;
  });
  const how = both(
    "Rows: what it is. Columns: what the model says.",
    "पंक्तियाँ: तस्वीर असल में क्या है। स्तंभ: मॉडल क्या कहता है।",
  );
  return `<p>${how}</p><div class="wide"><table class="confusion"><thead><tr><th></th>${head}</tr></thead>${rows.join("")}</table></div>`;
}

function asList(matrix: readonly (readonly number[])[], classes: readonly string[]): string {
  const pairs = matrix
    .flatMap((row, truth) => row.map((count, predicted) => ({ truth, predicted, count })))
    .filter(({ truth, predicted, count }) => truth !== predicted && count > 0)
    .sort((a, b) => b.count - a.count);
  const rows = pairs
    .slice(0, LISTED)
    .map(
      ({ truth, predicted, count }) =>
        `<tr><th scope="row">${html(classes[truth]!)}</th><td>${html(classes[predicted]!)}</td><td>${count}</td></tr>`,
    );
  const how = both(
    `What is taken for what most often: ${rows.length} of ${pairs.length} pairs.`,
    `किसे अक्सर क्या समझा जाता है: ${pairs.length} में से ${rows.length} जोड़े।`,
  );
  const head = `<th scope="row">${both("is", "असल")}</th><th>${both("model says", "मॉडल का उत्तर")}</th><th>${both("pictures", "तस्वीरें")}</th>`;
  return `<p>${how}</p><div class="wide"><table><thead><tr>${head}</tr></thead>${rows.join("")}</table></div>`;
}

/** The weakest classes first, when there are many. */
export function perClass({ perClass: scores }: Evaluation, classes: readonly string[]): string {
  const many = classes.length > LARGEST_MATRIX;
  const listed = many ? [...scores].sort((a, b) => a.f1 - b.f1) : scores;
  const rows = listed.map(
    ({ label, precision, recall, f1, support }) =>
      `<tr><th scope="row">${html(classes[label]!)}</th><td>${precision.toFixed(3)}</td><td>${recall.toFixed(3)}</td><td class="bars">${f1.toFixed(3)}<span class="f1" style="--share:${(100 * f1).toFixed(0)}%"></span></td><td>${support}</td></tr>`,
  );
  const head = `<th></th><th>precision</th><th>recall</th><th class="bars">F1</th><th>${both("pictures", "तस्वीरें")}</th>`;
  const table = `<div class="wide"><table><thead><tr>${head}</tr></thead>${rows.join("")}</table></div>`;
  const summary = both(`All ${classes.length} classes, the weakest first`, `सभी ${classes.length} class, कमज़ोर पहले`);
  return many ? `<details><summary>${summary}</summary>${table}</details>` : table;
}
