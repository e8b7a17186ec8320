export { narrowBF16, narrowF16, widenBF16, widenF16 } from "./half.ts";
export {
  readSafetensors,
  type Safetensors,
  type SafetensorsEntry,
  type SafetensorsInput,
  writeSafetensors,
} from "./safetensors.ts";
export type { SafetensorsData, SafetensorsDType } from "./safetensors-dtype.ts";
