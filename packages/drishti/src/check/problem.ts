/** @file What `data check` finds. */

/** Codes in the order of a report, each with what it means, in English and Hindi. */
export const problemTexts = {
  corrupt: ["cannot be decoded", "खुल नहीं पाती"],
  truncated: ["cut off: its end is missing", "अधूरी: अंत का हिस्सा नहीं है"],
  empty: ["empty files", "ख़ाली files"],
  "not-a-picture": ["no pictures", "तस्वीर नहीं"],
  "too-large": ["too large to decode", "इतनी बड़ी कि खोली नहीं जाती"],
  unreadable: ["may not be read", "पढ़ने की अनुमति नहीं"],
  missing: ["not there", "file मौजूद नहीं"],
  special: ["no ordinary files", "साधारण file नहीं"],
  "symlink-loop": ["links that lead in a circle", "गोल घूमते links"],
  doubtful: ["decoded with a warning", "चेतावनी के साथ खुली"],
  "duplicate-across": ["the same picture in train and validation", "train और validation में एक ही तस्वीर"],
  "near-duplicate-across": [
    "nearly the same picture in train and validation",
    "train और validation में लगभग एक ही तस्वीर",
  ],
  "label-conflict": ["the same picture in two classes", "एक ही तस्वीर दो classes में"],
  duplicate: ["the same picture twice", "एक ही तस्वीर दो बार"],
  "near-duplicate": ["nearly the same picture twice", "लगभग एक ही तस्वीर दो बार"],
  extension: ["wrong extension", "नाम का extension ग़लत"],
  "exif-rotated": ["turned by EXIF", "EXIF से घुमाई हुई"],
  grey: ["grey among colour", "रंगीन तस्वीरों में grey"],
  colour: ["colour among grey", "grey तस्वीरों में रंगीन"],
  size: ["of an unusual size", "असामान्य आकार"],
  "empty-class": ["classes without pictures", "बिना तस्वीर की classes"],
  "unknown-class": ["classes that training lacks", "ऐसी class जो training में नहीं"],
  imbalance: ["classes with few pictures", "कम तस्वीरों वाली classes"],
  "outside-class": ["pictures in no class folder", "किसी class के folder में नहीं"],
  hidden: ["hidden files", "छिपी files"],
} as const;

export type ProblemCode = keyof typeof problemTexts;

export interface Problem {
  readonly code: ProblemCode;
  readonly file: string;
  readonly message: string;
  /** The other picture of two that are the same. */
  readonly other?: string;
}

/** Codes that mean that a picture cannot be learnt from. */
export const fatalCodes: ReadonlySet<string> = new Set<ProblemCode>([
  "corrupt",
  "truncated",
  "empty",
  "not-a-picture",
  "too-large",
  "unreadable",
  "missing",
  "special",
]);
