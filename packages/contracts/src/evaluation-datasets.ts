import { z } from 'zod';
import { ById, Json, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const JsonObject = z.record(z.string(), Json);
const ExperimentId = z.string().min(1).max(128);

/** Experiments that a thing belongs to, as people know them. */
export const NamedExperiment = z.object({ id: z.string(), number: z.number().int(), name: z.string() });

/** Examples with what is expected of an answer, by which prompts, models and agents are judged. */
export const EvaluationDataset = z.object({
  id: z.string(),
  name: z.string(),
  tags: z.record(z.string(), z.string()),
  experiments: z.array(NamedExperiment),
  /** How many examples it holds. */
  records: z.number().int(),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type EvaluationDataset = z.infer<typeof EvaluationDataset>;

/** Where a record came from. */
const RecordSource = z.strictObject({
  type: z.enum(['UNSPECIFIED', 'TRACE', 'HUMAN', 'DOCUMENT', 'CODE']),
  data: JsonObject,
});

/** An example. Within its data set the inputs are its identity. */
export const EvaluationRecord = z.object({
  id: z.string(),
  inputs: JsonObject,
  outputs: Json,
  /** Null when nothing was ever expected. */
  expectations: JsonObject.nullable(),
  tags: JsonObject,
  source: RecordSource.optional(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type EvaluationRecord = z.infer<typeof EvaluationRecord>;

const GivenRecord = z.strictObject({
  inputs: JsonObject,
  outputs: Json.optional(),
  expectations: JsonObject.default({}),
  tags: JsonObject.default({}),
  source: RecordSource.optional(),
});

const mostRecordsAtOnce = 1_000;
const recordsBytes = 64 * 1024 * 1024;

/** Evaluation datasets of language models; the MLflow protocol reaches the same ones. */
export const evaluationDatasetsApi = {
  listDatasets: route({
    id: 'evaluation.listDatasets',
    method: 'GET',
    path: '/api/v1/evaluation-datasets',
    access: 'tracking:read',
    summary: 'Lists evaluation datasets, newest first.',
    query: PageQuery.extend({
      /** Id of an experiment that it belongs to. */
      experiment: ExperimentId.optional(),
    }),
    response: pageOf(EvaluationDataset),
  }),
  createDataset: route({
    id: 'evaluation.createDataset',
    method: 'POST',
    path: '/api/v1/evaluation-datasets',
    access: 'tracking:write',
    summary: 'Makes an evaluation dataset without records.',
    body: z.strictObject({
      name: z.string().trim().min(1).max(500),
      tags: z.record(z.string().min(1).max(250), z.string().max(5_000)).default({}),
      /** Ids of the experiments it belongs to. */
      experiments: z.array(ExperimentId).max(100).default([]),
    }),
    response: EvaluationDataset,
    status: 201,
  }),
  getDataset: route({
    id: 'evaluation.getDataset',
    method: 'GET',
    path: '/api/v1/evaluation-datasets/:id',
    access: 'tracking:read',
    summary: 'Shows an evaluation dataset.',
    params: ById,
    response: EvaluationDataset,
  }),
  deleteDataset: route({
    id: 'evaluation.deleteDataset',
    method: 'DELETE',
    path: '/api/v1/evaluation-datasets/:id',
    access: 'tracking:write',
    summary: 'Deletes an evaluation dataset with its records.',
    params: ById,
    response: z.object({}),
  }),
  listRecords: route({
    id: 'evaluation.listRecords',
    method: 'GET',
    path: '/api/v1/evaluation-datasets/:id/records',
    access: 'tracking:read',
    summary: 'Lists the records of an evaluation dataset in the order they were added.',
    params: ById,
    query: PageQuery,
    response: pageOf(EvaluationRecord),
  }),
  addRecords: route({
    id: 'evaluation.addRecords',
    method: 'POST',
    path: '/api/v1/evaluation-datasets/:id/records',
    access: 'tracking:write',
    summary: 'Adds records; those whose inputs are there already are merged into what is there.',
    maximumBytes: recordsBytes,
    params: ById,
    body: z.strictObject({ records: z.array(GivenRecord).min(1).max(mostRecordsAtOnce) }),
    response: z.object({ added: z.number().int(), merged: z.number().int() }),
  }),
  deleteRecord: route({
    id: 'evaluation.deleteRecord',
    method: 'DELETE',
    path: '/api/v1/evaluation-datasets/:id/records/:record',
    access: 'tracking:write',
    summary: 'Deletes a record of an evaluation dataset; nothing happens when it is not there.',
    params: ById.extend({ record: z.string().min(1).max(128) }),
    response: z.object({}),
  }),
} as const;
