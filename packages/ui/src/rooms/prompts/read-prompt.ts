import type { JsonValue } from '@esteira/contracts';

/** A prompt as clients keep it in the tags of a version. */
export interface Prompt {
  /** As it was given: a template, or the JSON of messages. */
  readonly text: string;
  /** Of a chat; undefined for a template that is one text. */
  readonly messages: readonly { readonly role: string; readonly content: string }[] | undefined;
  /** `{{ name }}` in the text, each once. */
  readonly variables: readonly string[];
  /** What the client keeps beside the text, as it is. */
  readonly settings: Readonly<Record<string, JsonValue>>;
  /** Tags that people set. */
  readonly tags: Readonly<Record<string, string>>;
}

const textTag = 'mlflow.prompt.text';
const typeTag = '_mlflow_prompt_type';
/** Tags that hold JSON, by what they are called here. */
const settingTags = {
  model: '_mlflow_prompt_model_config',
  response: '_mlflow_prompt_response_format',
} as const;
const variable = /\{\{\s*([a-zA-Z_][a-zA-Z0-9_.]*)\s*\}\}/g;

/** Reads a prompt from the tags of its version; MLflow's client names them so (mlflow/prompt/constants.py). */
export function readPrompt(tags: Readonly<Record<string, string>>): Prompt {
  const text = tags[textTag] ?? '';
  const settings: Record<string, JsonValue> = {};
  for (const [name, tag] of Object.entries(settingTags)) {
    const value = parseJson(tags[tag]);
    if (value !== undefined) settings[name] = value;
  }
  return {
    text,
    messages: tags[typeTag] === 'chat' ? readMessages(parseJson(text)) : undefined,
    variables: [...new Set([...text.matchAll(variable)].map(([, name = '']) => name))],
    settings,
    tags: Object.fromEntries(
      Object.entries(tags).filter(
        ([name]) => !name.startsWith('mlflow.prompt.') && !name.startsWith('_mlflow_'),
      ),
    ),
  };
}

function readMessages(value: JsonValue | undefined): Prompt['messages'] {
  if (!Array.isArray(value)) return undefined;
  return value.map((message) => {
    const { role, content } = (message ?? {}) as { role?: JsonValue; content?: JsonValue };
    return {
      role: typeof role === 'string' ? role : '',
      content: typeof content === 'string' ? content : JSON.stringify(content ?? message, null, 2),
    };
  });
}

function parseJson(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
