/**
 * Input this package refuses. `code` is permanent and machine-readable (`ROWS_EMPTY`,
 * `COLUMN_LENGTH_MISMATCH`, …); callers map it to their own error table.
 */
export class MlInputError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'MlInputError';
    this.code = code;
  }
}
