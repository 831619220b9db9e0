import type { ErrorTable } from './error-table.ts';

export const monitoringErrors = {
  MONITOR_NOT_FOUND: {
    status: 404,
    what: 'There is no monitor {name}.',
    why: 'The name is wrong, or it belongs to another workspace.',
    todo: 'List the monitors and take the name from there.',
  },
  MONITOR_REFERENCE_UNUSABLE: {
    status: 422,
    what: 'The reference of the monitor cannot be used: {problem}.',
    why: 'Windows are compared with the rows the model was judged on; without them nothing can be said.',
    todo: 'Name a split and one of its parts, or a dataset version, that has the columns to watch.',
  },
  MONITOR_WINDOW_INVALID: {
    status: 422,
    what: 'The time range of the windows makes no sense: {problem}.',
    why: 'Windows are half-open ranges of event time in milliseconds since 1970.',
    todo: 'Give from before to, at most {limit} windows apart.',
  },
  MONITOR_METRIC_UNSUITABLE: {
    status: 422,
    what: 'The metric {metric} does not fit the model of {endpoint}.',
    why: 'The model is one of {task}; only metrics of that kind can be computed from its labels.',
    todo: 'Choose mae or rmse for numbers, any other metric for classes.',
  },
  MONITORED_ENDPOINT_NOT_FOUND: {
    status: 404,
    what: 'There is no endpoint {endpoint}.',
    why: 'The name is wrong, or it belongs to another workspace.',
    todo: 'Create the endpoint first, then its monitor, labels and retraining policy.',
  },
  LABEL_TYPE_MISMATCH: {
    status: 422,
    what: 'The label {label} of the prediction {predictionId} is {given}, but {endpoint} expects {expected}.',
    why: 'Labels and scores are joined by id and compared; a label of another type would give a wrong metric without a word.',
    todo: 'Send labels of the expected type. No label of this batch was stored.',
  },
  LABEL_CONFLICT: {
    status: 422,
    what: 'The batch gives the prediction {predictionId} two different labels.',
    why: 'Inside one batch nothing says which of them is right.',
    todo: 'Send one label per prediction; a correction goes into a later batch. No label of this batch was stored.',
  },
  ALERT_NOT_FOUND: {
    status: 404,
    what: 'There is no alert {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the alerts and take the id from there.',
  },
  ALERT_NOT_FIRING: {
    status: 409,
    what: 'The alert {id} is {state}, so it cannot be acknowledged.',
    why: 'Only a firing alert waits for somebody.',
    todo: 'Look at its transitions; nothing may be left to do.',
  },
  ALERT_ROUTE_NOT_FOUND: {
    status: 404,
    what: 'There is no alert route {name}.',
    why: 'Alerts that go nowhere are as good as none, so a monitor names a route that exists.',
    todo: 'Create the alert route, send its test message, and acknowledge it.',
  },
  NOTIFICATION_NOT_FOUND: {
    status: 404,
    what: 'There is no notification {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the notifications and take the id from there.',
  },
  SILENCE_NOT_FOUND: {
    status: 404,
    what: 'There is no silence {id}, or it has ended.',
    why: 'The id is wrong, or somebody ended it.',
    todo: 'List the silences and take the id from there.',
  },
  RETRAINING_POLICY_NOT_FOUND: {
    status: 404,
    what: 'There is no retraining policy {name}.',
    why: 'The name is wrong, or it belongs to another workspace.',
    todo: 'List the retraining policies and take the name from there.',
  },
  RETRAINING_RUN_NOT_FOUND: {
    status: 404,
    what: 'There is no retraining {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the retrainings and take the id from there.',
  },
  RETRAINING_TEMPLATE_INVALID: {
    status: 422,
    what: 'The parameter {parameter} cannot be filled: {problem}.',
    why: 'Parameters may hold window.start, window.end and now, each with + or - durations, and live.trainedModel.',
    todo: 'Correct the text; window.end - P30D is the day thirty days before the end of the window.',
  },
} as const satisfies ErrorTable;
