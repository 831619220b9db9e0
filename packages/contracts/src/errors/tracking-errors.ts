import type { ErrorTable } from './error-table.ts';

export const trackingErrors = {
  IMPORT_ID_TAKEN: {
    status: 409,
    what: 'The {kind} {id} cannot be imported: another workspace of this server has one with the id.',
    why: 'Ids of runs and logged models are unique in an installation, and an import keeps them.',
    todo: 'Import into that workspace, or into another installation.',
  },
  EXPERIMENT_NOT_FOUND: {
    status: 404,
    what: 'There is no experiment {id}.',
    why: 'The id is wrong, or the experiment belongs to another workspace.',
    todo: 'List the experiments and take the id from there.',
  },
  EXPERIMENT_EXISTS: {
    status: 409,
    what: 'An experiment named {name} exists already.',
    why: 'Names of experiments are unique in a workspace; a deleted experiment keeps its name until it is purged.',
    todo: 'Choose another name, use the existing experiment, or restore it.',
  },
  EXPERIMENT_DELETED: {
    status: 409,
    what: 'The experiment {name} is deleted.',
    why: 'Nothing is written into a deleted experiment.',
    todo: 'Restore it, or use another experiment.',
  },
  RUN_NOT_FOUND: {
    status: 404,
    what: 'There is no run {id}.',
    why: 'The id is wrong, or the run belongs to another workspace.',
    todo: 'Search the runs and take the id from there.',
  },
  RUN_DELETED: {
    status: 409,
    what: 'The run {id} is deleted.',
    why: 'Nothing is written into a deleted run.',
    todo: 'Restore it first.',
  },
  PARAM_CHANGED: {
    status: 409,
    what: 'The parameter {name} of run {id} is "{stored}" and cannot become "{sent}".',
    why: 'Parameters say how a run was made; changing one later would falsify the record. Nothing of the batch was kept.',
    todo: 'Start a new run for the new value, or log what changes as a metric or a tag.',
  },
  METRIC_NOT_FOUND: {
    status: 404,
    what: 'The run {id} has no metric {name}.',
    why: 'It was never logged, or the name is misspelt.',
    todo: 'See the metrics of the run.',
  },
  ARTIFACT_PATH_INVALID: {
    status: 400,
    what: 'The artifact path {path} is not allowed: {problem}.',
    why: 'Paths of artifacts are relative, with forward slashes, and stay inside what they are kept with.',
    todo: 'Send a path like plots/roc.png.',
  },
  ARTIFACT_NOT_FOUND: {
    status: 404,
    what: 'The {kind} {id} has no artifact {path}.',
    why: 'It was never stored, or the path is misspelt.',
    todo: 'List the artifacts that are there.',
  },
  ARTIFACT_IN_THE_WAY: {
    status: 409,
    what: 'No artifact can be stored at {path}: there is {other}.',
    why: 'A path is a file or a folder, not both.',
    todo: 'Choose another path, or delete what is there.',
  },
  ARTIFACT_OWNER_NOT_FOUND: {
    status: 404,
    what: 'There is no {kind} {id} to keep files with.',
    why: 'The id is wrong, it was deleted, or it belongs to another workspace.',
    todo: 'Make it first, or take the id from where it is listed.',
  },
  ARTIFACT_UPLOAD_NOT_FOUND: {
    status: 404,
    what: 'There is no upload {id} for this path.',
    why: 'It was ended, it is older than a day, or it was begun for another path or in another workspace.',
    todo: 'Begin the upload again.',
  },
  ARTIFACT_UPLOAD_INVALID: {
    status: 400,
    what: 'The upload {id} cannot go on: {problem}.',
    why: 'A file is whole when every part that was announced has arrived and is named with what the server answered for it.',
    todo: 'Send the parts that are missing, or end the upload and begin again.',
  },
  COMMENT_NOT_FOUND: {
    status: 404,
    what: 'There is no comment {id}.',
    why: 'The id is wrong, the comment was deleted, or its run belongs to another workspace.',
    todo: 'List the comments of the run and take the id from there.',
  },
  COMMENT_NOT_YOURS: {
    status: 403,
    what: 'The comment {id} is not yours to change.',
    why: 'A comment is what its author said, and is changed or deleted by its author alone.',
    todo: 'Answer it with a comment of your own.',
  },
  SAVED_VIEW_NOT_FOUND: {
    status: 404,
    what: 'There is no saved view {id}.',
    why: 'The id is wrong, the view was deleted, or somebody else keeps it for themselves.',
    todo: 'List the saved views and take the id from there.',
  },
  SAVED_VIEW_NOT_YOURS: {
    status: 403,
    what: 'The saved view {id} is not yours to change.',
    why: 'A view that is shared stays as its owner made it.',
    todo: 'Save it under a name of your own and change that.',
  },
  SAVED_VIEW_EXISTS: {
    status: 409,
    what: 'You have a saved view named {name} already.',
    why: 'The names of a person’s views are unique in a project.',
    todo: 'Choose another name, or update the view that is there.',
  },
  RUN_FILTER_INVALID: {
    status: 400,
    what: 'The search of runs is not understood: {problem}.',
    why: 'Conditions are <field> <operator> <value>, joined by AND.',
    todo: "Write it like metrics.auc > 0.8 and params.trainer = 'gbdt'.",
  },
} as const satisfies ErrorTable;
