import type { EsteiraEvent, WebhookEvent } from '@esteira/contracts';
import type { WebhookNews, WebhooksService } from '../../../governance/index.ts';
import type { EventBus } from '../../../storage/events/event-bus.ts';
import type { SqlDatabase } from '../../../storage/sql/sql-database.ts';

type Told = Parameters<WebhooksService['publish']>[1];
type RegistryNews = Extract<EsteiraEvent, { type: `registry.${string}` }>;

/** Tags that say what a prompt is, and are told as what they say or not at all. */
const promptText = 'mlflow.prompt.text';
const promptTags: ReadonlySet<string> = new Set([
  promptText,
  'mlflow.prompt.is_prompt',
  '_mlflow_prompt_type',
]);

/** Tells webhooks what happens in the registry, in the words of MLflow. At composition, before events are delivered. */
export function tellWebhooks(deps: {
  readonly sql: SqlDatabase;
  readonly events: Pick<EventBus, 'subscribe'>;
  readonly webhooks: Pick<WebhooksService, 'publish'>;
}): void {
  const { sql, events, webhooks } = deps;
  for (const type of registryEvents) {
    events.subscribe(type, `webhooks:${type}`, async (event) => {
      const news = toNews(event);
      if (news !== undefined) await sql.transaction((tx) => webhooks.publish(tx, news));
    });
  }
}

const registryEvents = [
  'registry.model.created',
  'registry.model.tag.set',
  'registry.model.tag.deleted',
  'registry.version.created',
  'registry.version.tag.set',
  'registry.version.tag.deleted',
  'registry.alias.set',
  'registry.alias.deleted',
] as const satisfies readonly RegistryNews['type'][];

/** Undefined for what MLflow has no event: the tags of a registered model. */
function toNews(happened: RegistryNews): Told | undefined {
  const { id, workspace, at, type, payload } = happened;
  const isPrompt = payload.kind === 'prompt';
  const name = payload.model;
  const told = <E extends WebhookEvent>(event: E, data: WebhookNews[E]) =>
    ({ id, workspace, at, event, data }) as Told;
  switch (type) {
    case 'registry.model.created': {
      const { tags, description } = payload;
      if (isPrompt) return told('prompt.created', { name, tags: withoutPromptTags(tags), description });
      return told('registered_model.created', { name, tags, description });
    }
    case 'registry.model.tag.set':
      return isPrompt ? told('prompt_tag.set', { name, key: payload.key, value: payload.value }) : undefined;
    case 'registry.model.tag.deleted':
      return isPrompt ? told('prompt_tag.deleted', { name, key: payload.key }) : undefined;
    case 'registry.version.created': {
      const { tags, source, runId } = payload;
      const version = String(payload.version);
      const description = payload.description === '' ? null : payload.description;
      if (!isPrompt)
        return told('model_version.created', { name, version, source, run_id: runId, tags, description });
      const template = tags[promptText] ?? null;
      return told('prompt_version.created', {
        name,
        version,
        template,
        tags: withoutPromptTags(tags),
        description,
      });
    }
    case 'registry.version.tag.set': {
      const data = { name, version: String(payload.version), key: payload.key, value: payload.value };
      return told(isPrompt ? 'prompt_version_tag.set' : 'model_version_tag.set', data);
    }
    case 'registry.version.tag.deleted': {
      const data = { name, version: String(payload.version), key: payload.key };
      return told(isPrompt ? 'prompt_version_tag.deleted' : 'model_version_tag.deleted', data);
    }
    case 'registry.alias.set': {
      const data = { name, alias: payload.alias, version: String(payload.version) };
      return told(isPrompt ? 'prompt_alias.created' : 'model_version_alias.created', data);
    }
    case 'registry.alias.deleted': {
      const data = { name, alias: payload.alias };
      return told(isPrompt ? 'prompt_alias.deleted' : 'model_version_alias.deleted', data);
    }
  }
}

function withoutPromptTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([name]) => !promptTags.has(name)));
}
