/** @file A run folder: what a training leaves behind, and what it is continued from. */
import { existsSync } from "node:fs";
import { appendFile, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DataError } from "@drishti/core/errors";
import type { EpochEvent } from "@drishti/core/train";
import { makeFolder, writeAtomic, writeError } from "./write-file.ts";

/** One line of metrics.jsonl: an epoch. */
export interface EpochRecord {
  readonly epoch: number;
  readonly step: number;
  readonly trainLoss: number;
  /** Of the validation data, as all that follow up to f1. */
  readonly loss: number;
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
  /** Best accuracy so far. */
  readonly best: boolean;
}

export function recordOf(event: EpochEvent): EpochRecord {
  const { epoch, step, trainLoss, validation, learningRate, imagesPerSecond, seconds, best } = event;
  const {
    loss = Number.NaN,
    accuracy = Number.NaN,
    precision = Number.NaN,
    recall = Number.NaN,
    f1 = Number.NaN,
  } = validation ?? {};
  return {
    epoch,
    step,
    trainLoss,
    loss,
    accuracy,
    precision,
    recall,
    f1,
    learningRate,
    imagesPerSecond,
    seconds,
    best,
  };
}

/** `config.json`, `metrics.jsonl`, `checkpoints/last.safetensors`, `checkpoints/best.safetensors`, `report.html`. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get config(): string {
    return join(this.path, "config.json");
  }

  get metrics(): string {
    return join(this.path, "metrics.jsonl");
  }

  get report(): string {
    return join(this.path, "report.html");
  }

  /** Everything needed to go on. */
  get last(): string {
    return join(this.path, "checkpoints", "last.safetensors");
  }

  /** The model of the epoch with the best accuracy. */
  get best(): string {
    return join(this.path, "checkpoints", "best.safetensors");
  }

  /** Throws DataError "run-exists" when a run is in the folder already. One that never began its first step is none. */
  checkFree(): void {
    if (![this.metrics, this.last, this.best].some(existsSync)) return;
    throw new DataError(
      "train",
      "run-exists",
      `${this.path} holds a run already. Go on with it by --resume ${this.path}, or give another folder with --out.`,
      this.path,
    );
  }

  /** Makes the folder. Throws DataError when it cannot be made. */
  async create(): Promise<void> {
    const folder = join(this.path, "checkpoints");
    await makeFolder(folder);
  }

  async writeConfig(config: object): Promise<void> {
    await writeAtomic(this.config, `${JSON.stringify(config, null, 2)}\n`);
  }

  async addRecord(record: EpochRecord): Promise<void> {
    try {
      await appendFile(this.metrics, `${JSON.stringify(record)}\n`);
    } catch (cause) {
      throw writeError(this.metrics, cause);
    }
  }

  /** The records of metrics.jsonl. A last line that was cut off by a crash is left out. */
  async readRecords(): Promise<EpochRecord[]> {
    if (!existsSync(this.metrics)) return [];
    const records: EpochRecord[] = [];
    for (const line of (await readFile(this.metrics, "utf8")).split("\n")) {
      try {
        if (line !== "") records.push(JSON.parse(line) as EpochRecord);
      } catch {
        break;
      }
    }
    return records;
  }

  /** Forgets records after an epoch: those that a crash left without their checkpoint. */
  async keepRecords(epoch: number): Promise<EpochRecord[]> {
    const records = (await this.readRecords()).filter((record) => record.epoch <= epoch);
    await writeAtomic(this.metrics, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    return records;
  }
}

/** Whether there is a folder at this path with a run in it. */
export async function isRunFolder(path: string): Promise<boolean> {
  const there = await stat(path).catch(() => undefined);
  return (
    there?.isDirectory() === true && (existsSync(join(path, "config.json")) || existsSync(join(path, "checkpoints")))
  );
}
