import { canonicalText } from './canonical-text.ts';
import { inHexadecimal, placeTags, type TraceMessage } from './trace-messages.ts';

type Message = Readonly<Record<string, unknown>>;

/**
 * What a trace says, as one text: of two servers it is the same when the trace is, however each writes numbers, times, ids and
 * what is absent. Of the whole trace what the source has: servers add tags, and read what nobody told from its spans.
 */
export function contentOfTrace(
  { trace_info: info, spans = [] }: TraceMessage,
  { trace_info: source }: TraceMessage,
): string {
  const { tags = {}, trace_metadata: metadata = {}, assessments = [] } = info;
  const wanted = Object.keys(source.tags ?? {}).filter((tag) => !placeTags.includes(tag));
  return canonicalText({
    id: info.trace_id,
    begun: time(info.request_time),
    state: info.state,
    client: info.client_request_id,
    ...(source.execution_duration === undefined ? {} : { seconds: seconds(info.execution_duration) }),
    ...(told(source.request_preview) === undefined ? {} : { request: info.request_preview }),
    ...(told(source.response_preview) === undefined ? {} : { response: info.response_preview }),
    tags: wanted.map((tag) => [tag, tags[tag]]).sort(),
    metadata: Object.keys(source.trace_metadata ?? {})
      .map((name) => [name, metadata[name]])
      .sort(),
    assessments: assessments.map((one) => canonicalText(assessmentContent(one))).sort(),
    spans: spans.map((span) => canonicalText(spanContent(span))).sort(),
  });
}

function assessmentContent(message: Message): unknown {
  const { feedback, expectation, issue, source, metadata } = message as Readonly<Record<string, Message>>;
  const { value, serialized_value: serialized } = { ...expectation } as Readonly<Record<string, unknown>>;
  return {
    id: message.assessment_id,
    name: message.assessment_name,
    span: told(message.span_id),
    source: [source?.source_type, told(source?.source_id)],
    times: [time(message.create_time), time(message.last_update_time)],
    rationale: told(message.rationale),
    overrides: told(message.overrides),
    valid: message.valid ?? true,
    metadata: metadata ?? {},
    feedback: feedback && [feedback.value ?? null, feedback.error],
    expectation: expectation && (isMessage(serialized) ? JSON.parse(String(serialized.value)) : value),
    issue,
  };
}

function spanContent(span: Message): unknown {
  const status = isMessage(span.status) ? span.status : {};
  return {
    id: inHexadecimal(span.span_id),
    parent: inHexadecimal(span.parent_span_id),
    name: span.name,
    times: [String(span.start_time_unix_nano ?? 0), String(span.end_time_unix_nano ?? 0)],
    kind: String(span.kind ?? 'SPAN_KIND_UNSPECIFIED'),
    status: [status.code ?? 'STATUS_CODE_UNSET', told(status.message)],
    attributes: attributes(span),
    events: list(span.events).map((event) => [
      event.name,
      String(event.time_unix_nano ?? 0),
      attributes(event),
    ]),
    links: list(span.links).map((link) => [
      inHexadecimal(link.trace_id),
      inHexadecimal(link.span_id),
      attributes(link),
    ]),
  };
}

function attributes(holder: Message): unknown {
  return pairs(list(holder.attributes));
}

function pairs(entries: readonly Message[]): unknown {
  const values = new Map(entries.map(({ key, value }) => [String(key), valueContent(value)]));
  return [...values].sort(([one], [other]) => (one < other ? -1 : 1));
}

function valueContent(value: unknown): unknown {
  if (!isMessage(value)) return null;
  if (value.int_value !== undefined) return { integer: String(value.int_value) };
  if (value.double_value !== undefined) return { double: String(Number(value.double_value)) };
  if (isMessage(value.array_value)) return list(value.array_value.values).map(valueContent);
  if (isMessage(value.kvlist_value)) return { keys: pairs(list(value.kvlist_value.values)) };
  return value.string_value ?? value.bool_value ?? value.bytes_value ?? null;
}

function told(value: unknown): unknown {
  return value === '' ? undefined : value;
}

function time(value: unknown): number | undefined {
  return value === undefined ? undefined : Date.parse(String(value));
}

function seconds(value: unknown): number {
  return Number.parseFloat(String(value));
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): readonly Message[] {
  return Array.isArray(value) ? value.filter(isMessage) : [];
}
