import { attributeOf, plainValue, type ReceivedSpan, toMilliseconds } from './span.ts';
import { storableText } from './span-body.ts';
import { factsOf, type SpanFacts } from './span-facts.ts';
import { previewOf } from './span-preview.ts';
import { type PreparedSpan, prepareSpan } from './span-store.ts';
import type { TraceState } from './trace.ts';
import { traceTag } from './trace-tag.ts';

/** What the spans of one trace in one request say of it. */
export interface TraceSummary {
  readonly id: string;
  startedAt: number;
  endedAt: number | undefined;
  state: TraceState;
  name: string | undefined;
  requestPreview: string | undefined;
  responsePreview: string | undefined;
  session: string | undefined;
  user: string | undefined;
  /** Of the resource: they give way to tags that are there. */
  readonly resourceTags: Map<string, string>;
  /** Set by whoever made the trace. */
  readonly tags: Map<string, string>;
  /** Some span tells what it used. */
  uses: boolean;
  readonly spans: PreparedSpan[];
  readonly facts: { id: string; parentId: string | undefined; usage: SpanFacts['usage'] }[];
}

const tagPrefix = 'mlflow.traceTag.';
const nameTag = 'mlflow.traceName';

/** Spans as they will be stored, by trace. Ids of traces get the prefix that MLflow's clients know them by. */
export function prepareSpans(received: readonly ReceivedSpan[]): readonly TraceSummary[] {
  const traces = new Map<string, TraceSummary>();
  for (const each of received) {
    let trace = traces.get(each.traceId);
    if (trace === undefined) {
      trace = emptySummary(`tr-${each.traceId}`);
      traces.set(each.traceId, trace);
    }
    addSpan(trace, each);
  }
  return [...traces.values()];
}

function emptySummary(id: string): TraceSummary {
  return {
    id,
    startedAt: Number.MAX_SAFE_INTEGER,
    endedAt: undefined,
    state: 'IN_PROGRESS',
    name: undefined,
    requestPreview: undefined,
    responsePreview: undefined,
    session: undefined,
    user: undefined,
    resourceTags: new Map(),
    tags: new Map(),
    uses: false,
    spans: [],
    facts: [],
  };
}

function addSpan(trace: TraceSummary, received: ReceivedSpan): void {
  const { span } = received;
  const facts = factsOf(span);
  trace.spans.push(prepareSpan(received, facts));
  trace.facts.push({ id: span.id, parentId: span.parentId, usage: facts.usage });
  trace.startedAt = Math.min(trace.startedAt, toMilliseconds(span.startedAt));
  if (span.endedAt !== '0') trace.endedAt = Math.max(trace.endedAt ?? 0, toMilliseconds(span.endedAt));
  if (facts.usage !== undefined) trace.uses = true;
  trace.session ??= facts.session === undefined ? undefined : storableText(facts.session).slice(0, 250);
  trace.user ??= facts.user === undefined ? undefined : storableText(facts.user).slice(0, 250);
  if (trace.resourceTags.size === 0) addResourceTags(trace, received.resource);
  if (span.parentId === undefined) addRoot(trace, received, facts);
}

function addRoot(trace: TraceSummary, { span }: ReceivedSpan, facts: SpanFacts): void {
  trace.state = span.status === 'ERROR' ? 'ERROR' : 'OK';
  const told = attributeOf(span.attributes, `${tagPrefix}${nameTag}`);
  trace.name = storableText(typeof told === 'string' ? told : span.name).slice(0, 4096);
  if (facts.inputs !== undefined) trace.requestPreview = storableText(previewOf(facts.inputs, 'user'));
  if (facts.outputs !== undefined)
    trace.responsePreview = storableText(previewOf(facts.outputs, 'assistant'));
  for (const [key, value] of span.attributes) {
    if (!key.startsWith(tagPrefix) || key === `${tagPrefix}${nameTag}`) continue;
    const tag = traceTag(key.slice(tagPrefix.length), textOf(plainValue(value)));
    if (tag !== undefined) trace.tags.set(tag.name, tag.value);
  }
}

function addResourceTags(trace: TraceSummary, resource: ReceivedSpan['resource']): void {
  for (const [key, value] of resource) {
    // The namespace of the protocol's own bookkeeping is not for senders.
    if (key.startsWith('telemetry.sdk.') || key.startsWith('mlflow.')) continue;
    const tag = traceTag(key, textOf(plainValue(value)));
    if (tag !== undefined) trace.resourceTags.set(tag.name, tag.value);
  }
}

function textOf(plain: unknown): string {
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
