/**
 * A value that must not be seen by accident. It prints as `[redacted]` in logs, JSON, string templates and errors;
 * only `reveal` gives it out. The value lives in a closure, so no inspector that walks properties finds it.
 */
import { inspect } from 'node:util';

const REDACTED = '[redacted]';

export interface Sensitive<T> {
  /** The value. Call it at the last moment, and keep the result in no longer-lived variable. */
  reveal(): T;
  toString(): string;
  toJSON(): string;
}

export function sensitive<T>(value: T): Sensitive<T> {
  return Object.freeze({
    reveal: () => value,
    toString: () => REDACTED,
    toJSON: () => REDACTED,
    [inspect.custom]: () => REDACTED,
  });
}
