import { type ErrorEntry, errorTable } from '@esteira/contracts';
import { code, markdownTable, pageHead } from './markdown.ts';

/** The error table by status. */
export function errorsPage(): string {
  const entries: readonly (readonly [string, ErrorEntry])[] = Object.entries(errorTable);
  const rows = [...entries]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, { status, what, why, todo }]) => [code(name), String(status), what, why, todo]);
  const introduction =
    'Every error has a permanent code and says what happened, why, and what to do; `{…}` is filled from its details. Answers are RFC 9457 problem details (`application/problem+json`) with `code`, `what`, `why`, `todo`, `details` and an `instance` id that finds the cause in the log. `esteira errors CODE` explains one offline. Sources: `packages/contracts/src/errors/`.';
  return `${pageHead('Errors', introduction)}\n${markdownTable(['code', 'status', 'what', 'why', 'what to do'], rows)}`;
}
