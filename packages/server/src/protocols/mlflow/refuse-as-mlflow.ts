import type { ErrorCode } from '@esteira/contracts';
import { EsteiraError } from '../../kernel/errors.ts';
import type { WireAnswer } from '../../kernel/wire-route.ts';
import { MlflowError, type MlflowErrorCode, mlflowStatus } from './mlflow-error.ts';

/** Entries of our table that MLflow's clients know by a code other than that of their status. */
const codes: Partial<Record<ErrorCode, MlflowErrorCode>> = {
  ROUTE_NOT_FOUND: 'ENDPOINT_NOT_FOUND',
  EXPERIMENT_EXISTS: 'RESOURCE_ALREADY_EXISTS',
  EXPERIMENT_DELETED: 'INVALID_PARAMETER_VALUE',
  RUN_DELETED: 'INVALID_PARAMETER_VALUE',
  PARAM_CHANGED: 'INVALID_PARAMETER_VALUE',
};

type Details = EsteiraError['details'];

/** Entries whose words programs look for. */
const texts: Partial<Record<ErrorCode, (details: Details) => string>> = {
  EXPERIMENT_EXISTS: ({ name }) => `Experiment(name=${name}) already exists.`,
  EXPERIMENT_NOT_FOUND: ({ id }) => `No Experiment with id=${id} exists`,
  EXPERIMENT_DELETED: ({ name }) =>
    `The experiment ${name} must be in the 'active' state. Current state is deleted.`,
  RUN_NOT_FOUND: ({ id }) => `Run with id=${id} not found`,
  RUN_DELETED: ({ id }) => `The run ${id} must be in the 'active' state. Current state is deleted.`,
  ARTIFACT_PATH_INVALID: () => 'Invalid path',
  TRACE_NOT_FOUND: ({ id }) => `Trace with ID '${id}' not found.`,
  ISSUE_NOT_FOUND: ({ id }) => `Issue with ID '${id}' not found`,
  PARAM_CHANGED: ({ id, name, stored, sent }) =>
    `Changing param values is not allowed. Param with key='${name}' was already logged with value='${stored}' for run ID='${id}'. Attempted logging new value '${sent}'.`,
};

const codeOfStatus: Readonly<Record<number, MlflowErrorCode>> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  409: 'RESOURCE_CONFLICT',
  413: 'INVALID_PARAMETER_VALUE',
  415: 'INVALID_PARAMETER_VALUE',
  422: 'INVALID_PARAMETER_VALUE',
  429: 'REQUEST_LIMIT_EXCEEDED',
  501: 'NOT_IMPLEMENTED',
  503: 'TEMPORARILY_UNAVAILABLE',
};

/** The statuses that MLflow's clients expect where ours are finer. */
const wireStatus: Readonly<Record<number, number>> = { 413: 400, 415: 400, 422: 400 };

/** Any error as MLflow tells it: `{error_code, message}`. Nothing of an unexpected one reaches the caller. */
export function refuseAsMlflow(error: unknown, instance: string): WireAnswer {
  if (error instanceof MlflowError) return answer(error.status, error.code, error.message);
  if (!(error instanceof EsteiraError))
    return answer(500, 'INTERNAL_ERROR', `The server failed. Its log has the cause under ${instance}.`);
  const code = codes[error.code] ?? codeOfStatus[error.status] ?? 'INTERNAL_ERROR';
  const { retryAfterSeconds } = error.details;
  const headers: Record<string, string> = {};
  if (error.status === 401) headers['www-authenticate'] = 'Basic realm="mlflow"';
  if (typeof retryAfterSeconds === 'number') headers['retry-after'] = String(retryAfterSeconds);
  const message = texts[error.code]?.(error.details) ?? `${error.what} ${error.why} ${error.todo}`;
  const status = error.code in codes ? mlflowStatus(code) : (wireStatus[error.status] ?? error.status);
  return answer(status, code, message, headers);
}

function answer(
  status: number,
  code: MlflowErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): WireAnswer {
  return { status, headers, body: { error_code: code, message } };
}
