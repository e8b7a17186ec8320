export { type CallTime, type Captured, type CaptureOptions, capture } from "./capture.ts";
