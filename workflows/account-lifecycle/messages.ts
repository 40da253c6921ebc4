/** The messages that `accountLifecycle` takes, as typed definitions: the workflow's handlers and the API's calls share them. */
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Account } from '../../contracts/account.ts';
import {
  SNAPSHOT_QUERY,
  UPDATES,
  type ActionMessage,
  type DecideMessage,
  type SubmitMessage,
} from '../../contracts/workflows.ts';

/** Starts an account (with update-with-start). Refused with NameTaken, PolicyViolation or NotFound. */
export const submitUpdate = defineUpdate<Account, [SubmitMessage]>(UPDATES.submit);
export const decideUpdate = defineUpdate<Account, [DecideMessage]>(UPDATES.decide);
/** Answers as soon as the withdrawal is on record; undoing what was provisioned may take longer. */
export const withdrawUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.withdraw);
/** Answers when the new end date is in the directory. */
export const renewUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.renew);
export const disableUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.disable);
export const enableUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.enable);
/** Answers as soon as the retirement is on record; deleting the account may take longer. */
export const retireUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.retire);
/** Cuts the wait of a blocked step short; answers before the step has been tried again. */
export const resumeUpdate = defineUpdate<Account, [ActionMessage]>(UPDATES.resume);

/** The account as the workflow has it; null before its request was accepted. */
export const snapshotQuery = defineQuery<Account | null>(SNAPSHOT_QUERY);
