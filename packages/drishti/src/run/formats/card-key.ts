/** The name of a card among the texts of an ONNX file. No Node here. */
export const CARD = "drishti.card";
