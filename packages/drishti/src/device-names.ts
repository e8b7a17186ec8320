/** What `--device` and DRISHTI_DEVICE take. */
export const deviceNames = ["auto", "native", "wasm", "webgpu", "reference"] as const;
/** A name that `--device` and DRISHTI_DEVICE take; "auto" is the fastest that runs here. */
export type DeviceName = (typeof deviceNames)[number];
/** The most threads that a command starts: of kernels (as `mostThreads` of @drishti/native), or of readers. */
export const mostThreads = 256;
