// The engine as a user has it: `import "drishti"` with a device and a number of threads from the environment.

/** How a bench ends when its device is not to be had here: neither done nor failed. */
export const SKIPPED = 3;

/** Opens it once per process; ends the process with SKIPPED when another device than the one asked for would answer. */
export async function openEngine({ device, threads }) {
  if (device) process.env.DRISHTI_DEVICE = device;
  if (threads) process.env.DRISHTI_THREADS = String(threads);
  const drishti = await import("drishti");
  let backend;
  try {
    backend = drishti.defaultDevice();
  } catch (error) {
    skip(error.message);
  }
  if (device && device !== "auto" && backend.name !== device) skip(`asked for ${device}, got ${backend.name}`);
  const { DRISHTI_ISA: isa } = process.env;
  if (device === "native" && isa && backend.isa !== isa) skip(`asked for ${isa}, got ${backend.isa}`);
  if (threads && backend.threads !== threads)
    skip(`asked for ${threads} threads, ${backend.name} has ${backend.threads}`);
  drishti.manualSeed(0);
  return { ...drishti, device: backend.name, threads: backend.threads, detail: backend.detail };
}

function skip(reason) {
  console.error(`skipped: ${reason}`);
  process.exit(SKIPPED);
}
