/** @file Which backends there are and which one new tensors use. Entry files register them; nothing here loads one. */

import type { Backend, BackendName } from "../backends/backend.ts";
import { BackendError } from "../errors/errors.ts";

/** A backend by name, or the backend itself. */
export type Device = BackendName | Backend;

const factories = new Map<BackendName, () => Backend>();
const live = new Map<BackendName, Backend>();
let current: Backend | undefined;
let choose: (() => Backend) | undefined;

/** Makes a backend known under its name; `create` runs at first use and may throw a BackendError with the reason. */
export function registerBackend(name: BackendName, create: () => Backend): void {
  factories.set(name, create);
  live.delete(name);
}

/** How the default is found when nobody called setDefaultDevice. */
export function registerDefault(pick: () => Backend): void {
  choose = pick;
}

/** The backend of that name; throws BackendError when it is unknown or cannot run here. */
export function getBackend(device: Device): Backend {
  if (typeof device !== "string") return device;
  const known = live.get(device);
  if (known) return known;
  const create = factories.get(device);
  if (!create)
    throw new BackendError(
      "device",
      "unknown-device",
      `there is no backend "${device}" here; there are: ${[...factories.keys()].join(", ") || "none"}.`,
    );
  const backend = create();
  live.set(device, backend);
  return backend;
}

/** Sets where new tensors live. Existing ones stay where they are; `module.to(device)` moves a model. */
export function setDefaultDevice(device: Device): Backend {
  current = getBackend(device);
  return current;
}

export function defaultDevice(): Backend {
  if (!current) {
    if (!choose)
      throw new BackendError(
        "device",
        "no-default",
        'no backend is set: call setDefaultDevice("reference") or register one.',
      );
    current = choose();
  }
  return current;
}
