import type { ErrorTable } from './error-table.ts';

export const modelServerErrors = {
  INFERENCE_KEY_REJECTED: {
    status: 401,
    what: 'The request carries no valid inference key.',
    why: 'Every endpoint is authenticated; a key may also have expired or been revoked.',
    todo: 'Send Authorization: Bearer <key>, with a key of this endpoint.',
  },
  RATE_LIMITED: {
    status: 429,
    what: 'The inference key is over its limit of {limit} requests per second.',
    why: 'Each key has its own limit, so that one caller cannot starve the others.',
    todo: 'Slow down and try again after {retryAfterSeconds} s, or ask for a higher limit.',
  },
  SERVED_MODEL_NOT_FOUND: {
    status: 404,
    what: 'No endpoint {model} is served to this key.',
    why: 'The name is wrong, or the key belongs to another endpoint.',
    todo: 'Check the name of the endpoint and which endpoint the key was made for.',
  },
  SERVED_VERSION_NOT_FOUND: {
    status: 404,
    what: 'The endpoint {model} does not serve version {version}.',
    why: 'Only the versions that take part in its traffic can be asked for.',
    todo: 'Leave the version out, or see GET /v2/models/{model} for the versions served.',
  },
  INFERENCE_PATH_NOT_FOUND: {
    status: 404,
    what: 'There is nothing at {method} {path}.',
    why: 'No protocol that is served here has this path.',
    todo: 'Use POST /v2/models/<endpoint>/infer, or see the guide to the protocols.',
  },
  INFERENCE_METHOD_NOT_ALLOWED: {
    status: 405,
    what: '{path} does not take {method}; it takes {allowed}.',
    why: 'The path exists by another method alone.',
    todo: 'Send the request by {allowed}.',
  },
  INFERENCE_REQUEST_TOO_SLOW: {
    status: 408,
    what: 'The request did not come to an end in time.',
    why: 'Header and body must be there within a bounded time, so that slow senders hold no connections.',
    todo: 'Send the request at once, or in smaller parts.',
  },
  INFERENCE_HEADERS_TOO_LARGE: {
    status: 431,
    what: 'The header of the request is too large.',
    why: 'Headers are held in memory, so they are bounded.',
    todo: 'Send what the request says in its body.',
  },
  INFERENCE_HTTP_BROKEN: {
    status: 400,
    what: 'The request cannot be read as HTTP/1.1.',
    why: 'Its first line, a header or the framing of its body is malformed.',
    todo: 'Look at what the client or a proxy between sends.',
  },
  INVALID_INFERENCE_REQUEST: {
    status: 400,
    what: 'The inference request is not valid: {problem}.',
    why: 'It does not match the Open Inference Protocol or the signature of the model.',
    todo: 'Correct the request; GET /v2/models/<endpoint> gives names, datatypes and shapes.',
  },
  INFERENCE_BODY_TOO_LARGE: {
    status: 413,
    what: 'The request body is larger than {limit} bytes.',
    why: 'Bodies are held in memory, so each endpoint bounds them.',
    todo: 'Send fewer rows per request.',
  },
  MODEL_NOT_READY: {
    status: 503,
    what: 'The endpoint {model} has nothing to answer with yet.',
    why: 'No version was promoted to it, or its first version is still being loaded.',
    todo: 'Try again shortly, or promote a version.',
  },
  MODEL_FAILED: {
    status: 500,
    what: 'The model behind {model} failed to answer.',
    why: 'The model version raised an error and the endpoint has no fallback that could answer instead.',
    todo: 'Look up the instance id in the log of the model server; define a fallback for the endpoint.',
  },
  MODEL_TIMED_OUT: {
    status: 503,
    what: 'The model behind {model} did not answer within {timeoutMs} ms.',
    why: 'The time limit of the endpoint passed and it has no fallback that could answer instead.',
    todo: 'Send fewer rows per request, raise the limit, or define a fallback.',
  },
  MODEL_PAUSED: {
    status: 503,
    what: 'The model behind {model} failed several times in a row and is not asked for the moment.',
    why: 'Each try would cost the time of those who wait; it is tried again after a growing pause.',
    todo: 'Try again after {retryAfterSeconds} s; define a fallback for the endpoint.',
  },
  SERVER_OVERLOADED: {
    status: 503,
    what: 'Too many requests are waiting for {model}.',
    why: 'The queue is bounded: an early refusal is better than a late answer.',
    todo: 'Try again shortly with fewer requests at once.',
  },
  PREDICTION_LOG_UNAVAILABLE: {
    status: 503,
    what: 'The prediction was not given, because it could not be logged.',
    why: 'An answer leaves only after its record is written; the disk of the model server may be full.',
    todo: 'Free space on the volume of the spool; the server is ready again by itself.',
  },
} as const satisfies ErrorTable;
