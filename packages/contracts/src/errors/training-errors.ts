import type { ErrorTable } from './error-table.ts';

export const trainingErrors = {
  TRAINED_MODEL_NOT_FOUND: {
    status: 404,
    what: 'There is no trained model {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the trained models and take the id from there.',
  },
  TRAINING_COLUMN_MISSING: {
    status: 422,
    what: 'The training data has no column {column}.',
    why: 'The step names a column that the split version does not have; it has {known}.',
    todo: 'Correct the name in the step, or build the training set with that column.',
  },
  TRAINING_DATA_UNUSABLE: {
    status: 422,
    what: 'The model cannot be trained on this data: {problem}.',
    why: 'The trainer refuses what would give a meaningless model.',
    todo: 'Look at the profile of the dataset version; correct the label expression, the window or the features.',
  },
  TRAINING_PARAMETERS_INVALID: {
    status: 422,
    what: 'The trainer does not take these parameters: {problem}.',
    why: 'A name or a value is outside what the trainer knows.',
    todo: 'See docs/guides/pipelines.md for the parameters of the trainers.',
  },
  STUDY_NOT_FOUND: {
    status: 404,
    what: 'There is no study {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the studies and take the id from there.',
  },
  STUDY_WITHOUT_RESULT: {
    status: 409,
    what: 'The study {id} has no completed trial.',
    why: 'Every trial failed or was cancelled, so there is no best one.',
    todo: 'Look at the errors of its trials, correct the space, and run it again.',
  },
  STUDY_EXHAUSTED: {
    status: 409,
    what: 'The study {id} has had all of its {limit} trials.',
    why: 'Every study is capped when it is opened.',
    todo: 'Take its best trial, or open a new study with a higher cap.',
  },
  TRIAL_NOT_RUNNING: {
    status: 409,
    what: 'Trial {number} of study {id} is not running.',
    why: 'It was told before, or it was never asked for.',
    todo: 'Ask for a trial, then tell its value once.',
  },
  EVALUATION_NOT_FOUND: {
    status: 404,
    what: 'There is no evaluation {id}.',
    why: 'The id is wrong, or it belongs to another workspace.',
    todo: 'List the evaluations and take the id from there.',
  },
  EVALUATION_DATASET_NOT_FOUND: {
    status: 404,
    what: "Evaluation dataset with id '{id}' not found.",
    why: 'The id is wrong, or the data set was removed or belongs to another workspace.',
    todo: 'Search the evaluation datasets and take the id from there.',
  },
  SCORER_NOT_FOUND: {
    status: 404,
    what: "Scorer with name '{name}'{which} not found for experiment {experiment}.",
    why: 'The name or the version is wrong, or it was removed or belongs to another experiment.',
    todo: 'List the scorers of the experiment and take the name from there.',
  },
  SCORER_ID_NOT_FOUND: {
    status: 404,
    what: "There is no scorer with the id '{id}'.",
    why: 'The id is wrong, or it was removed or belongs to another workspace.',
    todo: 'List the scorers and take the id from there.',
  },
  SCORER_HOLDS_CODE: {
    status: 400,
    what: "The scorer '{name}' holds code.",
    why: 'Whoever loads such a scorer runs the code in it.',
    todo: 'Keep its code in a repository and register a scorer made of instructions.',
  },
  EVALUATION_UNCOMPARABLE: {
    status: 422,
    what: 'The models cannot be compared: {problem}.',
    why: 'A comparison is only valid on the same rows with the same label.',
    todo: 'Evaluate all of them on the same part of the same split.',
  },
} as const satisfies ErrorTable;
