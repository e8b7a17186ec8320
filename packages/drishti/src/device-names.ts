/** What `--device` and DRISHTI_DEVICE take. */
export const deviceNames = ["auto", "native", "wasm", "webgpu", "reference"] as const;
export type DeviceName = (typeof deviceNames)[number];
