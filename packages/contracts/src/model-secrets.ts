import { z } from 'zod';
import { ByName, Name, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** What a remote model is asked with. The value itself is shown to nobody again. */
export const ModelSecret = z.object({
  name: Name,
  /** The server that is told it, and no other: scheme, host and port. */
  origin: z.string(),
  createdBy: z.string(),
  createdAt: Timestamp,
});
export type ModelSecret = z.infer<typeof ModelSecret>;

const Origin = z
  .url({ protocol: /^https?$/ })
  .max(2_000)
  .refine((text) => URL.canParse(text) && new URL(text).origin === text, 'scheme, host and port alone');

export const modelSecretApi = {
  modelSecrets: route({
    id: 'serving.modelSecrets',
    method: 'GET',
    path: '/api/v1/model-secrets',
    access: 'serving:read',
    summary: 'Lists the secrets that remote models are asked with, without their values.',
    query: PageQuery,
    response: pageOf(ModelSecret),
  }),
  putModelSecret: route({
    id: 'serving.putModelSecret',
    method: 'PUT',
    path: '/api/v1/model-secrets/:name',
    access: 'serving:write',
    summary: 'Keeps what remote models at one server are asked with, sealed; replaces what was kept before.',
    params: ByName,
    body: z.strictObject({ origin: Origin, value: z.string().min(1).max(10_000) }),
    response: ModelSecret,
  }),
  deleteModelSecret: route({
    id: 'serving.deleteModelSecret',
    method: 'DELETE',
    path: '/api/v1/model-secrets/:name',
    access: 'serving:write',
    summary: 'Forgets a secret; remote models that need it fail from then on.',
    params: ByName,
    response: z.object({}),
  }),
};
