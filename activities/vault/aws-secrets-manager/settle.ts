/** From what is there to what is wanted: look, decide, act, and look again, until nothing is left to do. */
import { contended } from '../failures.ts';
import type { SecretLocation } from '../port.ts';
import { nameNotFree } from './failures.ts';
import { describe } from './reads.ts';
import { assertNotForeign, secretName, type Decision, type SecretState } from './secret.ts';
import type { Service } from './service.ts';
import { deleteNow, moveLabel } from './writes.ts';

/** More than the longest way from nothing to done, with some lost races. */
const MAX_ROUNDS = 16;

type Decide = (state: SecretState | undefined) => Decision;
/** Does what only its verb knows how to do; false: the service would not have it. */
export type Act = (decision: Decision, state: SecretState | undefined) => Promise<boolean>;

const NOTHING_OF_ITS_OWN: Act = async () => Promise.resolve(true);

/** The version that it came to; empty where none is left. */
export async function settle(
  service: Service,
  { vaultPath }: Pick<SecretLocation, 'vaultPath'>,
  decide: Decide,
  act = NOTHING_OF_ITS_OWN,
  signal?: AbortSignal,
): Promise<string> {
  const name = secretName(vaultPath);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await describe(service, name, signal);
    const decision = decide(state);
    const target = state?.arn ?? name;
    switch (decision.action) {
      case 'done':
        return decision.versionId;
      case 'nothing':
        return '';
      case 'remove':
        await deleteNow(service, target, signal);
        return '';
      case 'clear':
        await deleteNow(service, target, signal);
        break;
      case 'move':
      case 'unlabel':
        await moveLabel(service, target, decision, signal);
        break;
      default:
        if (!(await act(decision, state)) && !(await describe(service, name, signal))) throw nameNotFree(vaultPath);
    }
  }
  throw contended(vaultPath);
}

/** Acts until it `isSo` of the secret. */
export async function actUntil(
  service: Service,
  location: SecretLocation,
  isSo: (state: SecretState | undefined) => boolean,
  act: (service: Service, name: string, signal?: AbortSignal) => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const name = secretName(location.vaultPath);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const state = await describe(service, name, signal);
    assertNotForeign(state, location);
    if (isSo(state)) return;
    await act(service, state?.arn ?? name, signal);
  }
  throw contended(location.vaultPath);
}
