import "../index.ts";

export * from "@drishti/core/capture";
