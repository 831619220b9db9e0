import { z } from 'zod';
import { KeyPermission } from './data-plane.ts';
import { ById, ByName, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** What a caller of endpoints authenticates with; the key itself is in the answer that makes it and nowhere else. */
export const InferenceKey = z.object({
  id: z.string(),
  /** The first of those that it opens. */
  endpoint: Name,
  endpoints: z.array(Name),
  name: z.string(),
  requestsPerSecond: z.number(),
  burst: z.number().int(),
  /** Requests in a day (UTC); null: as many as the rate allows. */
  quotaPerDay: z.number().int().nullable(),
  /** What it allows beside asking for predictions. */
  permissions: z.array(KeyPermission),
  expiresAt: Timestamp.nullable(),
  /** Within about ten seconds; null: never. */
  lastUsedAt: Timestamp.nullable(),
  /** The key that it was made to replace. */
  replacesId: z.string().nullable(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type InferenceKey = z.infer<typeof InferenceKey>;

/** A key as lists have it. */
const ListedKey = InferenceKey.extend({
  /** Requests of today's quota (UTC) that nobody is known to have used: model servers tell every few seconds. Null: no quota. */
  quotaLeft: z.number().int().nullable(),
});

const NewKey = z.strictObject({
  name: z.string().min(1).max(128),
  requestsPerSecond: z.number().positive().max(1_000_000).default(100),
  burst: z.number().int().min(1).max(1_000_000).default(200),
  quotaPerDay: z.number().int().min(1).max(1_000_000_000_000).optional(),
  permissions: z.array(KeyPermission).max(10).default([]),
  expiresAt: Timestamp.optional(),
});

/** Operations on inference keys, of the room serving. */
export const inferenceKeyApi = {
  createKey: route({
    id: 'serving.createKey',
    method: 'POST',
    path: '/api/v1/endpoints/:name/keys',
    access: 'serving:write',
    summary: 'Makes an inference key. The key itself is shown once and never stored.',
    params: ByName,
    body: NewKey,
    response: InferenceKey.extend({ key: z.string() }),
    status: 201,
  }),
  keys: route({
    id: 'serving.keys',
    method: 'GET',
    path: '/api/v1/endpoints/:name/keys',
    access: 'serving:read',
    summary: 'Lists the inference keys in force, with what is left of their quotas today.',
    params: ByName,
    response: z.object({ items: z.array(ListedKey) }),
  }),
  revokeKey: route({
    id: 'serving.revokeKey',
    method: 'DELETE',
    path: '/api/v1/endpoints/:name/keys/:id',
    access: 'serving:write',
    summary: 'Revokes an inference key.',
    params: z.object({ name: Name, id: z.string().min(1).max(128) }),
    response: z.object({}),
  }),
  createSharedKey: route({
    id: 'serving.createSharedKey',
    method: 'POST',
    path: '/api/v1/inference-keys',
    access: 'serving:write',
    summary: 'Makes one inference key for several endpoints. The key itself is shown once and never stored.',
    body: NewKey.extend({ endpoints: z.array(Name).min(1).max(100) }),
    response: InferenceKey.extend({ key: z.string() }),
    status: 201,
  }),
  allKeys: route({
    id: 'serving.allKeys',
    method: 'GET',
    path: '/api/v1/inference-keys',
    access: 'serving:read',
    summary:
      'Lists the inference keys of all endpoints, with their last use and what is left of their quotas today.',
    query: PageQuery.extend({ endpoint: Name.optional() }),
    response: pageOf(ListedKey),
  }),
  rotateKey: route({
    id: 'serving.rotateKey',
    method: 'POST',
    path: '/api/v1/inference-keys/:id/rotation',
    access: 'serving:write',
    summary: 'Makes a key that replaces another with the same rights; the old one works on for the overlap.',
    params: ById,
    body: z.strictObject({
      /** How long both work, in seconds; an hour unless given. */
      overlapSeconds: z
        .number()
        .int()
        .min(0)
        .max(90 * 24 * 3600)
        .default(3600),
      expiresAt: Timestamp.optional(),
    }),
    response: InferenceKey.extend({ key: z.string() }),
    status: 201,
  }),
  revokeSharedKey: route({
    id: 'serving.revokeSharedKey',
    method: 'DELETE',
    path: '/api/v1/inference-keys/:id',
    access: 'serving:write',
    summary: 'Revokes an inference key for all endpoints that it opens.',
    params: ById,
    response: z.object({}),
  }),
};
