import { InferenceError, shorten } from '../../inference-error.ts';

/** The codes of gRPC that are answered here (grpc.github.io/grpc/core/md_doc_statuscodes.html). */
export const grpcStatus = {
  ok: 0,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** An error of the wire itself, with a message for the caller. */
export class GrpcError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(shorten(message));
    this.name = 'GrpcError';
    this.code = code;
  }
}

/** The code for an error of the table, by its HTTP status. */
export function statusOfHttp(http: number): number {
  switch (http) {
    case 401:
      return grpcStatus.unauthenticated;
    case 403:
      return grpcStatus.permissionDenied;
    case 404:
      return grpcStatus.notFound;
    case 413:
    case 429:
      return grpcStatus.resourceExhausted;
    case 501:
      return grpcStatus.unimplemented;
    case 503:
      return grpcStatus.unavailable;
    default:
      return http < 500 ? grpcStatus.invalidArgument : grpcStatus.internal;
  }
}

/** Whether an error is the table's. */
export function isInferenceError(error: unknown): error is InferenceError {
  return error instanceof InferenceError;
}

/** A message as `grpc-message` carries it: percent-encoded UTF-8, printable ASCII as it is. */
export function encodeMessage(message: string): string {
  return message.replace(/[^ -$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** `grpc-timeout` in ms; undefined without one. Throws GrpcError for one that is malformed. */
export function parseTimeout(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const [, digits, unit] = /^([0-9]{1,8})([HMSmun])$/.exec(String(header)) ?? [];
  if (digits === undefined || unit === undefined)
    throw new GrpcError(grpcStatus.invalidArgument, 'grpc-timeout is malformed');
  return Number(digits) * (unitMs[unit] ?? 1);
}
