import type { ErrorTable } from './error-table.ts';

export const pipelineErrors = {
  PIPELINE_NOT_FOUND: {
    status: 404,
    what: 'There is no pipeline {name}.',
    why: 'The name is wrong, or the pipeline belongs to another workspace.',
    todo: 'List the pipelines, or put the file of this one.',
  },
  PIPELINE_SPEC_INVALID: {
    status: 400,
    what: 'The pipeline file is not valid:\n{problems}',
    why: 'Every step, input and reference is checked before anything runs.',
    todo: 'Correct the named lines and put the file again.',
  },
  PIPELINE_PARAMETER_INVALID: {
    status: 400,
    what: 'The parameters of pipeline {name} are not valid: {problem}.',
    why: 'A run is given the parameters its pipeline declares, of the type of their defaults, and no others.',
    todo: 'See the parameters of the pipeline.',
  },
  PIPELINE_RUN_NOT_FOUND: {
    status: 404,
    what: 'There is no pipeline run {id}.',
    why: 'The id is wrong, or the run belongs to another workspace.',
    todo: 'List the pipeline runs and take the id from there.',
  },
  PIPELINE_RUN_NOT_RESUMABLE: {
    status: 409,
    what: 'The pipeline run {id} is {status} and cannot be resumed.',
    why: 'Only a failed or cancelled run whose steps have all ended is taken up again.',
    todo: 'Wait until it has ended, or start a new run.',
  },
  STEP_INPUT_INVALID: {
    status: 400,
    what: 'The inputs of step {step} ({kind}) are not valid: {problem}.',
    why: 'After references were resolved, they do not match what the step kind takes.',
    todo: 'Correct the pipeline or the parameters; GET /api/v1/step-kinds shows what each kind takes.',
  },
  STEP_OUTPUT_INVALID: {
    status: 500,
    what: 'The step {step} ({kind}) gave outputs that cannot be kept: {problem}.',
    why: 'Outputs are small JSON values and references; content belongs into the store of a room.',
    todo: 'Report it to the author of the step kind.',
  },
  STEP_INTERRUPTED: {
    status: 500,
    what: 'The work of step {step} ended without a result.',
    why: 'The queue gave its job up: the server died under it too often, or the job was cancelled by itself.',
    todo: 'Look at the log of the server, then resume the run.',
  },
} as const satisfies ErrorTable;
