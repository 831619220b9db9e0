/** An answer other than success, as the server's error table words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly why: string;
  readonly todo: string;
  /** Finds the cause in the server's log. */
  readonly instance: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, problem: Readonly<Record<string, unknown>>) {
    super(typeof problem.what === 'string' ? problem.what : `The server answered ${status}.`);
    this.name = 'ApiError';
    this.status = status;
    this.code = typeof problem.code === 'string' ? problem.code : 'UNKNOWN';
    this.why = typeof problem.why === 'string' ? problem.why : '';
    this.todo = typeof problem.todo === 'string' ? problem.todo : '';
    this.instance = typeof problem.instance === 'string' ? problem.instance : '';
    this.details =
      typeof problem.details === 'object' && problem.details !== null ? { ...problem.details } : {};
  }
}
