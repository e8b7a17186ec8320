/** @file Letting timers, input and output have their turn between two pieces of work. */

interface Channel {
  readonly port1: { onmessage: (() => void) | null; close(): void };
  readonly port2: { postMessage(message: null): void };
}

/** What the runtime may offer; core knows neither Node's types nor the browser's. */
interface Clocks {
  readonly setImmediate?: (run: () => void) => unknown;
  readonly MessageChannel?: new () => Channel;
  readonly setTimeout?: (run: () => void, ms: number) => unknown;
}

/** Resolves in a new macrotask: setImmediate in Node, a message in browsers (timers wait 4 ms there when nested), else a timer. */
export function macrotask(): Promise<void> {
  const { setImmediate, MessageChannel, setTimeout } = globalThis as unknown as Clocks;
  return new Promise((resolve) => {
    if (setImmediate) setImmediate(resolve);
    else if (MessageChannel) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        port1.close();
        resolve();
      };
      port2.postMessage(null);
    } else if (setTimeout) setTimeout(resolve, 0);
    else resolve();
  });
}

/** Gives way to the event loop when `everyMs` have passed since it last did; cheap enough to call in any loop. */
export class Breather {
  readonly #everyMs: number;
  #last = Date.now();

  constructor(everyMs = 16) {
    this.#everyMs = everyMs;
  }

  async breathe(): Promise<void> {
    if (Date.now() - this.#last < this.#everyMs) return;
    await macrotask();
    this.#last = Date.now();
  }
}
