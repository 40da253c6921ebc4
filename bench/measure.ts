/** What a benchmark answers, and the arithmetic that all of them share. */
import { cpus, release, totalmem } from 'node:os';

/** One figure: always a ratio against a limit measured in the same run. */
export interface Measure {
  readonly name: string;
  readonly ratio: number;
  /** The bound that the ratio must keep. */
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
  /** What was measured, with units, so that a reader can check the ratio. */
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** Whether the ratio keeps its bound. */
export function holds({ ratio, target }: Measure): boolean {
  return 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

/** The value below which `share` (0–1) of `values` lie; nearest rank. Throws on an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new Error('a percentile of nothing');
  return value;
}

/** Runs `task` and answers how long it took, in milliseconds. */
export async function timed(task: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task();
  return performance.now() - start;
}

/** Runs `task` for 0 … `count` − 1 with at most `width` at once. */
export async function inParallel(count: number, width: number, task: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await task(next++);
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
}

/** The machine that a result belongs to. */
export function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GB, Linux ${release()}, Node ${process.version}`;
}

/** One line for a table that people read. */
export function formatMeasure(measure: Measure): string {
  const bound = 'atLeast' in measure.target ? `≥ ${measure.target.atLeast}` : `≤ ${measure.target.atMost}`;
  const evidence = Object.entries(measure.evidence)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
  return `${holds(measure) ? '✓' : '✗'} ${measure.name}: ${measure.ratio.toFixed(2)} (to reach ${bound}); ${evidence}`;
}
