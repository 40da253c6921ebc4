/** How long programs that are asked to end take over what runs, at most. Milliseconds. */

/** Above the 25 s for which an update waits for its workflow's answer: who waits gets it. */
export const API_GRACE_MS = 30_000;

/** Above the longest attempt of an activity, which is 30 s. */
export const WORKER_GRACE_MS = 35_000;

/** Whoever stops a program and kills it otherwise waits for so long, as docs/operate/install.md says. */
export const STOP_WITHIN_MS = Math.max(API_GRACE_MS, WORKER_GRACE_MS) + 5_000;
