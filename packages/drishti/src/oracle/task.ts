/** One thing to compare: what differs from torch, nothing when it agrees. Throws NotBuilt to be skipped. */
export interface Task {
  readonly id: string;
  /** `note` takes what a reader should know of a comparison that passed. */
  run(note: (text: string) => void): Promise<string[]>;
}
