/** @file What `npm start` says, in English and in Hindi. Programmers' words stay English in both. */

export type Language = "en" | "hi";

const en = {
  greeting: "Training a convolutional network on real handwritten digits.",
  accuracy: "accuracy",
  precision: "precision (macro)",
  recall: "recall (macro)",
  f1: "F1 (macro)",
  heldOut: (count: number) => `of ${count} digits it never learned from`,
  confusion: "What it took each digit for (rows: what it is; columns: what it said):",
  labelled: "Three held-out digits, and what it sees in them:",
  says: (label: string, percent: string) => `${label}  (${percent})`,
  wrong: (truth: string) => `it is ${truth}`,
  run: (path: string) =>
    `The run is in ${path}: report.html shows its curves, checkpoints/best.safetensors is the model.`,
  next: "What to try next:",
  steps: (run: string): [command: string, does: string][] => [
    [`npx drishti evaluate ${run}`, "every measure, class by class"],
    [`npx drishti predict ${run} my-digit.png`, "label a picture of your own (white on black)"],
    ["npx drishti summary simplecnn", "the network, layer by layer"],
    ["npx drishti train --help", "other data, other networks"],
  ],
};

export type Texts = typeof en;

const hi: Texts = {
  greeting: "हाथ से लिखे असली अंकों पर एक convolutional network train हो रहा है।",
  accuracy: "accuracy (सही उत्तर)",
  precision: "precision (macro)",
  recall: "recall (macro)",
  f1: "F1 (macro)",
  heldOut: (count) => `${count} ऐसे अंकों पर जो training में नहीं थे`,
  confusion: "हर अंक को क्या समझा (पंक्ति: असली अंक; स्तंभ: network का उत्तर):",
  labelled: "तीन नए अंक, और network को उनमें क्या दिखता है:",
  says: (label, percent) => `${label}  (${percent})`,
  wrong: (truth) => `असल में ${truth}`,
  run: (path) => `यह run ${path} में है: report.html में curves हैं, checkpoints/best.safetensors model है।`,
  next: "आगे क्या करें:",
  steps: (run) => [
    [`npx drishti evaluate ${run}`, "हर class के सारे माप"],
    [`npx drishti predict ${run} my-digit.png`, "अपनी तस्वीर का label (काले पर सफ़ेद अंक)"],
    ["npx drishti summary simplecnn", "network की हर layer"],
    ["npx drishti train --help", "दूसरा data, दूसरे networks"],
  ],
};

/** The texts to print: English, and after it Hindi where it is wanted. */
export function textsFor(language: Language): readonly Texts[] {
  return language === "hi" ? [en, hi] : [en];
}

/** --lang, or what the environment says. */
export function languageOf(given: string | undefined, env: Readonly<Record<string, string | undefined>>): Language {
  const value = given ?? env.LC_ALL ?? env.LC_MESSAGES ?? env.LANG ?? "";
  return value.startsWith("hi") ? "hi" : "en";
}
