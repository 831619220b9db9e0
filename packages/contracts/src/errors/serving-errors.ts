import type { ErrorTable } from './error-table.ts';

export const servingErrors = {
  MODEL_SECRET_NOT_FOUND: {
    status: 404,
    what: 'There is no secret {name} for remote models.',
    why: 'It was never put, was deleted, or belongs to another workspace.',
    todo: 'List the secrets (esteira models secrets list) and take the name from there.',
  },
  ENDPOINT_NOT_FOUND: {
    status: 404,
    what: 'There is no endpoint {name}.',
    why: 'The name is wrong, or the endpoint belongs to another workspace.',
    todo: 'List the endpoints and take the name from there.',
  },
  ENDPOINT_NAME_TAKEN: {
    status: 409,
    what: 'An endpoint {name} exists already.',
    why: 'Names are unique within a workspace.',
    todo: 'Promote a version to the existing endpoint, or choose another name.',
  },
  ENDPOINT_MODEL_MISMATCH: {
    status: 409,
    what: 'The endpoint {endpoint} serves the model {model}; the version is one of {other}.',
    why: 'What is logged and monitored under an endpoint must be about one model.',
    todo: 'Choose a version of {model}, or open an endpoint for {other}.',
  },
  ENDPOINT_STATE: {
    status: 409,
    what: 'The endpoint {endpoint} cannot do this now: {problem}.',
    why: 'The step needs the endpoint in another state.',
    todo: 'See GET /api/v1/endpoints/{endpoint} for what it serves.',
  },
  INFERENCE_KEY_NOT_FOUND: {
    status: 404,
    what: 'The endpoint {endpoint} has no key {id}.',
    why: 'The id is wrong, or the key was revoked before.',
    todo: 'List the keys of the endpoint.',
  },
  REQUEST_POLICY_UNFIT: {
    status: 422,
    what: 'The request policies do not fit {endpoint}: {problem}.',
    why: 'A policy that could never hold, or is about a feature the model does not have, would refuse every request or none.',
    todo: 'See the signature of the version that the endpoint serves for its features.',
  },
  RESPONSE_CACHE_UNFIT: {
    status: 422,
    what: 'Answers of {endpoint} cannot be kept: nothing says that {model} version {version} answers equal questions equally.',
    why: 'It runs Python, is asked elsewhere, is a pipeline, or draws random numbers: a kept answer could be one that it would not give again.',
    todo: 'Declare the models of the endpoint deterministic if they are (deterministic: true, or --deterministic).',
  },
  SANDBOX_ONLY: {
    status: 409,
    what: '{endpoint} is no sandbox: its stage is {stage}.',
    why: 'Callers are counted, and use is limited, in development alone.',
    todo: 'Name an endpoint of the stage development.',
  },
  FALLBACK_IS_ITSELF: {
    status: 422,
    what: 'The fallback would be the version that it stands in for.',
    why: 'A version that fails cannot answer for itself.',
    todo: 'Choose an earlier version, or a rule.',
  },
  DATA_PLANE_AWAY: {
    status: 503,
    what: 'The model server did not reach the state in time: {problem}.',
    why: 'It is starting, it cannot be reached, or it cannot load the version.',
    todo: 'See the log of the model server and try again.',
  },
  PREDICTION_LINES_BROKEN: {
    status: 400,
    what: 'The predictions from {source} at offset {offset} cannot be read: {problem}.',
    why: 'They are cut or not in the format of the prediction log; nothing of them was kept.',
    todo: 'The model server sends them again; if it persists, compare the releases of both.',
  },
  ROLLOUT_TAKEN_BACK: {
    status: 409,
    what: 'The rollout was stopped at {step}: {problem}.',
    why: 'The candidate did not meet the conditions of the step, so it must not get more traffic.',
    todo: 'See the comparisons of the rollout; train a better version or correct what is named.',
  },
  ROLLOUT_NOT_FOUND: {
    status: 404,
    what: 'There is no rollout of the change {id}.',
    why: 'The id is wrong, or the change has not begun to move traffic.',
    todo: 'Take the id from the list of changes.',
  },
  TRIAL_FAILED: {
    status: 503,
    what: 'The trial of the version could not be carried out: {problem}.',
    why: 'The model server that was started for it did not come up or stopped.',
    todo: 'See the log of the control plane and try again.',
  },
} as const satisfies ErrorTable;
