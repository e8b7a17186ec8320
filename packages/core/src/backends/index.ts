export type { Backend, BackendBuffer, BackendName, BufferView } from "./backend.ts";
export { KernelRefusal } from "./backend.ts";
