/** A life with known passwords, its failures included: afterwards they are in the vault and nowhere else. */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Payload, PayloadCodec } from '@temporalio/common';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountWorkflowId } from '../../contracts/ids.ts';
import { DOMAINS } from '../../infra/dev/stack.ts';
import { readStack } from '../../infra/dev/state.ts';
import { createDataConverter } from '../../infra/runtime/data-converter.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
import type { EngineConfiguration } from '../../workers/compose-engine.ts';
import { openPeople, truthOf, USABLE, type People } from '../support/accounts.ts';
import { connectionsThrough, createFaults } from '../support/faults.ts';
import { stateFolder } from '../support/our-stack.ts';
import { engineConfiguration, OWN_ENGINE_LOG, replaceEngine } from '../support/own-engine.ts';

const [CORP] = DOMAINS;
const canaries: string[] = [];
/** Every password ends in so many hexadecimal digits, which come through any escaping, and any number of them, as they are. */
const TAIL_LENGTH = 24;

let people: People;
let configuration: EngineConfiguration;
let restore: (() => Promise<void>) | undefined;
/** Everything that a caller got over HTTP, heads and bodies. */
const answers: string[] = [];
/** Every command line that any process of this machine had while work went on. */
const commandLines = new Set<string>();
const accountIds: string[] = [];

const recordingFetch: typeof fetch = async (...args) => {
  const response = await fetch(...args);
  answers.push(JSON.stringify([...response.headers]), await response.clone().text());
  return response;
};

/** Looks at the arguments of all processes again and again until `signal` aborts; answers how often it looked. */
async function watchCommandLines(signal: AbortSignal): Promise<number> {
  let looks = 0;
  for (; !signal.aborted; looks += 1) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const read = async (pid: string) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
    for (const line of await Promise.all(pids.map(read))) commandLines.add(line);
    await sleep(50);
  }
  return looks;
}

function createPassword() {
  // The first one is refused by the domain's policy, so that the path of a refused password is walked too.
  const tail = randomBytes(TAIL_LENGTH / 2).toString('hex');
  const canary = canaries.length === 0 ? `canary${tail}` : `Canary "\\/1-${tail}`;
  canaries.push(canary);
  return sensitive(canary);
}

let looksAtCommandLines = 0;

beforeAll(async () => {
  people = await openPeople(stateFolder, recordingFetch);
  configuration = await engineConfiguration(stateFolder, CORP);
  const faults = createFaults();
  restore = await replaceEngine(stateFolder, configuration, {
    ...connectionsThrough(faults, configuration),
    createPassword,
  });

  const end = new AbortController();
  const watching = watchCommandLines(end.signal);
  const refusedFirst = await people.provide(CORP);
  expect(await truthOf(stateFolder, refusedFirst)).toMatchObject(USABLE);
  for (let index = 0; index < 12; index += 2) {
    faults.begin({ index, moment: 'during' });
    const account = await people.provide(CORP);
    accountIds.push(account.id);
    await people.client.events(account);
  }
  const last = await people.provide(CORP);
  await people.client.act('owner', last, 'retire');
  await people.client.until(last, 'is retired', ({ state }) => state === 'retired', 120_000);
  accountIds.push(refusedFirst.id, last.id);
  end.abort();
  looksAtCommandLines = await watching;
}, 600_000);

afterAll(async () => {
  await restore?.();
});

/** Every form in which a password may have been written. */
function formsOf(canary: string): Buffer[] {
  return [...formsOfText(canary), ...formsOfText(canary.slice(-TAIL_LENGTH))];
}

function formsOfText(secret: string): Buffer[] {
  const texts = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
  const bytes = [Buffer.from(secret), Buffer.from(secret, 'utf16le'), Buffer.from(`"${secret}"`, 'utf16le')];
  const base64 = bytes.flatMap((raw) =>
    // Base64 depends on where a text begins within three bytes: the inner part of each alignment is looked for.
    [0, 1, 2].map((shift) =>
      Buffer.concat([Buffer.alloc(shift), raw])
        .toString('base64')
        .slice(4, -4),
    ),
  );
  const hex = bytes.map((raw) => raw.toString('hex'));
  return [...bytes, ...[...texts, ...base64, ...hex].map((text) => Buffer.from(text))];
}

function expectClean(where: string, content: Buffer | string): void {
  const haystack = Buffer.from(content);
  expect(haystack.length, `${where} is empty: nothing was looked at`).toBeGreaterThan(0);
  for (const [number, canary] of canaries.entries()) {
    const found = formsOf(canary).findIndex((form) => haystack.includes(form));
    expect(found, `password ${number} is in ${where}, in form ${found}`).toBe(-1);
  }
}

it('finds a password in every form (the search itself works)', () => {
  for (const form of formsOf(canaries[0]!)) {
    expect(() => expectClean('a sample', Buffer.concat([Buffer.from('…'), form, Buffer.from('…')]))).toThrow(
      /is in a sample/,
    );
  }
});

describe('a password that is there is found', () => {
  const payload = (password: string) => ({ data: Buffer.from(JSON.stringify({ password })) });

  it('in a history', async () => {
    const codec = createDataConverter(configuration.codecKeys).payloadCodecs![0]!;
    for (const canary of canaries) {
      const [encoded] = await codec.encode([{ metadata: {}, ...payload(canary) }]);
      const history = { events: [{ result: { payloads: [encoded] } }] };
      const text = await decodedText(history, codec);
      expect(() => expectClean('a planted history', text)).toThrow(/is in a planted history/);
    }
  });

  it.for(['text', 'jsonb'])('in a row, in a column of type %s', async (type) => {
    for (const canary of canaries) {
      const rows = await withPostgres(async (client) => {
        await client.query(`create temp table planted (at int, what ${type})`);
        const value = type === 'jsonb' ? JSON.stringify({ password: canary }) : canary;
        await client.query('insert into planted values (1, $1)', [value]);
        return rowsOf(client, 'planted');
      });
      expect(() => expectClean('a planted row', rows)).toThrow(/is in a planted row/);
    }
  });

  it('in a log, as JSON within a message', () => {
    for (const canary of canaries) {
      const line = JSON.stringify({
        level: 'info',
        msg: `got ${JSON.stringify({ body: payload(canary).data.toString() })}`,
      });
      expect(() => expectClean('a planted line', line)).toThrow(/is in a planted line/);
    }
  });
});

it('used at least one password for each account', () => {
  expect(canaries.length).toBeGreaterThanOrEqual(accountIds.length);
});

it("is not in Temporal's database file", async () => {
  const databaseFile = (await readStack(stateFolder)).temporal!.databaseFile!;
  for (const suffix of ['', '-wal']) {
    const content = await readFile(`${databaseFile}${suffix}`).catch(() => undefined);
    if (content && content.length > 0) expectClean(`temporal.db${suffix}`, content);
    else expect(suffix).toBe('-wal');
  }
});

it('is not in the decoded histories', async () => {
  const connection = await Connection.connect({ address: configuration.temporalAddress });
  const dataConverter = createDataConverter(configuration.codecKeys);
  const client = new Client({ connection, dataConverter });
  const codec = dataConverter.payloadCodecs![0]!;
  for (const id of accountIds) {
    const history = await client.workflow.getHandle(accountWorkflowId(CORP, id)).fetchHistory();
    const text = await decodedText(history, codec);
    expect(text).toContain('svc-');
    expectClean(`the history of ${id}`, text);
  }
  await connection.close();
});

it('is not in Postgres', async () => {
  await withPostgres(async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      "select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    expect(tables.length).toBeGreaterThan(5);
    for (const { name } of tables) {
      const rows = await rowsOf(client, name);
      if (rows !== '') expectClean(name, rows);
    }
  });
});

it('is not in any log, that of the engine that handled it at the least severe level included', async () => {
  const folder = join(stateFolder, 'logs');
  const own = await readFile(join(folder, OWN_ENGINE_LOG), 'utf8');
  for (const said of ['step begins', 'step done', 'DirectoryPasswordRejected', accountIds[0]!]) {
    expect(own).toContain(said);
  }
  for (const name of await readdir(folder)) {
    const content = await readFile(join(folder, name));
    if (content.length > 0) expectClean(name, content);
  }
});

it('is not in any answer of the API', () => {
  const text = answers.join('\n');
  for (const id of accountIds) expect(text).toContain(id);
  expectClean('the answers of the API', text);
});

it('was never in the arguments of any process', () => {
  expect(looksAtCommandLines).toBeGreaterThan(10);
  const text = [...commandLines].join('\n');
  expect(text).toContain('workers/control-plane.ts');
  expectClean('the arguments of processes', Buffer.from(text, 'latin1'));
});

async function withPostgres<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: (await readStack(stateFolder)).postgres!.url });
  await client.connect();
  return use(client).finally(() => client.end());
}

/** Every row of a table as Postgres writes it. */
async function rowsOf(client: pg.Client, table: string): Promise<string> {
  const { rows } = await client.query<{ text: string }>(`select t::text as text from ${table} t`);
  return rows.map(({ text }) => text).join('\n');
}

async function decodedText(history: unknown, codec: PayloadCodec): Promise<string> {
  return JSON.stringify(await decodeAll(history, async (payload) => (await codec.decode([payload]))[0]!));
}

/** The history with every payload decrypted and its text in clear. */
async function decodeAll(value: unknown, decode: (payload: Payload) => Promise<Payload>): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => decodeAll(item, decode)));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if ('metadata' in value && 'data' in value) {
    const { data } = await decode(value as Payload);
    return Buffer.from(data ?? []).toString('utf8');
  }
  const entries = Object.entries(value).map(async ([key, item]) => [key, await decodeAll(item, decode)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
