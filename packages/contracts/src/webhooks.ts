import { z } from 'zod';
import { ById, PageQuery, pageOf, Timestamp } from './primitives.ts';
import { route } from './route.ts';

/** What a receiver may be told of, in the words of MLflow's webhooks, which it is told in. */
export const webhookEvents = [
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];

const WebhookName = z
  .string()
  .regex(
    /^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/,
    'letters, digits, dot, dash and underscore, a letter or digit first and last; 1 to 63 characters',
  );
const Secret = z.string().min(1).max(1000);
const Events = z.array(z.enum(webhookEvents)).min(1);
const Status = z.enum(['active', 'disabled']);

/** A receiver of news. Its secret is never shown again. */
export const Webhook = z.object({
  id: z.string(),
  name: WebhookName,
  url: z.string(),
  events: z.array(z.enum(webhookEvents)),
  description: z.string(),
  status: Status,
  /** Whether deliveries are signed. */
  hasSecret: z.boolean(),
  createdBy: z.string(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type Webhook = z.infer<typeof Webhook>;

export const WebhookDelivery = z.object({
  id: z.string(),
  webhookId: z.string(),
  event: z.enum(webhookEvents),
  /** `dead`: given up; it is sent again when somebody asks. */
  state: z.enum(['pending', 'delivered', 'dead']),
  attempts: z.number().int(),
  /** Of the answer to the last attempt; null when there was none. */
  responseStatus: z.number().int().nullable(),
  /** Why the last attempt failed. */
  error: z.string().nullable(),
  createdAt: Timestamp,
  /** Not tried before. */
  nextAt: Timestamp.nullable(),
  finishedAt: Timestamp.nullable(),
  /** What is sent, byte for byte. */
  body: z.string(),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;

const TestResult = z.object({
  success: z.boolean(),
  responseStatus: z.number().int().nullable(),
  /** What came back, described: the answer itself is not handed on. */
  response: z.string().nullable(),
  error: z.string().nullable(),
});
export type WebhookTestResult = z.infer<typeof TestResult>;

export const webhooksApi = {
  webhooks: route({
    id: 'governance.webhooks',
    method: 'GET',
    path: '/api/v1/webhooks',
    access: 'webhooks:read',
    summary: 'Lists the receivers of news, newest first.',
    query: PageQuery,
    response: pageOf(Webhook),
  }),
  webhook: route({
    id: 'governance.webhook',
    method: 'GET',
    path: '/api/v1/webhooks/:id',
    access: 'webhooks:read',
    summary: 'Shows a receiver of news.',
    params: ById,
    response: Webhook,
  }),
  createWebhook: route({
    id: 'governance.createWebhook',
    method: 'POST',
    path: '/api/v1/webhooks',
    access: 'webhooks:manage',
    summary: 'Tells a receiver outside of news of models and prompts.',
    body: z.strictObject({
      name: WebhookName,
      url: z.string().min(1).max(2000),
      events: Events,
      description: z.string().max(5000).default(''),
      secret: Secret.optional(),
      status: Status.default('active'),
    }),
    response: Webhook,
    status: 201,
  }),
  updateWebhook: route({
    id: 'governance.updateWebhook',
    method: 'PATCH',
    path: '/api/v1/webhooks/:id',
    access: 'webhooks:manage',
    summary: 'Changes a receiver of news; an empty secret ends signing.',
    params: ById,
    body: z.strictObject({
      name: WebhookName.optional(),
      url: z.string().min(1).max(2000).optional(),
      events: Events.optional(),
      description: z.string().max(5000).optional(),
      secret: z.string().max(1000).optional(),
      status: Status.optional(),
    }),
    response: Webhook,
  }),
  deleteWebhook: route({
    id: 'governance.deleteWebhook',
    method: 'DELETE',
    path: '/api/v1/webhooks/:id',
    access: 'webhooks:manage',
    summary: 'Removes a receiver of news; what waits for it is not sent.',
    params: ById,
    response: z.object({ removed: z.boolean() }),
  }),
  testWebhook: route({
    id: 'governance.testWebhook',
    method: 'POST',
    path: '/api/v1/webhooks/:id/test',
    access: 'webhooks:manage',
    summary: 'Sends an example to a receiver, once, and says what came of it.',
    params: ById,
    body: z.strictObject({ event: z.enum(webhookEvents).optional() }),
    response: TestResult,
  }),
  webhookDeliveries: route({
    id: 'governance.webhookDeliveries',
    method: 'GET',
    path: '/api/v1/webhooks/:id/deliveries',
    access: 'webhooks:read',
    summary: 'Lists what was or is to be delivered to a receiver, newest first.',
    params: ById,
    query: PageQuery.extend({ state: WebhookDelivery.shape.state.optional() }),
    response: pageOf(WebhookDelivery),
  }),
  redeliver: route({
    id: 'governance.redeliver',
    method: 'POST',
    path: '/api/v1/webhooks/:id/deliveries/:delivery/redeliver',
    access: 'webhooks:manage',
    summary: 'Sends a delivery again, dead or delivered.',
    params: ById.extend({ delivery: z.string().min(1).max(128) }),
    response: WebhookDelivery,
  }),
} as const;
