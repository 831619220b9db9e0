import type { RunStatus } from '@esteira/contracts';

/** Statuses that a run can be looked for by, in the order of its life. */
export const runStatuses = [
  'scheduled',
  'running',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly RunStatus[];
