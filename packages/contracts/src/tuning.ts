import { z } from 'zod';
import { ById, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

const Choice = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** One dimension of the search. `log` searches on a logarithmic scale; `step` on a grid. */
export const ParameterDistribution = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('float'),
    low: z.number(),
    high: z.number(),
    log: z.boolean().exactOptional(),
    step: z.number().positive().exactOptional(),
  }),
  z.strictObject({
    type: z.literal('int'),
    low: z.number().int(),
    high: z.number().int(),
    log: z.boolean().exactOptional(),
    step: z.number().int().positive().exactOptional(),
  }),
  z.strictObject({ type: z.literal('categorical'), choices: z.array(Choice).min(1).max(1000) }),
]);

export const SearchSpace = z.record(z.string().min(1), ParameterDistribution);

export const Trial = z.object({
  number: z.number().int(),
  state: z.enum(['RUNNING', 'COMPLETE', 'FAIL']),
  params: z.record(z.string(), Choice),
  value: z.number().nullable(),
  error: z.string().nullable(),
  startedAt: Timestamp,
  finishedAt: Timestamp.nullable(),
});
export type Trial = z.infer<typeof Trial>;

export const Study = z.object({
  id: z.string(),
  name: Name,
  project: z.string(),
  space: SearchSpace,
  /** Parameters that are not searched. */
  fixed: z.record(z.string(), Choice),
  objective: z.string(),
  direction: z.enum(['minimize', 'maximize']),
  sampler: z.enum(['tpe', 'random']),
  seed: z.number().int(),
  maxTrials: z.number().int(),
  createdAt: Timestamp,
});
export type Study = z.infer<typeof Study>;

const StudyWithTrials = Study.extend({ trials: z.array(Trial), best: Trial.nullable() });

export const NewStudy = Study.omit({ id: true, createdAt: true }).extend({
  fixed: Study.shape.fixed.default({}),
  objective: z.string().default('objective'),
  sampler: Study.shape.sampler.default('tpe'),
  seed: Study.shape.seed.default(0),
  /** A study is always capped: a search without an end is never what its author meant. */
  maxTrials: z.number().int().min(1).max(100_000),
});

const TrialOf = z.object({ id: z.string(), number: z.coerce.number().int().min(0) });

export const tuningApi = {
  createStudy: route({
    id: 'tuning.createStudy',
    method: 'POST',
    path: '/api/v1/studies',
    access: 'tuning:run',
    summary: 'Opens a study that outside workers ask for parameters and tell values.',
    body: NewStudy,
    response: Study,
    status: 201,
  }),
  studies: route({
    id: 'tuning.studies',
    method: 'GET',
    path: '/api/v1/studies',
    access: 'tuning:read',
    summary: 'Lists studies, newest first.',
    query: PageQuery.extend({ project: z.string().optional() }),
    response: pageOf(Study),
  }),
  study: route({
    id: 'tuning.study',
    method: 'GET',
    path: '/api/v1/studies/:id',
    access: 'tuning:read',
    summary: 'Shows a study with its trials and the best one.',
    params: ById,
    response: StudyWithTrials,
  }),
  askTrial: route({
    id: 'tuning.askTrial',
    method: 'POST',
    path: '/api/v1/studies/:id/trials',
    access: 'tuning:run',
    summary: 'Asks for the parameters of the next trial.',
    params: ById,
    response: Trial,
    status: 201,
  }),
  tellTrial: route({
    id: 'tuning.tellTrial',
    method: 'POST',
    path: '/api/v1/studies/:id/trials/:number',
    access: 'tuning:run',
    summary: 'Tells the value of a running trial, or why it failed.',
    params: TrialOf,
    body: z.union([
      z.strictObject({ value: z.number() }),
      z.strictObject({ error: z.string().min(1).max(2000) }),
    ]),
    response: Trial,
  }),
};
