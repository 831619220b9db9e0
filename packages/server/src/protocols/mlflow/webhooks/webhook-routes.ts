import { Webhook, type WebhookEvent, webhookEvents } from '@esteira/contracts';
import type { WebhookFields, WebhooksService } from '../../../governance/index.ts';
import type { WireRoute } from '../../../kernel/wire-route.ts';
import type { Fields } from '../fields.ts';
import { invalidParameter } from '../mlflow-error.ts';
import { rpc } from '../rpc.ts';

/** `mlflow/protos/webhooks.proto`. */
export function webhookRoutes({ webhooks }: { readonly webhooks: WebhooksService }): readonly WireRoute[] {
  const path = '/mlflow/webhooks';
  return [
    ...rpc({
      method: 'POST',
      version: '2.0',
      path,
      access: 'webhooks:manage',
      answer: async ({ fields, context }) => {
        const name = checkedName(fields.text('name'));
        const url = checkedUrl(fields.text('url'));
        const events = readEvents(fields);
        if (events.length === 0) fields.text('events');
        const created = await webhooks.create(context, {
          name,
          url,
          events,
          description: limited(fields, 'description', 5_000) ?? '',
          secret: limited(fields, 'secret', 1_000),
          status: readStatus(fields) ?? 'active',
        });
        return { webhook: toMessage(created) };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path,
      access: 'webhooks:read',
      answer: async ({ fields, context }) => {
        const limit = fields.optionalInteger('max_results') || 100;
        if (limit < 1 || limit > 1_000) throw invalidParameter('max_results must be between 1 and 1000.');
        const token = fields.optionalText('page_token');
        const page = await webhooks.list(context.workspace, {
          limit,
          cursor: token === '' ? undefined : token,
        });
        return { webhooks: page.items.map(toMessage), next_page_token: page.nextCursor };
      },
    }),
    ...rpc({
      method: 'GET',
      version: '2.0',
      path: `${path}/:webhook_id`,
      access: 'webhooks:read',
      answer: async ({ fields, context }) => ({
        webhook: toMessage(await webhooks.find(context.workspace, fields.text('webhook_id'))),
      }),
    }),
    ...rpc({
      method: 'PATCH',
      version: '2.0',
      path: `${path}/:webhook_id`,
      access: 'webhooks:manage',
      answer: async ({ fields, context }) => ({
        webhook: toMessage(await webhooks.update(context, fields.text('webhook_id'), readChanges(fields))),
      }),
    }),
    ...rpc({
      method: 'DELETE',
      version: '2.0',
      path: `${path}/:webhook_id`,
      access: 'webhooks:manage',
      answer: async ({ fields, context }) => {
        await webhooks.remove(context, fields.text('webhook_id'));
      },
    }),
    ...rpc({
      method: 'POST',
      version: '2.0',
      path: `${path}/:webhook_id/test`,
      access: 'webhooks:manage',
      answer: async ({ fields, context, signal }) => {
        const asked = fields.optionalMessage('event');
        const event = asked === undefined ? undefined : readEvent(asked);
        const result = await webhooks.test(context, fields.text('webhook_id'), event, signal);
        return {
          result: {
            success: result.success,
            response_status: result.responseStatus ?? undefined,
            response_body: result.response ?? undefined,
            error_message: result.error ?? undefined,
          },
        };
      },
    }),
  ];
}

/** What is absent or, but for description and secret, empty stays as it is. */
function readChanges(fields: Fields): Partial<WebhookFields> {
  const name = fields.optionalText('name');
  const url = fields.optionalText('url');
  const events = readEvents(fields);
  const description = limited(fields, 'description', 5_000);
  const secret = limited(fields, 'secret', 1_000);
  const status = readStatus(fields);
  return {
    ...(name === undefined || name === '' ? {} : { name: checkedName(name) }),
    ...(url === undefined || url === '' ? {} : { url: checkedUrl(url) }),
    ...(events.length === 0 ? {} : { events }),
    ...(description === undefined ? {} : { description }),
    ...(secret === undefined ? {} : { secret }),
    ...(status === undefined ? {} : { status }),
  };
}

function readEvents(fields: Fields): readonly WebhookEvent[] {
  return fields.messages('events').map(readEvent);
}

function readEvent(fields: Fields): WebhookEvent {
  const entity = fields.text('entity').toLowerCase();
  const action = fields.text('action').toLowerCase();
  const event = webhookEvents.find((known) => known === `${entity}.${action}`);
  if (event !== undefined) return event;
  const actions = webhookEvents
    .filter((known) => known.startsWith(`${entity}.`))
    .map((known) => known.slice(entity.length + 1));
  throw fields.refuse(
    'action',
    actions.length === 0
      ? `'${entity}' is no entity with events`
      : `Valid actions are: ${actions.join(', ')}`,
  );
}

function readStatus(fields: Fields): Webhook['status'] | undefined {
  const status = fields.optionalChoice('status', ['ACTIVE', 'DISABLED']);
  if (status === undefined) return undefined;
  return status === 'ACTIVE' ? 'active' : 'disabled';
}

function checkedName(name: string): string {
  if (Webhook.shape.name.safeParse(name).success) return name;
  throw invalidParameter(
    `Webhook name ${JSON.stringify(name.slice(0, 200))} is invalid: it takes letters, digits, dots, dashes and underscores, a letter or digit first and last, and 63 characters at most.`,
  );
}

function checkedUrl(url: string): string {
  if (url.trim() === '') throw invalidParameter('Webhook URL cannot be empty or just whitespace.');
  if (url.length > 2_000) throw invalidParameter('Invalid webhook URL: it is longer than 2000 characters.');
  return url;
}

function limited(fields: Fields, name: string, length: number): string | undefined {
  const text = fields.optionalText(name);
  if (text !== undefined && text.length > length)
    throw fields.refuse(name, `it is longer than ${length} characters`);
  return text;
}

function toMessage(webhook: Webhook): Readonly<Record<string, unknown>> {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    events: webhook.events.map((event) => {
      const [entity = '', action = ''] = event.split('.');
      return { entity: entity.toUpperCase(), action: action.toUpperCase() };
    }),
    description: webhook.description === '' ? undefined : webhook.description,
    status: webhook.status.toUpperCase(),
    creation_timestamp: webhook.createdAt,
    last_updated_timestamp: webhook.updatedAt,
  };
}
