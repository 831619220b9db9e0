import { type ErrorCode, errorTable } from '@esteira/contracts/data-plane';

type Details = Readonly<Record<string, string | number>>;

/** An entry of the error table as the data plane answers it. */
export class InferenceError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: Details;

  constructor(code: ErrorCode, details: Details, cause: unknown) {
    super(
      errorTable[code].what.replace(/\{(\w+)\}/g, (placeholder, name: string) =>
        name in details ? shorten(String(details[name])) : placeholder,
      ),
      { cause },
    );
    this.name = 'InferenceError';
    this.code = code;
    this.status = errorTable[code].status;
    this.details = details;
  }
}

/** As much of a text as an error says: what callers write comes back to them, in a header of gRPC even, but not all of it. */
export function shorten(text: string): string {
  return text.length <= longestDetail ? text : `${text.slice(0, longestDetail)}…`;
}

const longestDetail = 500;

/** Makes an error of the table; `cause` stays in the log. */
export function inferenceError(code: ErrorCode, details: Details = {}, cause?: unknown): InferenceError {
  return new InferenceError(code, details, cause);
}

/** A request that the caller got wrong, said in words. */
export function invalidRequest(problem: string): InferenceError {
  return inferenceError('INVALID_INFERENCE_REQUEST', { problem });
}
