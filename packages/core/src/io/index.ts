export {
  readSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type SafetensorsInput,
  writeSafetensors,
} from "./safetensors.ts";
export type { SafetensorsData, SafetensorsDType } from "./safetensors-dtype.ts";
