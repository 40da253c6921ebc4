/** Nothing destructive begins where an administrator has frozen it, or where too much of it happens. */
import type { AdmitDestructiveStepInput } from '../../contracts/activities.ts';
import { accountOf, refOf, type AccountRun } from '../account-lifecycle/run.ts';
import { patientStep, type Step } from '../support/patient-step.ts';

/**
 * Waits until the step may begin. `occasion` (ISO 8601 UTC) is what does not change however long the step takes, over
 * blocks and new runs: with it the step is one admission. False when something else comes first.
 */
export async function admit(
  run: AccountRun,
  { step, occasion }: Pick<AdmitDestructiveStepInput, 'step' | 'occasion'>,
  cuts: Pick<Step<void>, 'interruptedBy' | 'yieldsTo'> = {},
): Promise<boolean> {
  const { templateId } = accountOf(run);
  const admitted = await patientStep(run, {
    name: 'admit-destructive-step',
    run: (_engine, admission) => admission.admitDestructiveStep({ ...refOf(run), templateId, step, occasion }),
    ...cuts,
  });
  return admitted.outcome === 'done';
}
