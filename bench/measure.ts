/** What a benchmark answers, and the arithmetic that all of them share. */
import { cpus, release, totalmem } from 'node:os';

/** What was measured, with units, where no bound is set. */
export interface Figures {
  readonly name: string;
  readonly evidence: Readonly<Record<string, number | string>>;
}

/** A ratio against a limit measured in the same run; by the evidence a reader can check it. */
export interface Ratio extends Figures {
  readonly ratio: number;
  /** The bound that the ratio must keep. */
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
}

export type Measure = Ratio | Figures;

/** Whether the ratio keeps its bound. Figures without one are only told. */
export function holds(measure: Measure): boolean {
  if (!('ratio' in measure)) return true;
  const { ratio, target } = measure;
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

/** By how much `ys` grow for each of `xs`: the straight line with the least squares. */
export function slope(xs: readonly number[], ys: readonly number[]): number {
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const products = xs.map((x, index) => (x - meanX) * (ys[index]! - meanY));
  return mean(products) / mean(xs.map((x) => (x - meanX) ** 2));
}

/** One line for a table that people read. */
export function formatMeasure(measure: Measure): string {
  const evidence = Object.entries(measure.evidence)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', ');
  if (!('ratio' in measure)) return `· ${measure.name}: ${evidence}`;
  const bound = 'atLeast' in measure.target ? `≥ ${measure.target.atLeast}` : `≤ ${measure.target.atMost}`;
  return `${holds(measure) ? '✓' : '✗'} ${measure.name}: ${measure.ratio.toFixed(2)} (to reach ${bound}); ${evidence}`;
}
