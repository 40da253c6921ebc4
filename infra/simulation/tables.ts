/** A report as CSV files (RFC 4180) and as text for people. */
import type { SimulationReport } from './report.ts';

type Table = readonly Readonly<Record<string, string | number | boolean>>[];

/** One CSV document per part of the report, by file name. */
export function csvFiles({ months, people, cliffs, approvers }: SimulationReport): Record<string, string> {
  return {
    'renewals-per-month.csv': csv(['month', 'renewals', 'ends', 'retirements', 'notices'], rows(months)),
    'notices-per-person.csv': csv(['person', 'accounts', 'notices', 'busiestDay', 'onBusiestDay'], rows(people)),
    'cliffs.csv': csv(['day', 'ends'], rows(cliffs)),
    'approvers.csv': csv(['approver', 'decisions', 'busiestMonth', 'inBusiestMonth', 'overloaded'], rows(approvers)),
  };
}

function rows(items: readonly object[]): Table {
  return items as Table;
}

function csv(columns: readonly string[], table: Table): string {
  const lines = table.map((row) => columns.map((column) => field(row[column])).join(','));
  return [columns.join(','), ...lines].map((line) => `${line}\r\n`).join('');
}

/** Quoted where needed; a text that a spreadsheet would take for a formula is kept a text. */
function field(value: string | number | boolean | undefined): string {
  const text = String(value ?? '');
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const SHOWN = 10;

/** What is worth knowing at a glance. */
export function summary({ accounts, months, people, cliffs, approvers }: SimulationReport): string {
  const most = Math.max(...months.map(({ renewals }) => renewals), 1);
  const bar = (count: number): string => '█'.repeat(Math.round((count / most) * 30));
  const total = (pick: (month: SimulationReport['months'][number]) => number): number =>
    months.reduce((sum, month) => sum + pick(month), 0);
  return [
    `${accounts} accounts: ${total((m) => m.renewals)} renewals, ${total((m) => m.ends)} ends, ` +
      `${total((m) => m.retirements)} retirements, ${total((m) => m.notices)} notices`,
    '',
    'month     renewals     ends  notices',
    ...months.map(
      ({ month, renewals, ends, notices }) =>
        `${month}   ${pad(renewals)} ${pad(ends)} ${pad(notices)}  ${bar(renewals)}`,
    ),
    '',
    ...section(
      'Most notices to one person',
      people,
      ({ person, accounts: owned, notices, busiestDay, onBusiestDay }) =>
        `${person}: ${notices} for ${owned} accounts, ${onBusiestDay} on ${busiestDay || 'no day'}`,
    ),
    ...section('Days on which unusually many accounts end', cliffs, ({ day, ends }) => `${day}: ${ends}`),
    ...section(
      'Approvers over their limit',
      approvers.filter(({ overloaded }) => overloaded),
      ({ approver, inBusiestMonth, busiestMonth }) => `${approver}: ${inBusiestMonth} decisions in ${busiestMonth}`,
    ),
  ].join('\n');
}

function section<T>(title: string, items: readonly T[], line: (item: T) => string): string[] {
  const more = items.length > SHOWN ? [`  … and ${items.length - SHOWN} more`] : [];
  const shown = items.length === 0 ? ['  none'] : items.slice(0, SHOWN).map((item) => `  ${line(item)}`);
  return [title, ...shown, ...more, ''];
}

function pad(count: number): string {
  return String(count).padStart(8);
}
