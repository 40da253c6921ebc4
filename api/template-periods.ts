/** What is wrong with a template's periods and reminders: too short, or never to come. */
import { isWholeDays, mustParse, shift, type CalendarDuration } from '../contracts/deadlines.ts';
import type { Template } from '../contracts/template.ts';
import { doubtful, wrong, type Graded, type Path } from './template-finding.ts';

type Lifecycle = Template['lifecycle'];

/** More than this many notices of one kind to every owner, and nobody reads them. */
const MANY_NOTICES = 200;
/** More than this many is a mistake. */
const TOO_MANY_NOTICES = 1_000;

/** Lengths are compared from one day: 1 January of a year that no leap day follows soon. */
const FROM = new Date('2025-01-01T00:00:00.000Z');

export function periodFindings(
  template: Template,
  { allowShortIntervals }: { readonly allowShortIntervals: boolean },
): Graded[] {
  const { lifecycle } = template;
  return [
    ...(allowShortIntervals ? [] : [...shortPeriods(lifecycle), ...shortDeadlines(template)]),
    ...reminderFindings(lifecycle),
    ...urgentFindings(lifecycle),
    ...overdueFindings(lifecycle),
  ];
}

function shortPeriods({ intervals, renewalWindow, gracePeriod, notices }: Lifecycle): Graded[] {
  const fields: (readonly [Path, string | null])[] = [
    ...intervals.map((interval, index) => [['intervals', index], interval] as const),
    [['renewalWindow'], renewalWindow],
    [['notices', 'remindEvery'], notices.remindEvery],
    [['notices', 'urgentWithin'], notices.urgentWithin],
    [['notices', 'stopAfter'], notices.stopAfter],
    [['gracePeriod'], gracePeriod],
  ];
  return [
    ...fields.flatMap(([path, text]) =>
      text === null || isWholeDays(mustParse(text))
        ? []
        : [wrong(['lifecycle', ...path], 'must count whole days, such as P90D')],
    ),
    ...shorterThanAnHour(['lifecycle', 'notices', 'urgentEvery'], notices.urgentEvery),
  ];
}

function shortDeadlines({ approval: { steps } }: Template): Graded[] {
  return steps.flatMap(({ deadline }, index) => shorterThanAnHour(['approval', 'steps', index, 'deadline'], deadline));
}

function shorterThanAnHour(path: Path, text: string | null): Graded[] {
  return text !== null && lengthMs(text) < 3_600_000 ? [wrong(path, 'must be an hour or longer, such as PT12H')] : [];
}

/** The first reminder comes one interval after renewal opens, unless the end or the urgent time is there before it. */
function reminderFindings({ renewalWindow, notices }: Lifecycle): Graded[] {
  const { remindEvery, urgentEvery, urgentWithin } = notices;
  if (remindEvery === null) return [];
  const path = ['lifecycle', 'notices', 'remindEvery'];
  const untilMs = lengthMs(renewalWindow) - (urgentEvery === null ? 0 : lengthMs(urgentWithin!));
  if (lengthMs(remindEvery) >= untilMs) {
    const before = urgentEvery === null ? 'the end' : 'the first urgent one';
    return [doubtful(path, `no reminder ever comes: renewal opens less than that before ${before}`)];
  }
  return manyFindings(path, untilMs, remindEvery);
}

function urgentFindings({ renewalWindow, notices: { urgentEvery, urgentWithin } }: Lifecycle): Graded[] {
  if (urgentEvery === null || urgentWithin === null) return [];
  const path = ['lifecycle', 'notices', 'urgentWithin'];
  const isLonger = lengthMs(urgentWithin) > lengthMs(renewalWindow);
  return [
    ...(isLonger ? [doubtful(path, `is longer than the renewal window ${renewalWindow}, in which it begins`)] : []),
    ...manyFindings(['lifecycle', 'notices', 'urgentEvery'], lengthMs(urgentWithin), urgentEvery),
  ];
}

/** Reminders after the end are for accounts that can still be renewed then. */
function overdueFindings({ endOfLife, notices: { remindEvery, stopAfter } }: Lifecycle): Graded[] {
  if (stopAfter === null) return [];
  const path = ['lifecycle', 'notices', 'stopAfter'];
  if (endOfLife === 'delete')
    return [doubtful(path, 'reminders after the end never come: the account is deleted there')];
  if (remindEvery === null) return [doubtful(path, 'reminders after the end never come: remindEvery is not set')];
  if (lengthMs(remindEvery) > lengthMs(stopAfter)) {
    return [doubtful(path, 'reminders after the end never come: they stop before the first one')];
  }
  return manyFindings(path, lengthMs(stopAfter), remindEvery);
}

function manyFindings(path: Path, withinMs: number, every: string): Graded[] {
  const count = Math.floor(withinMs / lengthMs(every));
  const message = `means ${count} notices to every owner`;
  if (count > TOO_MANY_NOTICES) return [wrong(path, `${message}; at most ${TOO_MANY_NOTICES} are possible`)];
  return count > MANY_NOTICES ? [doubtful(path, message)] : [];
}

function lengthMs(text: string): number {
  const duration: CalendarDuration = mustParse(text);
  return shift(FROM, duration).getTime() - FROM.getTime();
}
