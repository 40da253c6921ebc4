/** Nothing destructive begins where an administrator has frozen it, or where too much of it happens. */
import type { AdmitDestructiveStepInput } from '../../contracts/activities.ts';
import { accountOf, refOf, type AccountRun } from '../account-lifecycle/run.ts';
import { patientStep, type Step } from '../support/patient-step.ts';

/** Waits until the step may begin. False when something else comes first. */
export async function admit(
  run: AccountRun,
  step: AdmitDestructiveStepInput['step'],
  cuts: Pick<Step<void>, 'interruptedBy' | 'yieldsTo'> = {},
): Promise<boolean> {
  // The number of this moment, however often the step is blocked meanwhile: it is one admission.
  const { templateId, sequence } = accountOf(run);
  const admitted = await patientStep(run, {
    name: 'admit-destructive-step',
    run: (_engine, admission) => admission.admitDestructiveStep({ ...refOf(run), templateId, step, sequence }),
    ...cuts,
  });
  return admitted.outcome === 'done';
}
