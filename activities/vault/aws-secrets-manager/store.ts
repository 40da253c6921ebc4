/**
 * A {@link SecretVault} on AWS Secrets Manager. The service has no check-and-set on a secret; what is raced for is guarded by
 * version ids, of which each can be written once, and by the current label, which moves only from where it was seen.
 */
import { folderOf, passwordIn } from '../fields.ts';
import { secretMissing, suspendedLost } from '../failures.ts';
import type { SecretVault } from '../port.ts';
import { asProbe } from '../probe.ts';
import { discard, stage } from './changes.ts';
import { rightsMissing } from './failures.ts';
import { describe, missingRights, readFields } from './reads.ts';
import {
  decidePromote,
  decideRevoke,
  isOurs,
  RECOVERY_WINDOW_DAYS,
  secretName,
  versionOf,
  type SecretState,
} from './secret.ts';
import { openService, type RequestHandler, type SecretsManagerConfig } from './service.ts';
import { actUntil, settle } from './settle.ts';
import { restore, scheduleDeletion } from './writes.ts';

/** No account's name is written like this ({@link secretName}): so nothing is there. */
const NOBODYS_NAME = '=nobody';

/** `requestHandler` replaces the HTTPS client. Opens no connection yet. */
export function createSecretsManagerVault(config: SecretsManagerConfig, requestHandler?: RequestHandler): SecretVault {
  const service = openService(config, requestHandler);
  let stagedAt: string | undefined;
  return {
    longestSuspensionDays: RECOVERY_WINDOW_DAYS,
    async stage(request, signal) {
      const version = await stage(service, request, signal);
      stagedAt = request.vaultPath;
      return { version };
    },
    async readStaged(staged, signal) {
      const name = secretName(staged.vaultPath);
      const state = await describe(service, name, signal);
      const versionId = state && versionOf(state, { ...staged, accountId: state.accountId ?? '' });
      const password = versionId && passwordIn((await readFields(service, name, versionId, signal)).reveal());
      if (!password) throw secretMissing(staged.vaultPath);
      return password;
    },
    async promote(staged, signal) {
      const version = await settle(service, staged, (state) => decidePromote(state, staged), undefined, signal);
      return { version };
    },
    discard: async (staged, signal) => discard(service, staged, signal),
    async suspend(location, signal) {
      const isOut = (state: SecretState | undefined): boolean => !isOurs(state, location) || state.isDeleted;
      await actUntil(service, location, isOut, scheduleDeletion, signal);
    },
    async reinstate(location, signal) {
      const isBack = (state: SecretState | undefined): boolean => {
        if (!isOurs(state, location)) throw suspendedLost(location.vaultPath);
        return !state.isDeleted;
      };
      await actUntil(service, location, isBack, restore, signal);
    },
    async revoke(location, signal) {
      await settle(service, location, (state) => decideRevoke(state, location), undefined, signal);
    },
    async probe(vaultPath = stagedAt, signal) {
      return asProbe(async () => {
        const folder = folderOf(vaultPath ?? '');
        const missing = await missingRights(service, `${secretName(folder)}/${NOBODYS_NAME}`, signal);
        if (missing.length > 0 && vaultPath !== undefined) throw rightsMissing(missing, `${folder}/*`);
      });
    },
  };
}
