/** What undoes the steps that were begun, newest first. */

/** Undoes one step, done or half done or never begun. Waits for as long as it takes. */
export type Compensation = () => Promise<void>;

/** Runs the compensations from the newest to the oldest; those that are through are taken off the list. */
export async function compensate(compensations: Compensation[]): Promise<void> {
  for (let undo = compensations.at(-1); undo; undo = compensations.at(-1)) {
    await undo();
    compensations.pop();
  }
}
