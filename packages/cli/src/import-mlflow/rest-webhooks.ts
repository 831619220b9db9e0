import type { MlflowRest } from './mlflow-rest.ts';
import type { SourceWebhook } from './mlflow-source.ts';
import { restPages } from './rest-pages.ts';
import { keepsScorers } from './rest-scorers.ts';

const api = '/api/2.0/mlflow/webhooks';

interface WebhookMessage {
  readonly webhook_id: string;
  readonly name: string;
  readonly url: string;
  readonly events?: readonly { readonly entity: string; readonly action: string }[];
  readonly description?: string;
  readonly creation_timestamp?: number | string;
  readonly last_updated_timestamp?: number | string;
}

interface FoundWebhooks {
  readonly webhooks?: readonly WebhookMessage[];
  readonly next_page_token?: string;
}

/** All webhooks; none of a server that keeps no such thing. */
export async function* webhooksOf(rest: MlflowRest): AsyncIterable<SourceWebhook> {
  const pages = restPages<'webhooks', WebhookMessage>('webhooks', (token) =>
    rest
      .get<FoundWebhooks>(api, { max_results: 100, page_token: token })
      .catch(async (error: unknown): Promise<FoundWebhooks> => {
        // Servers that know webhooks and not scorers are few, and a store of files fails when it is asked.
        if (await keepsScorers(rest)) throw error;
        return {};
      }),
  );
  for await (const webhooks of pages) yield* webhooks.map(webhookOf);
}

/** Throws CommandError when it is not there. */
export async function findWebhook(rest: MlflowRest, id: string): Promise<SourceWebhook> {
  return webhookOf(
    (await rest.get<{ webhook: WebhookMessage }>(`${api}/${encodeURIComponent(id)}`, {})).webhook,
  );
}

function webhookOf(message: WebhookMessage): SourceWebhook {
  const { webhook_id: id, name, url, events = [], description = '' } = message;
  const createdAt = Number(message.creation_timestamp ?? 0);
  return {
    id,
    name,
    url,
    events: events.map(({ entity, action }) => `${entity}.${action}`.toLowerCase()),
    description,
    createdAt,
    updatedAt: Number(message.last_updated_timestamp ?? createdAt),
  };
}
