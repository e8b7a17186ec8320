/** @file What `drishti bench` says of a machine, in English and in Hindi. Programmers' words stay English in both. */
import type { Language } from "./texts.ts";

const en = {
  title: (model: string, batch: number) =>
    `How fast this machine is: ${model}, the network of npm start, on 28×28 digits, ${batch} at a time.`,
  head: ["device", "threads", "", "training, images/s", "inference, images/s", "npm start"],
  about: (seconds: string) => `about ${seconds}`,
  missing: (device: string, reason: string) => `${device} does not run here: ${reason}`,
  best: (device: string, threads: number, times: string | undefined, other: string) =>
    `Take ${device} with ${threads} thread${threads === 1 ? "" : "s"}: the fastest in training${times ? `, ${times} times ${other}` : ""}.`,
  taken: "--device auto, the default, takes it from now on.",
  tooShort: "So short a measurement is not kept: --device auto does not go by it.",
  notKept: "No cache folder can be written to, so --device auto does not know of this.",
  threads: (count: number) =>
    `More threads are slower here than ${count}: --threads ${count}, or DRISHTI_THREADS=${count}.`,
};

export type BenchTexts = typeof en;

const hi: BenchTexts = {
  title: (model, batch) => `यह मशीन कितनी तेज़ है: npm start का network ${model}, 28×28 के अंक, एक बार में ${batch}।`,
  head: ["device", "threads", "", "training, images/s", "inference, images/s", "npm start"],
  about: (seconds) => `लगभग ${seconds}`,
  missing: (device, reason) => `${device} यहाँ नहीं चलता: ${reason}`,
  best: (device, threads, times, other) =>
    `${device} लें, ${threads} thread${threads === 1 ? "" : "s"} के साथ: training में सबसे तेज़${times ? `, ${other} का ${times} गुना` : ""}।`,
  taken: "--device auto (default) अब से इसी को लेगा।",
  tooShort: "इतना छोटा माप रखा नहीं जाता: --device auto इससे नहीं चुनेगा।",
  notKept: "किसी cache folder में लिखा नहीं जा सकता, इसलिए --device auto को इसका पता नहीं चलेगा।",
  threads: (count) => `यहाँ ${count} से ज़्यादा threads धीमे हैं: --threads ${count}, या DRISHTI_THREADS=${count}।`,
};

/** English, and after it Hindi where it is wanted. */
export function benchTextsFor(language: Language): readonly BenchTexts[] {
  return language === "hi" ? [en, hi] : [en];
}
