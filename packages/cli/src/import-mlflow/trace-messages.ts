type Message = Readonly<Record<string, unknown>>;

/** A trace as MLflow's API tells it (`TraceInfoV3` and OTLP spans); numbers beyond 2^53 are their digits. */
export interface TraceMessage {
  readonly trace_info: Message & {
    readonly trace_id: string;
    readonly tags?: Readonly<Record<string, string>>;
    readonly trace_metadata?: Readonly<Record<string, string>>;
    readonly assessments?: readonly Message[];
  };
  readonly spans?: readonly Message[];
  /** Why spans that it has could not be read. */
  readonly unread?: string;
}

/** Says where the spans are; of those that are a file, nothing does. */
export const spansLocationTag = 'mlflow.trace.spansLocation';

export const artifactLocationTag = 'mlflow.artifactLocation';

/** Tags that say where a server keeps things; each writes its own. */
export const placeTags: readonly string[] = [artifactLocationTag, spansLocationTag];

/** How much there is of a trace, of tags and metadata those that the source has: servers add some of their own. */
export function countsOfTrace(
  { trace_info: info, spans = [] }: TraceMessage,
  { trace_info: source }: TraceMessage,
): Readonly<Record<string, number>> {
  const { tags = {}, trace_metadata: metadata = {} } = info;
  const wanted = Object.keys(source.tags ?? {}).filter((tag) => !placeTags.includes(tag));
  return {
    spans: spans.length,
    assessments: info.assessments?.length ?? 0,
    tags: wanted.filter((tag) => Object.hasOwn(tags, tag)).length,
    metadata: Object.keys(source.trace_metadata ?? {}).filter((name) => Object.hasOwn(metadata, name)).length,
  };
}

/** The body that tells another server of the trace as a whole, in an experiment of that server. */
export function toldIn(experiment: number, { trace_info: info }: TraceMessage): unknown {
  const place = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: String(experiment) } };
  return { trace: { trace_info: { ...info, trace_location: place } } };
}

/** The spans as a request of OpenTelemetry, whose JSON has names with capitals and ids in hexadecimal. */
export function exportOf(spans: readonly Message[]): unknown {
  return { resourceSpans: [{ resource: {}, scopeSpans: [{ spans: spans.map(spanOf) }] }] };
}

const idFields: readonly string[] = ['trace_id', 'span_id', 'parent_span_id'];

function spanOf(message: Message): Message {
  return Object.fromEntries(
    Object.entries(message).map(([field, value]) => [
      inCapitals(field),
      idFields.includes(field) ? inHexadecimal(value) : withCapitals(value),
    ]),
  );
}

/** Names of attributes are values here, and stay. */
function withCapitals(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withCapitals);
  return typeof value === 'object' && value !== null ? spanOf(value as Message) : value;
}

function inCapitals(field: string): string {
  return field.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Bytes are in base64 in the JSON of protobuf; ids of 16 and 8 bytes cannot be taken for their hexadecimal form. */
export function inHexadecimal(id: unknown): string {
  const text = String(id ?? '');
  return /^([0-9a-f]{32}|[0-9a-f]{16})$/.test(text) ? text : Buffer.from(text, 'base64').toString('hex');
}
