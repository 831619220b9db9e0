import type { ErrorTable } from './error-table.ts';

export const registryErrors = {
  IMPORT_VERSION_TAKEN: {
    status: 409,
    what: 'The version {version} of {model} cannot be imported: the model has another version of that number here.',
    why: 'An import keeps the numbers of versions and overwrites nothing.',
    todo: 'Rename the model here or where it comes from, then import again.',
  },
  MODEL_NOT_FOUND: {
    status: 404,
    what: 'There is no registered model {name}.',
    why: 'The name is wrong, or the model belongs to another workspace.',
    todo: 'List the models and take the name from there.',
  },
  MODEL_NAME_TAKEN: {
    status: 409,
    what: 'A model {name} is registered already.',
    why: 'Names are unique within a workspace, and a name keeps its project.',
    todo: 'Register a version of it, or choose another name.',
  },
  MODEL_VERSION_NOT_FOUND: {
    status: 404,
    what: 'There is no model version {version}.',
    why: 'The number, alias or id is wrong, or it belongs to another workspace.',
    todo: 'List the versions of the model and take it from there.',
  },
  MODEL_ALIAS_NOT_FOUND: {
    status: 404,
    what: 'The model {model} has no alias {alias}.',
    why: 'The alias was never set, or it was taken away.',
    todo: 'Show the model to see its aliases.',
  },
  LOGGED_MODEL_NOT_FOUND: {
    status: 404,
    what: 'There is no logged model {id}.',
    why: 'The id is wrong, the model was deleted, or it belongs to another workspace.',
    todo: 'Search the logged models of the experiment and take the id from there.',
  },
  LABEL_PROTECTED: {
    status: 403,
    what: 'The change {change} is open for it, and nothing has been done yet: {label} is protected.',
    why: 'Labels that endpoints follow or a policy protects move by changes alone: {because}.',
    todo: 'Have the change {change} approved by somebody else and apply it.',
  },
  MODEL_IN_USE: {
    status: 403,
    what: '{subject} cannot be {action}.',
    why: 'The endpoint {endpoint} depends on it.',
    todo: 'Have the endpoint serve something else first.',
  },
  MODEL_VERSION_NOT_DEPLOYABLE: {
    status: 409,
    what: 'No endpoint can serve {model} version {version}: {problem}.',
    why: 'Endpoints serve versions that were checked and evaluated here, so that gates have something to judge.',
    todo: 'Train and evaluate the model here and register it with its evaluation.',
  },
  PICKLE_NOT_ALLOWED: {
    status: 403,
    what: 'The model has files that run code when they are loaded, and they are not allowed: {files}.',
    why: 'A pickle is a program. Whoever made the file decides what it does.',
    todo: 'Have an owner look at where they come from and allow them (esteira models allow-pickle {digest} --reason TEXT), or export the model to ONNX.',
  },
  MODEL_NOT_REGISTRABLE: {
    status: 422,
    what: 'The model cannot be registered: {problem}.',
    why: 'A version is frozen only when its graph is safe to load, answers its stored examples and says what it takes.',
    todo: 'Correct what is named and train or export the model again.',
  },
  MODEL_NOT_CONVERTIBLE: {
    status: 422,
    what: 'The model cannot be converted to ONNX: {problem}.',
    why: 'A graph is written by the converter of the library that made the model, and only for what the converter knows.',
    todo: 'Correct what is named, or deploy the model as Python code.',
  },
  CONVERSION_DIFFERS: {
    status: 422,
    what: 'The converted graph answers otherwise than the model: {output} of row {row} is {graph}, and was {original} (difference {difference}, at most {tolerance}).',
    why: 'A graph takes the place of a model only when both answer the same; the row was {values}.',
    todo: 'Deploy the model as Python code, or train it on float32 columns and convert it again.',
  },
  MODEL_BYTES_CHANGED: {
    status: 409,
    what: 'The stored bytes of {model} version {version} are not those that were registered.',
    why: 'A version is frozen by digest; content that no longer has it is never loaded.',
    todo: 'Restore the content from a backup, or register the model again as a new version.',
  },
} as const satisfies ErrorTable;
