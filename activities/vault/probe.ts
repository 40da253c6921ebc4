/** How every vault's `probe` comes to its answer. */
import { ApplicationFailure } from '@temporalio/common';
import type { VaultProbe } from './port.ts';

/** A failure of the catalogue is the probe's answer; anything else is a bug and goes on. */
export async function asProbe(check: () => Promise<void>): Promise<VaultProbe> {
  try {
    await check();
    return { ready: true };
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || !error.type) throw error;
    return { ready: false, code: error.type, message: error.message };
  }
}
