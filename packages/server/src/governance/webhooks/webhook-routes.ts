import { importsApi, webhooksApi } from '@esteira/contracts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { WebhooksService } from './webhooks.ts';

export function createWebhookRoutes(webhooks: WebhooksService): readonly RouteBinding[] {
  return [
    bindRoute(webhooksApi.webhooks, ({ query }, { workspace }) => webhooks.list(workspace, query)),
    bindRoute(webhooksApi.webhook, ({ params }, { workspace }) => webhooks.find(workspace, params.id)),
    bindRoute(webhooksApi.createWebhook, ({ body }, context) =>
      webhooks.create(context, { ...body, secret: body.secret }),
    ),
    bindRoute(importsApi.webhooks, ({ body }, context) => webhooks.import(context, body.items)),
    bindRoute(webhooksApi.updateWebhook, ({ params, body }, context) => {
      const given = Object.entries(body).filter(([, value]) => value !== undefined);
      return webhooks.update(context, params.id, Object.fromEntries(given));
    }),
    bindRoute(webhooksApi.deleteWebhook, async ({ params }, context) => {
      await webhooks.remove(context, params.id);
      return { removed: true };
    }),
    bindRoute(webhooksApi.testWebhook, ({ params, body }, context, signal) =>
      webhooks.test(context, params.id, body.event, signal),
    ),
    bindRoute(webhooksApi.webhookDeliveries, ({ params, query }, { workspace }) =>
      webhooks.deliveries(workspace, params.id, query),
    ),
    bindRoute(webhooksApi.redeliver, ({ params }, context) =>
      webhooks.redeliver(context, params.id, params.delivery),
    ),
  ];
}
