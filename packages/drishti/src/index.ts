/**
 * @file Drishti for Node: everything of @drishti/core, with the backends of Node made known, so that the first tensor
 * finds one by itself.
 */
import { registerDevices } from "./devices.ts";

export * from "@drishti/core";
export { type DeviceName, deviceNames } from "./device-names.ts";
export { type DeviceOptions, type DeviceReport, registerDevices, reportDevices } from "./devices.ts";

registerDevices();
