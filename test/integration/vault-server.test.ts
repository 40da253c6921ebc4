/** What needs a vault of the test's own: the set-up script on an empty one, its certificate, and sealing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKvVault, type KvVaultConfig } from '../../activities/vault/kv/store.ts';
import { createHttpsFetch } from '../../activities/vault/kv/transport.ts';
import type { StageRequest } from '../../activities/vault/port.ts';
import { run } from '../../infra/dev/command.ts';
import { eventually } from '../../infra/dev/eventually.ts';
import { ensureOpenBao } from '../../infra/dev/openbao.ts';
import { freePorts } from '../../infra/dev/ports.ts';
import { sensitive } from '../../infra/runtime/sensitive.ts';
