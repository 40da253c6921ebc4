/** Groups of users. Every change is told to the accounts that it concerns, before it is committed. */
import {
  createGroup,
  changeGroupMembers,
  disableGroup,
  enableGroup,
  listGroups,
  readGroup,
} from '../../contracts/http/groups.ts';
import { API_PREFIX } from '../../contracts/http/route.ts';
import { groupNameSchema } from '../../contracts/template.ts';
import type { Database } from '../../db/client.ts';
import * as queries from '../../db/queries/groups.ts';
import { templatesUsingGroup } from '../../db/queries/templates.ts';
import type { Dependencies } from '../dependencies.ts';
import { implement, type HandlerAnswer, type Implementation } from '../http/implementation.ts';
import { onceOnly, operationIdFor } from '../http/idempotency.ts';
import { decodeCursor, pageAnswer } from '../http/pagination.ts';
import { invalid, notFound, refusal } from '../http/refusal.ts';
import { reassessAfter } from '../reassessment.ts';

export function groupRoutes(dependencies: Dependencies): Implementation[] {
  const { db, clock } = dependencies;
  /** The accounts on whose open step the group is asked look again; those that it owns ask whether anybody answers for them. */
  const tell = (transaction: Database, operationId: string, name: string, left: readonly string[]): Promise<void> =>
    reassessAfter(transaction, dependencies, operationId, { approvers: { users: [], groups: [name] }, left });
  return [
    implement(listGroups, async ({ query: { limit, after } }) => {
      const page = await queries.listGroups(db, { limit, after: decodeCursor(groupNameSchema, after) });
      return { body: pageAnswer(page, (group) => group) };
    }),
    implement(readGroup, async ({ params: { name }, caller }) => {
      // A template may hide whom it asks.
      if (caller.role === 'administrator') return answerOf(await withUse(db, name));
      const group = await queries.findGroup(db, name);
      if (!group) throw notFound();
      return answerOf(group);
    }),
    implement(createGroup, async (call) => {
      const at = clock().toISOString();
      const created = await onceOnly(db, { route: createGroup, call, at }, async (transaction) => {
        const { name } = call.body;
        const made = await queries.createGroup(transaction, { ...call.body, createdAt: at });
        if (made.outcome === 'name-taken') throw refusal('NameTaken', `There is a group ${name} already.`);
        if (made.outcome === 'unknown-users') throw unknownMembers(call.body.members, made.names);
        return { body: await mustFind(transaction, name) };
      });
      return { ...answerOf(created), location: `${API_PREFIX}/groups/${encodeURIComponent(created.name)}` };
    }),
    implement(changeGroupMembers, async ({ params: { name }, body: { members }, caller, ifMatch }) => {
      const changed = await db.transaction(async (transaction) => {
        const change = await queries.setGroupMembers(transaction, { name, members, expectedVersion: ifMatch });
        if (change.outcome === 'missing') throw notFound();
        if (change.outcome === 'unknown-users') throw unknownMembers(members, change.names);
        if (change.outcome === 'conflict') {
          throw refusal(
            'PreconditionFailed',
            `The group is at version ${change.version} now. Read it, and edit that one.`,
          );
        }
        const group = await mustFind(transaction, name);
        const hasChanged = change.joined.length + change.left.length > 0;
        const operationId = operationIdFor(caller.name, `${changeGroupMembers.operationId} ${name}`, String(ifMatch));
        if (hasChanged && !group.disabled)
          await tell(transaction, operationId, name, [...change.left, ...change.joined]);
        return group;
      });
      return answerOf(changed);
    }),
    ...([disableGroup, enableGroup] as const).map((route) =>
      implement(route, async (call) => {
        const { name } = call.params;
        const body = await onceOnly(db, { route, call, at: clock().toISOString() }, async (transaction) => {
          const before = await queries.findGroup(transaction, name);
          const disabled = route === disableGroup;
          if (!before || !(await queries.setGroupDisabled(transaction, name, disabled))) throw notFound();
          const group = await withUse(transaction, name);
          const operationId = operationIdFor(call.caller.name, `${route.operationId} ${name}`, call.idempotencyKey);
          if (before.disabled !== disabled) await tell(transaction, operationId, name, before.members);
          return { body: group };
        });
        return answerOf(body);
      }),
    ),
  ];
}

function answerOf<G extends queries.GroupRow>(group: G): HandlerAnswer<G> {
  return { body: group, version: group.version };
}

async function withUse(db: Database, name: string) {
  const group = await queries.findGroup(db, name);
  if (!group) throw notFound();
  return { ...group, usedBy: await templatesUsingGroup(db, name) };
}

async function mustFind(db: Database, name: string): Promise<queries.GroupRow> {
  const group = await queries.findGroup(db, name);
  if (!group) throw new Error('a group vanished while it was being changed');
  return group;
}

function unknownMembers(members: readonly string[], unknown: readonly string[]) {
  return invalid(
    members.flatMap((name, index) =>
      unknown.includes(name)
        ? [{ location: 'body' as const, field: `/members/${index}`, message: 'is not the name of a user' }]
        : [],
    ),
  );
}
