import {
  type Attributes,
  ownAttributes,
  type SpanEvent,
  type SpanLink,
  type SpanValue,
  type StoredSpan,
  spanKindNames,
} from '../../../llm/index.ts';

/**
 * A span as JSON text: `opentelemetry.proto.trace.v1.Span` with the names of its fields as they are, ids in base64, and times
 * and integers as numbers with all their digits, which is why it is written by hand.
 */
export function spanText({ span }: StoredSpan, traceId: string): string {
  const otelId = traceId.replace(/^tr-/, '');
  const attributes: Attributes = [
    ...span.attributes,
    ...ownAttributes(span),
    ['mlflow.traceRequestId', traceId],
  ];
  return object([
    ['trace_id', idText(otelId)],
    ['span_id', idText(span.id)],
    ['trace_state', span.traceState === undefined ? undefined : JSON.stringify(span.traceState)],
    ['parent_span_id', span.parentId === undefined ? undefined : idText(span.parentId)],
    ['flags', numberText(span.flags)],
    ['name', JSON.stringify(span.name)],
    ['kind', span.kind === 0 ? undefined : JSON.stringify(spanKindNames[span.kind] ?? span.kind)],
    ['start_time_unix_nano', span.startedAt],
    ['end_time_unix_nano', span.endedAt === '0' ? undefined : span.endedAt],
    ['attributes', attributesText(attributes)],
    ['dropped_attributes_count', numberText(span.droppedAttributes)],
    ['events', span.events.length === 0 ? undefined : array(span.events.map(eventText))],
    ['dropped_events_count', numberText(span.droppedEvents)],
    ['links', span.links.length === 0 ? undefined : array(span.links.map(linkText))],
    ['dropped_links_count', numberText(span.droppedLinks)],
    [
      'status',
      object([
        ['message', span.statusMessage === undefined ? undefined : JSON.stringify(span.statusMessage)],
        ['code', JSON.stringify(`STATUS_CODE_${span.status}`)],
      ]),
    ],
  ]);
}

function eventText(event: SpanEvent): string {
  return object([
    ['time_unix_nano', event.at],
    ['name', JSON.stringify(event.name)],
    ['attributes', attributesText(event.attributes)],
    ['dropped_attributes_count', numberText(event.dropped)],
  ]);
}

function linkText(link: SpanLink): string {
  return object([
    ['trace_id', idText(link.traceId)],
    ['span_id', idText(link.spanId)],
    ['trace_state', link.traceState === undefined ? undefined : JSON.stringify(link.traceState)],
    ['attributes', attributesText(link.attributes)],
    ['dropped_attributes_count', numberText(link.dropped)],
    ['flags', numberText(link.flags)],
  ]);
}

function attributesText(attributes: Attributes): string {
  return array([...new Map(attributes)].map(entryText));
}

function entryText([key, value]: readonly [string, SpanValue]): string {
  return object([
    ['key', JSON.stringify(key)],
    ['value', valueText(value)],
  ]);
}

function valueText(value: SpanValue): string {
  if (value === null) return '{}';
  if (typeof value === 'string') return object([['string_value', JSON.stringify(value)]]);
  if (typeof value === 'boolean') return object([['bool_value', String(value)]]);
  if (typeof value === 'number') return object([['int_value', String(value)]]);
  if (Array.isArray(value)) {
    const values = (value as readonly SpanValue[]).map(valueText);
    return object([['array_value', object([['values', array(values)]])]]);
  }
  if ('i' in value) return object([['int_value', value.i]]);
  if ('d' in value) return object([['double_value', JSON.stringify(value.d)]]);
  if ('b' in value) return object([['bytes_value', JSON.stringify(value.b)]]);
  // A list of keys may have one twice.
  if ('m' in value) return object([['kvlist_value', object([['values', array(value.m.map(entryText))]])]]);
  return '{}';
}

function idText(hex: string): string {
  return JSON.stringify(Buffer.from(hex, 'hex').toString('base64'));
}

function numberText(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function object(fields: readonly (readonly [name: string, text: string | undefined])[]): string {
  return `{${fields.flatMap(([name, text]) => (text === undefined ? [] : `"${name}":${text}`)).join(',')}}`;
}

function array(items: readonly string[]): string {
  return `[${items.join(',')}]`;
}
