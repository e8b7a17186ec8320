/** @file Listening at a backend's methods for the time of a recording. */
import type { Backend, BackendBuffer, BufferView } from "../backends/backend.ts";
import type { KernelName, Params } from "../kernels/contract.ts";

type Views = readonly (BufferView | null)[];

export interface Listener {
  /** Whether kernels are only written down now, not run. */
  isDry(): boolean;
  /** Before memory is written to, by a kernel or from the host. */
  willWrite(buffer: BackendBuffer): void;
  /** After a kernel has run. */
  ran(kernel: KernelName, params: Params<KernelName>, reads: Views, writes: Views): void;
  /** Before memory is given back; false keeps it. */
  mayFree(buffer: BackendBuffer): boolean;
  /** Values go from the host to the device, or back. */
  wrote(view: BufferView): void;
  read(view: BufferView): void;
}

/**
 * Puts methods of its own before the backend's; the function returned takes them away. They are the object's own
 * properties, so that it works however a method is reached; afterwards these hold the original methods (deleting them
 * would make every later call slower).
 */
export function shadow(backend: Backend, listener: Listener): () => void {
  const { run, free, write, read, readSync } = backend;
  const original: Partial<Backend> = { run, free, write, read };
  const own: Partial<Backend> = {
    run(kernel, params, reads, writes) {
      if (!listener.isDry()) {
        for (const view of writes) if (view) listener.willWrite(view.buffer);
        run.call(backend, kernel, params, reads, writes);
      }
      listener.ran(kernel, params as Params<KernelName>, reads, writes);
    },
    free(buffer) {
      if (listener.mayFree(buffer)) free.call(backend, buffer);
    },
    write(view, data) {
      listener.willWrite(view.buffer);
      listener.wrote(view);
      write.call(backend, view, data);
    },
    read(view, length) {
      listener.read(view);
      return read.call(backend, view, length);
    },
  };
  if (readSync) {
    original.readSync = readSync;
    own.readSync = (view, length) => {
      listener.read(view);
      return readSync.call(backend, view, length);
    };
  }
  Object.assign(backend, own);
  return () => void Object.assign(backend, original);
}
