/** What the loop needs of a learning-rate schedule; every class of optim's lr-scheduler files is one. */
export interface Scheduler {
  /** After each epoch or each step; a schedule that watches progress takes the validation loss. */
  step(metric?: number): void;
  /** Plain numbers and lists, fit for JSON. */
  stateDict(): unknown;
  /** Goes on from what stateDict() gave. */
  loadStateDict(state: never): void;
}
