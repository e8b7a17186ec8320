/** The part to train with, and the part to judge by (the test set, where the data come with one). */
export type Split = "train" | "val";
