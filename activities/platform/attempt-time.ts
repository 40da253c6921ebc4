/** What time it is for Temporal, which may skip time where people play. */
import { Context } from '@temporalio/activity';

/** When this attempt of an activity was scheduled, by the clock of the Temporal server. For activities only. */
export function attemptTime(): Date {
  return new Date(Context.current().info.currentAttemptScheduledTimestampMs);
}
