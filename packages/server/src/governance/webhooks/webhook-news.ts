import type { WebhookEvent } from '@esteira/contracts';

type Tags = Readonly<Record<string, string>>;
interface Described {
  readonly name: string;
  readonly tags: Tags;
  readonly description: string | null;
}
interface TagSet {
  readonly name: string;
  readonly key: string;
  readonly value: string;
}
interface TagDeleted {
  readonly name: string;
  readonly key: string;
}
interface AliasCreated {
  readonly name: string;
  readonly alias: string;
  readonly version: string;
}
interface AliasDeleted {
  readonly name: string;
  readonly alias: string;
}
interface OfVersion {
  /** As a number in text. */
  readonly version: string;
}

/** What is told with each event, as receivers of MLflow's webhooks know it: `mlflow.webhooks.types`. */
export interface WebhookNews {
  'registered_model.created': Described;
  'model_version.created': Described &
    OfVersion & { readonly source: string; readonly run_id: string | null };
  'model_version_tag.set': TagSet & OfVersion;
  'model_version_tag.deleted': TagDeleted & OfVersion;
  'model_version_alias.created': AliasCreated;
  'model_version_alias.deleted': AliasDeleted;
  'prompt.created': Described;
  'prompt_version.created': Described & OfVersion & { readonly template: string | null };
  'prompt_tag.set': TagSet;
  'prompt_tag.deleted': TagDeleted;
  'prompt_version_tag.set': TagSet & OfVersion;
  'prompt_version_tag.deleted': TagDeleted & OfVersion;
  'prompt_alias.created': AliasCreated;
  'prompt_alias.deleted': AliasDeleted;
}

/** The text that is sent; `at` in ms. */
export function newsBody<E extends WebhookEvent>(event: E, data: WebhookNews[E], at: number): string {
  const [entity, action] = event.split('.');
  return JSON.stringify({ entity, action, timestamp: new Date(at).toISOString(), data });
}

const tags = { example_key: 'example_value' };
const key = 'example_key';
const value = 'example_value';
const alias = 'example_alias';
const version = '1';
const model = { name: 'example_model' };
const prompt = { name: 'example_prompt' };

/** What a test sends; the values that MLflow's own tests of a receiver send. */
export const exampleNews: WebhookNews = {
  'registered_model.created': { ...model, tags, description: 'An example registered model' },
  'model_version.created': {
    ...model,
    version,
    source: 'models:/123',
    run_id: 'abcd1234abcd5678',
    tags,
    description: 'An example model version',
  },
  'model_version_tag.set': { ...model, version, key, value },
  'model_version_tag.deleted': { ...model, version, key },
  'model_version_alias.created': { ...model, alias, version },
  'model_version_alias.deleted': { ...model, alias },
  'prompt.created': { ...prompt, tags, description: 'An example prompt' },
  'prompt_version.created': {
    ...prompt,
    version,
    template: 'Hello {{name}}!',
    tags,
    description: 'An example prompt version',
  },
  'prompt_tag.set': { ...prompt, key, value },
  'prompt_tag.deleted': { ...prompt, key },
  'prompt_version_tag.set': { ...prompt, version, key, value },
  'prompt_version_tag.deleted': { ...prompt, version, key },
  'prompt_alias.created': { ...prompt, alias, version },
  'prompt_alias.deleted': { ...prompt, alias },
};
