import { expect, it } from "vitest";
import { Crew } from "./crew.ts";
import { type Exports, SEAT_BUSY, SEAT_BYTES } from "./instance.ts";
import { WebAssembly } from "./webassembly.ts";

/** Three threads beside the caller, of which the second has a part of a job. */
function crewOfThree(alive: (() => boolean) | undefined) {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const crew = new Crew(memory);
  const seat = new Int32Array(memory.buffer, 2 * SEAT_BYTES, 1);
  seat[0] = SEAT_BUSY;
  let pending = 1;
  const exports = { seats: () => 0, pending: () => pending } as unknown as Exports;
  for (let i = 0; i < 3; i++) crew.add({ isAlive: alive, terminate() {} });
  return {
    look(times: number, finished: number) {
      for (let i = 0; i < times; i++) crew.stalled(exports, 7, finished);
    },
    finish() {
      pending = 0;
    },
  };
}

it("who is busy and runs is waited for; who is busy and gone is not", () => {
  let alive = true;
  const { look, finish } = crewOfThree(() => alive);
  look(9_000, 3);
  alive = false;
  expect(() => look(16, 3)).toThrow("worker 2 of 3 ended in the middle of a kernel.");
  finish(); // it had done its part before
  look(16, 3);
});

// As in a browser, where nothing tells of a worker's end: 10,000 looks, 20 seconds and more, without a unit done.
it("where nothing tells, patience ends", () => {
  const { look } = crewOfThree(undefined);
  look(10_000, 3);
  look(10_000, 4); // something was finished meanwhile
  expect(() => look(1, 4)).toThrow("worker 2 of 3 gives no sign of life in the middle of a kernel.");
});
