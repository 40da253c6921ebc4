/**
 * `GET /accounts`, first and deep page of 100,000 rows with 20 callers at once, against a bare Express handler that runs
 * the same SQL. Both are processes of their own and take turns, so that what else the machine does meets both.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { hashToken, newToken } from '../api/auth/tokens.ts';
import { encodeCursor } from '../api/http/pagination.ts';
import { applyMigrations } from '../db/apply-migrations.ts';
import { openDatabase } from '../db/client.ts';
import { createUser } from '../db/queries/users.ts';
import { ensureDatabase } from '../infra/dev/postgres.ts';
import { insertManyAccounts } from '../test/support/many-accounts.ts';
import { inParallel, percentile, timed, type Measure } from './measure.ts';

const ROWS = 100_000;
const CALLERS = 20;
const PAGE = 50;
/** The first ones, in which the compiler still works and caches fill, do not count. */
const WARM_UP_ROUNDS = 3;
const ROUNDS = 20;
const REQUESTS_PER_ROUND = 300;
const TARGET = { atMost: 1.5 };

interface Target {
  readonly url: string;
  readonly token?: string;
}

/** Fills a database of its own on the Postgres of `postgresUrl`, measures, and removes it. */
export async function accountsPage(postgresUrl: string): Promise<Measure[]> {
  const url = Object.assign(new URL(postgresUrl), { pathname: `/bench_${Date.now()}` }).href;
  await ensureDatabase(url);
  const servers: ChildProcess[] = [];
  try {
    const token = await fill(url);
    const deep = await keyAt(url, Math.floor(ROWS * 0.9));
    const serve = async (kind: string): Promise<string> => {
      const server = startServer(kind, url, deep);
      servers.push(server);
      const [answer] = (await once(server, 'message')) as [{ url: string }];
      return answer.url;
    };
    const api = `${await serve('api')}/api/v1/accounts?limit=${PAGE}`;
    const bare = await serve('bare');
    return [
      await compare('first page', { url: api, token }, { url: `${bare}/first` }),
      await compare('deep page', { url: `${api}&after=${encodeCursor(deep)}`, token }, { url: `${bare}/deep` }),
    ];
  } finally {
    for (const server of servers) server.disconnect();
    await Promise.all(servers.filter((server) => server.exitCode === null).map((server) => once(server, 'exit')));
    await onServer(postgresUrl, `drop database "${new URL(url).pathname.slice(1)}" with (force)`);
  }
}

function startServer(kind: string, databaseUrl: string, deep: { submittedAt: string; id: string }): ChildProcess {
  const program = fileURLToPath(new URL('accounts-page-server.ts', import.meta.url));
  return fork(program, [kind, String(PAGE), deep.submittedAt, deep.id], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** 100,000 accounts and one administrator, whose token is the answer. */
async function fill(url: string): Promise<string> {
  await applyMigrations(url);
  await onServer(url, insertManyAccounts(ROWS, []));
  await onServer(url, 'vacuum analyze');
  const token = newToken().reveal();
  const { db, close } = openDatabase(url);
  const createdAt = new Date().toISOString();
  await createUser(db, { name: 'bench', role: 'administrator', tokenHash: hashToken(token), createdAt });
  await close();
  return token;
}

async function keyAt(url: string, depth: number): Promise<{ submittedAt: string; id: string }> {
  const rows = await onServer(
    url,
    `select submitted_at, id from accounts order by submitted_at desc, id desc offset ${depth} limit 1`,
  );
  const { submitted_at: submittedAt, id } = rows[0] as { submitted_at: Date; id: string };
  return { submittedAt: submittedAt.toISOString(), id };
}

async function onServer(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

/** The p99 of each round, and of these the median: what else the machine did in one round counts for one round. */
async function compare(page: string, api: Target, bare: Target): Promise<Measure> {
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const rounds: { api: number[][]; bare: number[][] } = { api: [], bare: [] };
  for (let turn = 0; turn < WARM_UP_ROUNDS + ROUNDS; turn += 1) {
    rounds.api.push(await round(agent, api));
    rounds.bare.push(await round(agent, bare));
  }
  agent.destroy();
  const typical = (of: number[][], share: number): number =>
    percentile(
      of.slice(WARM_UP_ROUNDS).map((times) => percentile(times, share)),
      0.5,
    );
  const [apiP99, bareP99] = [typical(rounds.api, 0.99), typical(rounds.bare, 0.99)];
  return {
    name: `GET /accounts, ${page}, ${ROWS} rows, ${CALLERS} callers, p99`,
    ratio: apiP99 / bareP99,
    target: TARGET,
    evidence: {
      'API p99 ms': apiP99,
      'bare p99 ms': bareP99,
      'API p50 ms': typical(rounds.api, 0.5),
      'bare p50 ms': typical(rounds.bare, 0.5),
      'requests each': ROUNDS * REQUESTS_PER_ROUND,
    },
  };
}

/** How long each request took, in milliseconds. */
async function round(agent: Agent, target: Target): Promise<number[]> {
  const times: number[] = [];
  await inParallel(REQUESTS_PER_ROUND, CALLERS, async () => void times.push(await timed(() => read(agent, target))));
  return times;
}

function read(agent: Agent, { url, token }: Target): Promise<void> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    get(url, { agent, headers }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
      response.resume().once('end', resolve).once('error', reject);
    }).once('error', reject);
  });
}
