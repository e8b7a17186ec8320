/** @file Which backends there are and which one new tensors use. Entry files register them; nothing here loads one. */

import type { Backend, BackendName } from "../backends/backend.ts";
import { BackendError, say } from "../errors/errors.ts";

/** A backend by name, or the backend itself. */
export type Device = BackendName | Backend;

const factories = new Map<BackendName, () => Backend>();
const live = new Map<BackendName, Backend>();
let current: Backend | undefined;
let choose: (() => Backend) | undefined;

/**
 * Makes a backend known under its name; `create` runs at first use and may throw a BackendError with the reason. Entry
 * files do this: `drishti` for Node's backends, a page in a browser for those that it wants.
 *
 * @example
 * registerBackend("reference", createReference);
 * getBackend("reference").name; // "reference"
 */
export function registerBackend(name: BackendName, create: () => Backend): void {
  factories.set(name, create);
  live.delete(name);
}

/**
 * Says how the default device is found when nobody called setDefaultDevice(): `pick` is called once, at first need.
 *
 * @example
 * registerDefault(() => getBackend("reference"));
 */
export function registerDefault(pick: () => Backend): void {
  choose = pick;
}

/**
 * The backend of that name, made at the first call; a backend is given back as it is.
 *
 * Throws   BackendError "unknown-device" for a name that nobody registered; what a backend throws that cannot run here.
 *
 * @example
 * getBackend("reference").detail; // "plain loops in float64"
 */
export function getBackend(device: Device): Backend {
  if (typeof device !== "string") return device;
  const known = live.get(device);
  if (known) return known;
  const create = factories.get(device);
  if (!create)
    throw new BackendError(
      "device",
      "unknown-device",
      say`there is no backend "${{ device }}" here; there are: ${[...factories.keys()].join(", ") || "none"}.`,
    );
  const backend = create();
  live.set(device, backend);
  return backend;
}

/**
 * Sets where new tensors live. Existing ones stay where they are; `module.to(device)` moves a model.
 *
 * Throws   as getBackend().
 * Source   torch.set_default_device.
 *
 * @example
 * const before = defaultDevice();
 * setDefaultDevice("reference");
 * zeros([2]).device; // "reference"
 * setDefaultDevice(before);
 */
export function setDefaultDevice(device: Device): Backend {
  current = getBackend(device);
  return current;
}

/**
 * Where tensors made without a `device` live: what setDefaultDevice() set, else what the entry file chose.
 *
 * Throws   BackendError "no-default" when there is neither.
 * Source   torch.get_default_device.
 *
 * @example
 * zeros([2]).backend === defaultDevice(); // true
 */
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
