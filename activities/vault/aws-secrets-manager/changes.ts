/** Staging a password, and giving one up. */
import { sensitive } from '../../../infra/runtime/sensitive.ts';
import type { Fields } from '../fields.ts';
import type { StagedSecret, StageRequest } from '../port.ts';
import { readFields } from './reads.ts';
import {
  attemptAfter,
  CURRENT,
  decideDiscard,
  decideStage,
  emptyVersionId,
  givenUpVersionId,
  holderOf,
  operationLabel,
  PENDING,
  secretName,
  versionIdOf,
  type SecretState,
} from './secret.ts';
import type { Service } from './service.ts';
import { settle, type Act } from './settle.ts';
import { create, moveLabel, put, restore } from './writes.ts';

/** Keeps the version that gives up a first password from being dropped before the current label is on it. */
const GIVEN_UP = 'given-up';

/** Answers the id of the version that has the operation's password. */
export async function stage(service: Service, request: StageRequest, signal?: AbortSignal): Promise<string> {
  const name = secretName(request.vaultPath);
  const { username, domain, accountId, password } = request;
  let attempt = 0;
  const act: Act = async (decision, state) => {
    if (decision.action === 'restore') return restore(service, state?.arn ?? name, signal);
    if (decision.action === 'create') {
      const empty = { name, versionId: emptyVersionId(accountId), fields: sensitive<Fields>({ username, domain }) };
      return create(service, empty, accountId, signal);
    }
    const theirs = await fieldsOfPeople(service, request, state, signal);
    const fields = sensitive<Fields>({ ...theirs, username, domain, password: password.reveal() });
    const version = { name: state?.arn ?? name, versionId: versionIdOf(request, attempt), fields };
    await put(service, version, [PENDING, operationLabel(request)], signal);
    // If the next look does not show it, or that of another engine, then this version was discarded, and is used up.
    attempt = attemptAfter(attempt + 1, request.vaultPath);
    return true;
  };
  return settle(service, request, (state) => decideStage(state, request), act, signal);
}

/** What is in the current version: what people have added stays. */
async function fieldsOfPeople(
  service: Service,
  { vaultPath, accountId }: StageRequest,
  state: SecretState | undefined,
  signal?: AbortSignal,
): Promise<Fields> {
  const current = state && holderOf(state, CURRENT);
  if (current === undefined || current === emptyVersionId(accountId)) return {};
  return (await readFields(service, secretName(vaultPath), current, signal)).reveal();
}

export async function discard(service: Service, staged: StagedSecret, signal?: AbortSignal): Promise<void> {
  const giveUp: Act = async (decision, state) => {
    if (decision.action !== 'give-up' || !state) return true;
    const versionId = givenUpVersionId(staged.accountId);
    await put(service, { name: state.arn, versionId, fields: sensitive<Fields>({}) }, [GIVEN_UP], signal);
    await moveLabel(service, state.arn, { label: CURRENT, from: decision.from, to: versionId }, signal);
    return true;
  };
  await settle(service, staged, (state) => decideDiscard(state, staged), giveUp, signal);
}
