/** What AWS refuses and Moto lets through, for one request at a time. */

/** What may be told to happen; tests set it while the server runs. */
export interface StrictFrontFaults {
  /** Names of operations that the engine's identity may not use. */
  denied: readonly string[];
  /** For so many requests from now on: ThrottlingException. */
  throttled: number;
  /** For so many `CreateSecret` from now on: the name of a deleted secret is not free yet. */
  namesKept: number;
}

export type Body = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: Body;
}

export interface Call {
  readonly operation: string;
  readonly body: Body;
  readonly headers: Record<string, string>;
}

/** A request, and the answer of AWS to it. */
export type Service = (call: Call) => Promise<Answer>;

export const PREFIX = 'secretsmanager.';
const CURRENT = 'AWSCURRENT';
/** What a version has until it is the current one. */
const ARRIVING = 'arriving';
const MAX_VALUE_BYTES = 65_536;

const refusal = (type: string, message: string): Answer => ({ status: 400, body: { __type: type, Message: message } });
const exists = (): Answer => refusal('ResourceExistsException', 'there is another version, or secret, already');

const isDeleted = (described: Body | undefined): boolean => typeof described?.['DeletedDate'] === 'number';

const stagesIn = (described: Body): [string, string[]][] =>
  Object.entries((described['VersionIdsToStages'] ?? {}) as Record<string, string[]>);

/** Moto at `motoUrl`, with what `faults` say by then, for whoever has the access key. */
export function createStrictService(motoUrl: string, accessKeyId: string, faults: StrictFrontFaults): Service {
  const forward: Service = async ({ operation, body, headers }) => {
    const init = { method: 'POST', headers: { ...headers, 'x-amz-target': PREFIX + operation } };
    const response = await fetch(motoUrl, { ...init, body: JSON.stringify(body) });
    const answer = (await response.json()) as Body;
    // What is not there is 404 at Moto, and 400 as every other error at AWS.
    return { status: response.status === 404 ? 400 : response.status, body: answer };
  };
  const serve = createOperations(forward, faults);
  return async (call) => {
    if (!call.headers['authorization']?.includes(`Credential=${accessKeyId}/`)) {
      return refusal('UnrecognizedClientException', 'the security token is invalid');
    }
    if (faults.throttled > 0) {
      faults.throttled -= 1;
      return refusal('ThrottlingException', 'rate exceeded');
    }
    if (faults.denied.includes(call.operation)) return refusal('AccessDeniedException', 'not authorized');
    const value = call.body['SecretString'];
    if (typeof value === 'string' && Buffer.byteLength(value) > MAX_VALUE_BYTES) {
      return refusal('InvalidParameterException', 'the value is too long');
    }
    return serve(call);
  };
}

function createOperations(forward: Service, faults: StrictFrontFaults): Service {
  /** What was written under each token, by secret. */
  const written = new Map<string, Map<string, string>>();

  async function lookAt(call: Call, name: unknown): Promise<Body | undefined> {
    const answer = await forward({ ...call, operation: 'DescribeSecret', body: { SecretId: name } });
    return answer.status === 200 ? answer.body : undefined;
  }

  async function create(call: Call): Promise<Answer> {
    const { Name, ClientRequestToken: token, SecretString: value } = call.body as Record<string, string>;
    const found = await lookAt(call, Name);
    const isKept = !found && faults.namesKept > 0;
    if (isKept) faults.namesKept -= 1;
    if (isKept || isDeleted(found)) {
      return refusal('InvalidRequestException', 'a secret with this name is already scheduled for deletion');
    }
    if (found) {
      const isSame = written.get(Name!)?.get(token!) === value;
      return isSame ? { status: 200, body: { ARN: found['ARN'], Name, VersionId: token } } : exists();
    }
    written.set(Name!, new Map([[token!, value!]]));
    return forward(call);
  }

  async function put(call: Call, found: Body): Promise<Answer> {
    const { ClientRequestToken: token, SecretString: value } = call.body as Record<string, string>;
    const name = String(found['Name']);
    const before = written.get(name)?.get(token!);
    if (before === undefined) {
      written.set(name, (written.get(name) ?? new Map<string, string>()).set(token!, value!));
      const stages = (call.body['VersionStages'] ?? [CURRENT]) as readonly string[];
      return stages.includes(CURRENT) ? putAsCurrent(forward, call, found) : forward(call);
    }
    if (before !== value) return exists();
    const stages = stagesIn(found).find(([id]) => id === token)?.[1] ?? [];
    return { status: 200, body: { ARN: found['ARN'], Name: name, VersionId: token, VersionStages: stages } };
  }

  return async (call) => {
    const { operation, body } = call;
    if (operation === 'CreateSecret') return create(call);
    if (operation === 'DescribeSecret') return forward(call);
    const found = await lookAt(call, body['SecretId']);
    const isForced = body['ForceDeleteWithoutRecovery'] === true;
    if (isDeleted(found) && operation !== 'RestoreSecret' && !isForced) {
      return refusal('InvalidRequestException', 'the secret is marked for deletion');
    }
    if (isForced && found) written.delete(String(found['Name']));
    if (operation === 'PutSecretValue' && found) return put(call, found);
    if (operation === 'GetSecretValue' && body['VersionId'] === undefined) {
      // Moto answers such a question with the version that was current first.
      return forward({ ...call, body: { VersionStage: CURRENT, ...body } });
    }
    return forward(call);
  };
}

/** Moto takes the label from the version that was current first, whichever has it by now. */
async function putAsCurrent(forward: Service, call: Call, found: Body): Promise<Answer> {
  const { SecretId, ClientRequestToken: token } = call.body;
  const answer = await forward({ ...call, body: { ...call.body, VersionStages: [ARRIVING] } });
  const [current] = stagesIn(found).find(([, stages]) => stages.includes(CURRENT))!;
  const operation = 'UpdateSecretVersionStage';
  const body = { SecretId, VersionStage: CURRENT, MoveToVersionId: token, RemoveFromVersionId: current };
  await forward({ ...call, operation, body });
  await forward({ ...call, operation, body: { SecretId, VersionStage: ARRIVING, RemoveFromVersionId: token } });
  return answer;
}
