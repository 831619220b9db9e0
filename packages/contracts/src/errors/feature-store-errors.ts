import type { ErrorTable } from './error-table.ts';

export const featureStoreErrors = {
  FEATURE_DEFINITION_INVALID: {
    status: 422,
    what: 'The definition of {name} is not valid: {problem}.',
    why: 'Features are computed by SQL that the platform writes from this definition; nothing unchecked goes into it.',
    todo: 'Correct the named part and send the definition again.',
  },
  FEATURE_DEFINITION_NOT_FOUND: {
    status: 404,
    what: 'There is no {kind} {name}.',
    why: 'The name is wrong, or it was never declared in this workspace.',
    todo: 'List what is declared, or declare it first.',
  },
  FEATURE_SOURCE_MISSING: {
    status: 422,
    what: 'The view {view} reads the dataset {dataset}, for which no version was given.',
    why: 'A training set names the exact version of every dataset it reads.',
    todo: 'Add the version under `sources`, or leave the view out of the service.',
  },
  TRAINING_SET_FAILED: {
    status: 422,
    what: 'The training set {name} cannot be built: {problem}.',
    why: 'An expression does not fit the columns of the source version, or no row is left.',
    todo: 'Compare the expressions with the schema of the version, and the window with its rows.',
  },
  ONLINE_ROW_INVALID: {
    status: 400,
    what: 'The rows cannot be looked up: {problem}.',
    why: 'The keys of the feature service are computed from columns that the request has to carry.',
    todo: 'Send every column the service names, with values of its type.',
  },
} as const satisfies ErrorTable;
