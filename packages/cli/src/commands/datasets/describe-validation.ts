import type { EsteiraClient } from '@esteira/sdk';
import { number, plain } from '../../number-text.ts';
import { facts, paragraphs, table } from '../../output.ts';

type ValidationRun = Awaited<ReturnType<EsteiraClient['datasets']['getValidationRun']>>;

/** The verdict, each check with what was measured, and the first failing rows. */
export function describeValidation(run: ValidationRun): string {
  const shown = run.sample.slice(0, 5);
  return paragraphs(
    facts([
      ['validation', run.id],
      ['outcome', run.outcome === 'passed' ? 'passed' : `REFUSED: ${number(run.failedChecks)} checks failed`],
      ['rows', `${number(run.failingRows)} of ${number(run.rows)} break a check`],
      ['contract', `${run.dataset} version ${run.contractVersion}`],
    ]),
    table(run.checks, {
      check: (check) => check.title,
      column: (check) => check.column ?? '',
      outcome: (check) => check.outcome,
      severity: (check) => check.severity,
      measured: (check) =>
        check.measured === null ? '-' : `${number(check.measured)}${check.unit === 'percent' ? ' %' : ''}`,
      accepted: (check) => check.accepted,
      'failing rows': (check) => number(check.failingRows),
    }),
    shown.length === 0
      ? ''
      : `First failing rows (${run.sample.length} kept)\n${shown.map(({ check, row }) => `  ${check}: ${plain(row)}`).join('\n')}`,
  );
}
