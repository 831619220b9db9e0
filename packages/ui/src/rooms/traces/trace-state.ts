const statuses = {
  STATE_UNSPECIFIED: 'done',
  UNSET: 'done',
  OK: 'ok',
  ERROR: 'failed',
  IN_PROGRESS: 'running',
} as const;

/** The status that the page shows for the state of a trace or the status of a span. */
export function traceState(state: keyof typeof statuses) {
  return statuses[state];
}
