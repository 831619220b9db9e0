import { type ErrorCode, errorTable } from '@esteira/contracts';

type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** The one error class of the control plane: an entry of the error table, filled with details. */
export class EsteiraError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails, cause: unknown) {
    const entry = errorTable[code];
    const what = fill(entry.what, details);
    super(what, { cause });
    this.name = 'EsteiraError';
    this.code = code;
    this.status = entry.status;
    this.what = what;
    this.why = fill(entry.why, details);
    this.todo = fill(entry.todo, details);
    this.details = details;
  }
}

/** Makes an error of the table. `details` fill the `{placeholders}` and travel to the client; `cause` stays in the log. */
export function esteiraError(code: ErrorCode, details: ErrorDetails = {}, cause?: unknown): EsteiraError {
  return new EsteiraError(code, details, cause);
}

function fill(text: string, details: ErrorDetails): string {
  return text.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
    name in details ? String(details[name]) : placeholder,
  );
}
