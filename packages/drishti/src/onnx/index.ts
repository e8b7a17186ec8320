import "../index.ts";

export * from "./browser.ts";
