/**
 * A stand-in for Delinea DevOps Secrets Vault: one tenant, its state in memory, HTTPS on loopback. It knows tokens,
 * secrets, the personal area, clients, roles and policies (docs.delinea.com, DevOps Secrets Vault), refuses what the vendor refuses, and where
 * the sources say nothing, the comments say what was chosen. It logs nothing.
 */
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createApp, type RecordedCall } from './app.ts';
import { makeCertificate } from '../certificate.ts';
import { newClient } from './clients.ts';
import { createFaults, type Faults } from '../faults.ts';
import type { VaultFault } from './faults.ts';
import type { Permission } from './permissions.ts';
import { newRole } from './roles.ts';
import { takeSnapshot, type DsvSnapshot } from './snapshot.ts';
import { createTokens } from './tokens.ts';
import { createVault, type User, type Vault } from './vault.ts';

export interface DsvOptions {
  /** The time of token lives, times to live, soft deletions and time stamps. */
  readonly nowMs?: () => number;
  readonly tokenLifeSeconds?: number;
  /** Besides the administrator. */
  readonly users?: readonly User[];
  /** The vendor's OpenAPI file and its page on audits say 201 for every creation; stubs of vault-java-sdk say 200. */
  readonly createdStatus?: 200 | 201;
  /**
   * The status of the message that a read of something marked for deletion gets. The vendor's tests show the text only.
   * By default 200, which a client can take for the thing itself; with 404 the message comes with a code.
   */
  readonly markedReadStatus?: 200 | 404;
}

/** What a role may do: resources and actions as policies have them, such as `secrets:alm:<.*>`. */
export interface Grant {
  readonly resources: readonly string[];
  readonly actions: readonly string[];
  readonly effect?: 'allow' | 'deny';
}

export interface ClientCredential {
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface DsvSimulator {
  /** Such as `https://127.0.0.1:43210`; the API is below `/v1`. */
  readonly url: string;
  readonly port: number;
  /** Of the authority that signed the server's certificate, which is for 127.0.0.1 and localhost. */
  readonly caPem: string;
  /** A local user who may do everything. */
  readonly administrator: { readonly userName: string; readonly password: string };
  readonly faults: Faults<VaultFault>;
  /** A new client credential of `role`, which is made, and may do what `grants` say, in addition to before. */
  addClient(role: string, grants?: readonly Grant[]): ClientCredential;
  /** Takes away what `addClient` gave the role. What policies of the API give stays. */
  revokeGrants(role: string): void;
  /** The state, copied, secrets included: for a test to look at and never to print. */
  snapshot(): DsvSnapshot;
  /** Every request that was answered or cut, in order, without bodies. */
  calls(): readonly RecordedCall[];
  close(): Promise<void>;
}

/** Starts the simulator on a free port. The certificate is new each time. */
export async function startDsvSimulator(options: DsvOptions = {}): Promise<DsvSimulator> {
  const nowMs = options.nowMs ?? Date.now;
  const administrator = { userName: 'administrator', password: 'Administrator-of-the-tenant-1' };
  const vault = createVault({
    nowMs,
    createdStatus: options.createdStatus ?? 201,
    markedReadStatus: options.markedReadStatus ?? 200,
    users: [administrator, ...(options.users ?? [])],
  });
  vault.granted.push(permissionOf(`users:${administrator.userName}`, { resources: ['<.*>'], actions: ['<.*>'] }));
  const { faults, take } = createFaults<VaultFault>();
  const calls: RecordedCall[] = [];
  const certificate = await makeCertificate('DevOps Secrets Vault');
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}`;
  const tokens = createTokens(options.tokenLifeSeconds ?? 3_600, nowMs);
  server.on('request', createApp({ vault, tokens, url, take, calls }));

  return {
    url,
    port,
    caPem: certificate.caPem,
    administrator,
    faults,
    addClient: (role, grants = []) => addClient(vault, role, grants),
    revokeGrants(role) {
      const left = vault.granted.filter(({ subjects }) => !subjects.includes(`roles:${role}`.toLowerCase()));
      vault.granted.splice(0, vault.granted.length, ...left);
    },
    snapshot: () => takeSnapshot(vault),
    calls: () => [...calls],
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function addClient(vault: Vault, role: string, grants: readonly Grant[]): ClientCredential {
  const principal = 'users:administrator';
  if (!vault.roles.has(role)) {
    vault.roles.put(role, newRole({ description: '', modifiedMs: vault.nowMs(), modifiedBy: principal }));
  }
  vault.granted.push(...grants.map((grant) => permissionOf(`roles:${role}`, grant)));
  const clientSecret = `secret-of-${role}-${vault.clients.live().length}`;
  const client = newClient(role, principal, vault.nowMs(), { clientSecret });
  vault.clients.put(client.clientId, client);
  return { clientId: client.clientId, clientSecret };
}

function permissionOf(subject: string, { resources, actions, effect = 'allow' }: Grant): Permission {
  const subjects = [subject.toLowerCase()];
  return { id: subject, description: '', subjects, effect, resources, actions, conditions: {}, meta: null };
}
