/** What scripts can rely on. `refused`: a gate, a contract or a policy said no, and the command worked as it should. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, refused: 3 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Entries of the error table that are a verdict on data or a model, not a failure of the request. */
const refusals: ReadonlySet<string> = new Set([
  'CASES_FAILED',
  'DATASET_REFUSED',
  'MODEL_NOT_REGISTRABLE',
  'POLICY_WEAKENED',
  'ROLLOUT_TAKEN_BACK',
]);

/** The exit code of an error of the table. */
export function exitCodeOf(errorCode: string): ExitCode {
  return refusals.has(errorCode) ? exitCodes.refused : exitCodes.failed;
}
