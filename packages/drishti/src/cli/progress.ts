/** @file Progress on stderr: a bar that is redrawn on a terminal, plain lines elsewhere, nothing when quiet. */
import type { JobEvent } from "../run/train-job.ts";
import type { Io } from "./io.ts";
import { duration, grouped, percent, type Style, styleFor } from "./style.ts";

const REDRAW_MS = 80;

export class Progress {
  readonly #io: Io;
  readonly #quiet: boolean;
  readonly #style: Style;
  #drawn = 0;
  #live = "";

  constructor(io: Io, quiet = false) {
    this.#io = io;
    this.#quiet = quiet;
    this.#style = styleFor(io.errIsTerminal, io.env);
  }

  get style(): Style {
    return this.#style;
  }

  /** A line that stays. */
  line(text: string): void {
    if (this.#quiet) return;
    this.clear();
    this.#io.err(`${text}\n`);
  }

  /** A bar in place, on a terminal only: share done, and what stands around it. */
  bar(label: string, share: number, rest: string): void {
    if (this.#quiet || !this.#io.errIsTerminal) return;
    const now = performance.now();
    if (now - this.#drawn < REDRAW_MS && share < 1) return;
    this.#drawn = now;
    const room = this.#io.columns - label.length - rest.length - 4;
    const width = Math.max(0, Math.min(30, room));
    const full = Math.round(Math.min(1, Math.max(0, share)) * width);
    const bar = this.#style.accent("━".repeat(full)) + this.#style.dim("─".repeat(width - full));
    const text = `${label} ${bar} ${rest}`;
    this.#io.err(`\r${text}\x1b[K`);
    this.#live = text;
  }

  /** Takes the bar away. */
  clear(): void {
    if (this.#live !== "") this.#io.err("\r\x1b[K");
    this.#live = "";
  }
}

/** Shows a training's events. */
export function trainingProgress(progress: Progress): (event: JobEvent) => void {
  let epochs = 0;
  let started = 0;
  let before = 0;
  return (event) => {
    const { style } = progress;
    if (event.kind === "ready") {
      epochs = event.epochs;
      started = performance.now();
      before = (event.resumedAt?.step ?? 0) / event.stepsPerEpoch;
      const threads = event.device.detail;
      progress.line(
        `${style.bold(event.model)}, ${grouped(event.parameters)} parameters, on ${event.device.name} (${threads}); ` +
          `${grouped(event.trainPictures)} pictures to learn from, ${grouped(event.validationPictures)} held out`,
      );
      if (event.resumedAt) progress.line(`going on after epoch ${event.resumedAt.epoch}, step ${event.resumedAt.step}`);
    } else if (event.kind === "notice") progress.line(style.dim(event.message));
    else if (event.kind === "step") {
      const done = event.epoch - 1 + event.stepInEpoch / event.stepsPerEpoch;
      const elapsed = (performance.now() - started) / 1000;
      const left = (elapsed / (done - before)) * (epochs - done);
      progress.bar(
        `epoch ${String(event.epoch).padStart(String(epochs).length)}/${epochs}`,
        event.stepInEpoch / event.stepsPerEpoch,
        `loss ${event.loss.toFixed(4)}  ${grouped(event.imagesPerSecond)} img/s  ${duration(left)} left`,
      );
    } else if (event.kind === "epoch") {
      const { validation, trainLoss, imagesPerSecond, seconds, waitedSeconds, best } = event;
      const scores = validation
        ? `  validation loss ${validation.loss.toFixed(4)}  accuracy ${style.bold(percent(validation.accuracy, 2))}`
        : "";
      // Pictures in memory are there at once: nothing to say.
      const waited = waitedSeconds > 0.01 * seconds ? `  waited for data ${percent(waitedSeconds / seconds)}` : "";
      progress.line(
        `epoch ${String(event.epoch).padStart(String(epochs).length)}/${epochs}  loss ${trainLoss.toFixed(4)}${scores}  ` +
          style.dim(`${grouped(imagesPerSecond)} img/s  ${seconds.toFixed(1)} s${waited}`) +
          (best ? style.good("  best") : ""),
      );
    }
  };
}
