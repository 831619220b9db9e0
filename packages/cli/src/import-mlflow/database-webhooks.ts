import type { SourceWebhook } from './mlflow-source.ts';
import { type SourceDatabase, sourceWorkspace } from './source-database.ts';

/** All webhooks that were not deleted. Their secrets are encrypted with a key of MLflow's server. */
export async function* readWebhooks(database: SourceDatabase): AsyncIterable<SourceWebhook> {
  const rows = await database.rows(
    'select * from webhooks where workspace = ? and deleted_timestamp is null order by webhook_id',
    [sourceWorkspace],
  );
  const events = Map.groupBy(
    await database.rows('select webhook_id, entity, action from webhook_events order by entity, action'),
    ({ webhook_id }) => String(webhook_id),
  );
  for (const row of rows) {
    const id = String(row.webhook_id);
    const createdAt = Number(row.creation_timestamp ?? 0);
    yield {
      id,
      name: String(row.name),
      url: String(row.url),
      events: (events.get(id) ?? []).map(({ entity, action }) => `${entity}.${action}`.toLowerCase()),
      description: String(row.description ?? ''),
      createdAt,
      updatedAt: Number(row.last_updated_timestamp ?? createdAt),
    };
  }
}
