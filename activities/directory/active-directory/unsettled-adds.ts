/**
 * Remembers which controller may have taken an account's add. Controllers replicate late: another one that does not
 * know the object yet would make it a second time, and both would live on. So for a while, only the first may make it.
 */
import type { Progress } from '../port.ts';

type AddNote = NonNullable<Progress['addedOn']>;

export interface UnsettledAdds {
  /** An add is about to be sent; or, from an earlier attempt's progress, was sent. The newest note counts. */
  note(accountId: string, note: AddNote): void;
  /** The add was refused, or the account is complete or gone. */
  settle(accountId: string): void;
  /** The note, unless the add was sent longer ago than replication may take. */
  find(accountId: string): AddNote | undefined;
}

/** Keeps notes for `graceMs`, in memory; progress reports carry them over a restart of the engine. */
export function createUnsettledAdds(graceMs: number, now: () => number): UnsettledAdds {
  const notes = new Map<string, AddNote>();
  const isFresh = ({ at }: AddNote): boolean => now() - at <= graceMs;
  return {
    note(accountId, note) {
      for (const [id, old] of notes) if (!isFresh(old)) notes.delete(id);
      const known = notes.get(accountId);
      if (!known || known.at < note.at) notes.set(accountId, note);
    },
    settle: (accountId) => void notes.delete(accountId),
    find(accountId) {
      const note = notes.get(accountId);
      return note && isFresh(note) ? note : undefined;
    },
  };
}
