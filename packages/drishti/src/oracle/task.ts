/** One thing to compare: what differs from torch, nothing when it agrees. Throws NotBuilt to be skipped. */
export interface Task {
  readonly id: string;
  run(): Promise<string[]>;
}
