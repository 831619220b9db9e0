import { z } from 'zod';
import { NamedExperiment } from './evaluation-datasets.ts';
import { ById, Json, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** One version of what judges answers: a definition that its client understands, and that the server never runs. */
export const ScorerVersion = z.object({
  /** Of the scorer: all its versions have it. */
  id: z.string(),
  experiment: NamedExperiment,
  name: z.string(),
  /** From 1. */
  version: z.number().int(),
  definition: Json,
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type ScorerVersion = z.infer<typeof ScorerVersion>;

/** Scorers of answers of language models; the MLflow protocol reaches the same ones. */
export const scorersApi = {
  listScorers: route({
    id: 'evaluation.listScorers',
    method: 'GET',
    path: '/api/v1/scorers',
    access: 'tracking:read',
    summary: 'Lists the newest version of each scorer, the newest scorer first.',
    query: PageQuery.extend({
      /** Id of its experiment. */
      experiment: z.string().min(1).max(128).optional(),
    }),
    response: pageOf(ScorerVersion),
  }),
  registerScorer: route({
    id: 'evaluation.registerScorer',
    method: 'POST',
    path: '/api/v1/scorers',
    access: 'tracking:write',
    summary: 'Makes the next version of a scorer; definitions that hold code are refused.',
    body: z.strictObject({
      /** Id of its experiment. */
      experiment: z.string().min(1).max(128),
      name: z.string().trim().min(1).max(256),
      definition: Json,
    }),
    response: ScorerVersion,
    status: 201,
  }),
  getScorer: route({
    id: 'evaluation.getScorer',
    method: 'GET',
    path: '/api/v1/scorers/:id',
    access: 'tracking:read',
    summary: 'Shows the newest version of a scorer.',
    params: ById,
    response: ScorerVersion,
  }),
  listScorerVersions: route({
    id: 'evaluation.listScorerVersions',
    method: 'GET',
    path: '/api/v1/scorers/:id/versions',
    access: 'tracking:read',
    summary: 'Lists the versions of a scorer, newest first.',
    params: ById,
    query: PageQuery,
    response: pageOf(ScorerVersion),
  }),
  deleteScorer: route({
    id: 'evaluation.deleteScorer',
    method: 'DELETE',
    path: '/api/v1/scorers/:id',
    access: 'tracking:write',
    summary: 'Deletes a scorer with all its versions, or one version of it.',
    params: ById,
    query: z.object({ version: z.coerce.number().int().min(1).optional() }),
    response: z.object({}),
  }),
} as const;
