import { type Attributes, plainValue, type Span, type SpanValue } from './span.ts';

/**
 * What spans say in the words of several conventions: our own keys (those of MLflow's client), OpenTelemetry's for generative
 * AI (opentelemetry.io/docs/specs/semconv/gen-ai), OpenInference, OpenLLMetry and the Vercel AI SDK. The first key that has a
 * value counts. Spans are kept as they came; facts are read off them, so a wrong table is mended by reading again.
 */
const keys = {
  inputs: [
    'mlflow.spanInputs',
    'gen_ai.input.messages',
    'gen_ai.tool.call.arguments',
    'input.value',
    'traceloop.entity.input',
    'ai.prompt',
    'ai.prompt.messages',
    'ai.toolCall.args',
    'ai.value',
    'gen_ai.prompt',
  ],
  outputs: [
    'mlflow.spanOutputs',
    'gen_ai.output.messages',
    'gen_ai.tool.call.result',
    'output.value',
    'traceloop.entity.output',
    'ai.response.text',
    'ai.response.object',
    'ai.toolCall.result',
    'gen_ai.completion',
  ],
  model: [
    'mlflow.llm.model',
    'gen_ai.response.model',
    'gen_ai.request.model',
    'llm.response.model_name',
    'llm.model_name',
    'llm.request.model_name',
    'embedding.model_name',
    'ai.model.id',
  ],
  provider: [
    'mlflow.llm.provider',
    'gen_ai.provider.name',
    'gen_ai.system',
    'llm.provider',
    'ai.model.provider',
  ],
  session: ['session.id', 'gen_ai.conversation.id'],
  user: ['user.id'],
} as const satisfies Record<string, readonly string[]>;

/** Numbers of tokens by their names in the conventions; input tokens hold the cached ones there. */
const tokenKeys = {
  input_tokens: [
    'gen_ai.usage.input_tokens',
    'llm.token_count.prompt',
    'gen_ai.usage.prompt_tokens',
    'ai.usage.promptTokens',
  ],
  output_tokens: [
    'gen_ai.usage.output_tokens',
    'llm.token_count.completion',
    'gen_ai.usage.completion_tokens',
    'ai.usage.completionTokens',
  ],
  total_tokens: ['llm.token_count.total', 'llm.usage.total_tokens', 'gen_ai.usage.total_tokens'],
  cache_read_input_tokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'llm.token_count.prompt_details.cache_read',
  ],
  cache_creation_input_tokens: [
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_creation.input_tokens',
    'llm.token_count.prompt_details.cache_write',
  ],
} as const;

/** Sorts of spans by what a convention calls them. */
const typesByKey: readonly (readonly [key: string, types: Readonly<Record<string, string>>])[] = [
  [
    'openinference.span.kind',
    {
      TOOL: 'TOOL',
      CHAIN: 'CHAIN',
      LLM: 'LLM',
      RETRIEVER: 'RETRIEVER',
      EMBEDDING: 'EMBEDDING',
      AGENT: 'AGENT',
      RERANKER: 'RERANKER',
      GUARDRAIL: 'GUARDRAIL',
      EVALUATOR: 'EVALUATOR',
    },
  ],
  [
    'gen_ai.operation.name',
    {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      invoke_workflow: 'WORKFLOW',
      retrieval: 'RETRIEVER',
      text_completion: 'LLM',
      response: 'LLM',
    },
  ],
  ['traceloop.span.kind', { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL' }],
  [
    'ai.operationId',
    {
      'ai.generateText': 'LLM',
      'ai.generateText.doGenerate': 'LLM',
      'ai.toolCall': 'TOOL',
      'ai.streamText': 'LLM',
      'ai.streamText.doStream': 'LLM',
      'ai.generateObject': 'LLM',
      'ai.generateObject.doGenerate': 'LLM',
      'ai.streamObject': 'LLM',
      'ai.streamObject.doStream': 'LLM',
      'ai.embed': 'EMBEDDING',
      'ai.embed.doEmbed': 'EMBEDDING',
      'ai.embedMany': 'EMBEDDING',
    },
  ],
];

export const tokenNames = [
  'input_tokens',
  'output_tokens',
  'total_tokens',
  'cache_read_input_tokens',
  'cache_creation_input_tokens',
] as const;
export const costNames = ['input_cost', 'output_cost', 'total_cost'] as const;

export type Tokens = Partial<Record<(typeof tokenNames)[number], number>>;
/** In US dollars. */
export type Cost = Partial<Record<(typeof costNames)[number], number>>;

/** What a span used itself, or tells of all below it. */
export interface SpanUsage {
  readonly tokens?: Tokens;
  readonly cost?: Cost;
}

export interface SpanFacts {
  /** `LLM`, `TOOL`, `CHAIN`, …; undefined when it says none. */
  readonly type?: string;
  readonly inputs?: SpanValue;
  readonly outputs?: SpanValue;
  readonly model?: string;
  readonly provider?: string;
  readonly session?: string;
  readonly user?: string;
  readonly usage?: SpanUsage;
}

/** Keys that any fact is read from: a span without them has none. */
const everyKey: ReadonlySet<string> = new Set([
  'mlflow.spanType',
  'mlflow.chat.tokenUsage',
  'mlflow.llm.cost',
  ...Object.values(keys).flat(),
  ...Object.values(tokenKeys).flat(),
  ...typesByKey.map(([key]) => key),
]);

export function factsOf(span: Span): SpanFacts {
  const known = new Map<string, SpanValue>();
  for (const [key, value] of span.attributes) if (everyKey.has(key)) known.set(key, value);
  if (known.size === 0) return {};
  const type = typeOf(known);
  const inputs = firstOf(known, keys.inputs);
  const outputs = firstOf(known, keys.outputs);
  const model = textOf(firstOf(known, keys.model));
  const provider = textOf(firstOf(known, keys.provider));
  const session = textOf(firstOf(known, keys.session));
  const user = textOf(firstOf(known, keys.user));
  const usage = usageOf(known);
  return {
    ...(type === undefined ? {} : { type }),
    ...(inputs === undefined ? {} : { inputs }),
    ...(outputs === undefined ? {} : { outputs }),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { provider }),
    ...(session === undefined ? {} : { session }),
    ...(user === undefined ? {} : { user }),
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The values of facts in our own keys, for those a span says in other words. */
export function ownAttributes(span: Span): Attributes {
  const { type, inputs, outputs, model, provider, usage } = factsOf(span);
  const stated = new Set(span.attributes.map(([key]) => key));
  const own: (readonly [string, SpanValue])[] = [];
  const add = (key: string, value: SpanValue | undefined): void => {
    if (value !== undefined && !stated.has(key)) own.push([key, value]);
  };
  // Their client says UNKNOWN where nobody said anything.
  if (type !== undefined && textOf(valueAt(span.attributes, 'mlflow.spanType')) !== type) {
    own.push(['mlflow.spanType', type]);
  }
  add('mlflow.spanInputs', unwrapped(inputs));
  add('mlflow.spanOutputs', unwrapped(outputs));
  add('mlflow.llm.model', model);
  add('mlflow.llm.provider', provider);
  if (usage?.tokens !== undefined) add('mlflow.chat.tokenUsage', { m: Object.entries(usage.tokens) });
  return own;
}

function valueAt(attributes: Attributes, key: string): SpanValue | undefined {
  return attributes.findLast(([name]) => name === key)?.[1];
}

function firstOf(known: ReadonlyMap<string, SpanValue>, names: readonly string[]): SpanValue | undefined {
  for (const name of names) {
    const value = known.get(name);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

function typeOf(known: ReadonlyMap<string, SpanValue>): string | undefined {
  const own = textOf(known.get('mlflow.spanType'));
  if (own !== undefined && own !== 'UNKNOWN') return own;
  for (const [key, types] of typesByKey) {
    const said = textOf(known.get(key));
    const type = said === undefined ? undefined : types[said];
    if (type !== undefined) return type;
  }
  return own;
}

function usageOf(known: ReadonlyMap<string, SpanValue>): SpanUsage | undefined {
  const tokens = amounts(known.get('mlflow.chat.tokenUsage'), tokenNames) ?? conventionalTokens(known);
  const cost = amounts(known.get('mlflow.llm.cost'), costNames);
  if (tokens === undefined && cost === undefined) return undefined;
  return { ...(tokens === undefined ? {} : { tokens }), ...(cost === undefined ? {} : { cost }) };
}

function conventionalTokens(known: ReadonlyMap<string, SpanValue>): Tokens | undefined {
  const tokens: Tokens = {};
  for (const name of tokenNames) {
    const count = numberOf(firstOf(known, tokenKeys[name]));
    if (count !== undefined) tokens[name] = Math.trunc(count);
  }
  if (tokens.input_tokens === undefined || tokens.output_tokens === undefined) return undefined;
  tokens.total_tokens ??= tokens.input_tokens + tokens.output_tokens;
  return tokens;
}

/** The finite numbers by these names in a value that is keys and values, or their JSON. */
export function amounts<Name extends string>(
  value: SpanValue | undefined,
  names: readonly Name[],
): Partial<Record<Name, number>> | undefined {
  const record = recordOf(value);
  if (record === undefined) return undefined;
  const found: Partial<Record<Name, number>> = {};
  for (const name of names) {
    const amount = record[name];
    if (typeof amount === 'number' && Number.isFinite(amount)) found[name] = amount;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}

function recordOf(value: SpanValue | undefined): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined) return undefined;
  const plain = typeof value === 'string' ? parsed(value) : plainValue(value);
  if (typeof plain !== 'object' || plain === null || Array.isArray(plain)) return undefined;
  return plain as Record<string, unknown>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function numberOf(value: SpanValue | undefined): number | undefined {
  const plain = value === undefined ? undefined : plainValue(value);
  const number = typeof plain === 'string' && plain.trim() !== '' ? Number(plain) : plain;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** A text, also one that was put into JSON once more, as some clients do. */
function textOf(value: SpanValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'string' || value === '') return undefined;
  if (!value.startsWith('"')) return value;
  const inner = parsed(value);
  return typeof inner === 'string' && inner !== '' ? inner : value;
}

/** JSON in a text becomes what it says. */
function unwrapped(value: SpanValue | undefined): SpanValue | undefined {
  if (typeof value !== 'string' || !/^[[{"]/.test(value)) return value;
  const inner = parsed(value);
  return inner === undefined ? value : toSpanValue(inner);
}

function toSpanValue(plain: unknown): SpanValue {
  if (plain === null || typeof plain === 'boolean' || typeof plain === 'string') return plain;
  if (typeof plain === 'number') return Number.isSafeInteger(plain) ? plain : { d: plain };
  if (Array.isArray(plain)) return plain.map(toSpanValue);
  if (typeof plain === 'object')
    return { m: Object.entries(plain).map(([key, value]) => [key, toSpanValue(value)] as const) };
  return null;
}
