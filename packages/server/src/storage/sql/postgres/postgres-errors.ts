import { esteiraError } from '../../../kernel/errors.ts';
import { RowsMissed } from '../sql-database.ts';

// SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html
const serializationFailure = '40001';
const deadlockDetected = '40P01';
const featureNotSupported = '0A000';
const diskFull = '53100';
const tooManyConnections = '53300';
const readOnlyTransaction = '25006';
const characterNotInRepertoire = '22021';
const invalidParameterValue = '22023';
const invalidTextRepresentation = '22P02';
const failedTransaction = '25P02';
const insufficientPrivilege = '42501';
const invalidPassword = '28P01';
const invalidAuthorization = '28000';

/** Shutdown by an administrator, after a crash, a server that starts or stops, and an idle session that was ended. */
const endedCodes: ReadonlySet<string> = new Set([
  '57P01',
  '57P02',
  '57P03',
  '57P05',
  '25P03',
  tooManyConnections,
]);

const socketCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The SQLSTATE or the code of the socket; empty when there is none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The transaction met another one and would succeed alone. */
export function isCollision(error: unknown): boolean {
  const code = errorCode(error);
  if (code === serializationFailure || code === deadlockDetected) return true;
  // A prepared `select *` whose table got a column since: the next connection prepares it anew.
  return code === featureNotSupported && error instanceof Error && error.message.includes('cached plan');
}

/** The server does not take the user or the password. */
export function isUserRefused(error: unknown): boolean {
  const code = errorCode(error);
  return code === invalidPassword || code === invalidAuthorization;
}

/**
 * The connection is gone, or could not be made now: nothing is known of a statement that was under way. A refused user counts
 * too: the password may be replaced in the server a moment before it is in this server's file.
 */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCode(error);
  if (endedCodes.has(code) || code.startsWith('08') || socketCodes.has(code)) return true;
  if (isUserRefused(error)) return true;
  // The library's own words for a socket that closed or a server that did not answer have no code.
  return (
    error instanceof Error &&
    code === '' &&
    /^(Connection terminated|timeout expired|Client (has encountered|was closed))/.test(error.message)
  );
}

export function isUnknownTransaction(error: unknown): boolean {
  return errorCode(error) === invalidParameterValue;
}

/** Of a statement behind one that failed: nothing was wrong with it. */
export function isConsequence(error: unknown): boolean {
  return errorCode(error) === failedTransaction;
}

/** What a statement reads as a number when it missed a row; the server repeats it. */
export const rowsMissedWords = 'esteira: rows missed';

/** What the caller is told of an error of the engine: an entry of the error table where there is one. */
export function toPortError(error: unknown): unknown {
  const code = errorCode(error);
  if (code === diskFull) return esteiraError('STORAGE_FULL', {}, error);
  if (code === characterNotInRepertoire) {
    return esteiraError(
      'INVALID_REQUEST',
      { problem: 'text with the character NUL cannot be stored' },
      error,
    );
  }
  if (code === invalidTextRepresentation && (error as Error).message.includes(rowsMissedWords)) {
    return new RowsMissed();
  }
  if (code === readOnlyTransaction) {
    return new Error('Rows are written inside SqlDatabase.transaction only.', { cause: error });
  }
  if (code === insufficientPrivilege) {
    const problem = `databaseUrl: its user lacks a right on the database: ${(error as Error).message}`;
    return esteiraError('BAD_CONFIG', { problem }, error);
  }
  if (isConnectionLost(error)) {
    return esteiraError('DATABASE_UNAVAILABLE', { problem: connectionProblem(error) }, error);
  }
  return error;
}

/** Says what is wrong with the connection without repeating what the library says, which can hold the address. */
export function connectionProblem(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ECONNREFUSED' || code === 'ENOENT') return 'nothing listens at its address';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its host name is not known';
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT')
    return 'its host does not answer';
  if (code === '57P03') return 'it is starting or stopping';
  if (code === tooManyConnections) return 'it has no connection left for this server';
  if (isUserRefused(error)) return 'it refuses the user or the password of this server';
  return 'the connection was lost';
}
