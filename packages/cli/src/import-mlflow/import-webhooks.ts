import { webhookEvents } from '@esteira/contracts';
import { CommandError } from '../command-error.ts';
import { canonicalText } from './canonical-text.ts';
import type { SourceWebhook } from './mlflow-source.ts';
import { findWebhook } from './rest-webhooks.ts';
import type { ThingsImport } from './things-import.ts';

/** Moves webhooks, disabled, because their secrets stay behind. Returns what is worth knowing: what is left to be done by hand. */
export async function importWebhooks({
  source,
  target,
  tally,
  onProgress,
}: ThingsImport): Promise<readonly string[]> {
  const notes: string[] = [];
  let done = 0;
  try {
    for await (const { events, ...webhook } of source.webhooks()) {
      const known = webhookEvents.filter((event) => events.includes(event));
      if (known.length < events.length)
        notes.push(`the webhook ${webhook.name} is told of less: events of MLflow that there are not here`);
      if (known.length === 0) continue;
      const items = [{ ...webhook, events: known }];
      const answer = await target?.client.imports.webhooks({ body: { items } });
      if (answer !== undefined && answer.refused.length > 0) {
        notes.push(`the webhook ${webhook.name} does not come: nothing is sent to its receiver from here`);
        continue;
      }
      if (answer?.added === 1)
        notes.push(
          `the webhook ${webhook.name} is disabled and has no secret: MLflow tells no secrets; set one, then make it active`,
        );
      tally.count('webhook', webhook.id, { events: known.length, content: 1 });
      if (target !== undefined) {
        const there = await findWebhook(target.rest, webhook.id);
        const same = contentOf(there) === contentOf({ ...webhook, events: known });
        tally.found('webhook', webhook.id, { events: there.events.length, content: same ? 1 : 0 });
      }
      done++;
      onProgress({ step: 'webhooks', done });
    }
  } catch (error) {
    // MLflow lets administrators alone read them.
    if (!(error instanceof CommandError && error.code === 'SOURCE_DENIED')) throw error;
    notes.push('webhooks do not come: the MLflow server does not let this user read them');
  }
  return notes;
}

/** All but when it changed: it is disabled here. */
function contentOf({ updatedAt: _, events, ...words }: SourceWebhook): string {
  return canonicalText({ ...words, events: [...events].sort() });
}
