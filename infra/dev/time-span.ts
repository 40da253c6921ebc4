/** How far to skip, as people type it. */
import { parseDuration, type CalendarDuration } from '../../contracts/deadlines.ts';

/** What a letter stands for; a week is seven days. */
const UNITS: Readonly<Record<string, (count: number) => string>> = {
  y: (count) => `P${count}Y`,
  w: (count) => `P${count * 7}D`,
  d: (count) => `P${count}D`,
  h: (count) => `PT${count}H`,
  m: (count) => `PT${count}M`,
  s: (count) => `PT${count}S`,
};

/** Reads `90d`, `6h`, `30m`, `45s`, `2w`, `1y`, and ISO 8601 such as `P1Y2M` or `PT20S`; `undefined` for anything else. */
export function parseTimeSpan(text: string): CalendarDuration | undefined {
  const [, count, unit] = /^(\d{1,5})([ywdhms])$/i.exec(text) ?? [];
  const iso = unit === undefined ? text.toUpperCase() : UNITS[unit.toLowerCase()]!(Number(count));
  return parseDuration(iso);
}
