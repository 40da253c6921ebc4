/** One thing that is wrong with a template: where, what, and whether it stops the template from being published. */
import type { Finding, TemplatePreview } from '../contracts/http/templates.ts';
import { fieldName } from './http/parse.ts';

export interface Graded extends Finding {
  readonly grade: 'error' | 'warning';
}

/** The steps from the template's root to a field. */
export type Path = readonly (string | number)[];

export function wrong(path: Path, message: string): Graded {
  return { grade: 'error', field: fieldName('body', path), message };
}

export function doubtful(path: Path, message: string): Graded {
  return { grade: 'warning', field: fieldName('body', path), message };
}

/** Errors and warnings apart, each in the order in which they were found. */
export function byGrade(findings: readonly Graded[]): TemplatePreview {
  const of = (wanted: Graded['grade']): Finding[] =>
    findings.filter(({ grade }) => grade === wanted).map(({ field, message }) => ({ field, message }));
  return { errors: of('error'), warnings: of('warning') };
}
