import { type Attributes, ownAttributes, type SpanValue, type StoredSpan } from '../../../llm/index.ts';

/**
 * A span as MLflow's clients keep it in `traces.json` (`mlflow.entities.Span.to_dict` of release 3): ids in base64, times as
 * numbers with all their digits, and the value of every attribute as JSON within a text.
 */
export function spanData({ span }: StoredSpan, traceId: string): string {
  const otelId = traceId.replace(/^tr-/, '');
  return object([
    ['trace_id', idText(otelId)],
    ['span_id', idText(span.id)],
    ['parent_span_id', span.parentId === undefined ? 'null' : idText(span.parentId)],
    ['name', JSON.stringify(span.name)],
    ['start_time_unix_nano', span.startedAt],
    ['end_time_unix_nano', span.endedAt === '0' ? 'null' : span.endedAt],
    [
      'events',
      array(
        span.events.map(({ name, at, attributes }) =>
          object([
            ['name', JSON.stringify(name)],
            ['time_unix_nano', at],
            ['attributes', object(entries(attributes, valueJson))],
          ]),
        ),
      ),
    ],
    [
      'status',
      object([
        ['code', JSON.stringify(`STATUS_CODE_${span.status}`)],
        ['message', JSON.stringify(span.statusMessage ?? '')],
      ]),
    ],
    [
      'attributes',
      object(
        entries([...span.attributes, ...ownAttributes(span), ['mlflow.traceRequestId', traceId]], (value) =>
          JSON.stringify(valueJson(value)),
        ),
      ),
    ],
    [
      'links',
      array(
        span.links.map((link) =>
          object([
            ['trace_id', JSON.stringify(`tr-${link.traceId}`)],
            ['span_id', JSON.stringify(link.spanId)],
            ['attributes', object(entries(link.attributes, valueJson))],
          ]),
        ),
      ),
    ],
  ]);
}

/** As Python's `json.dumps` writes it, whose texts programs compare: blanks behind commas and colons, doubles with a point. */
function valueJson(value: SpanValue): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return array((value as readonly SpanValue[]).map(valueJson));
  if ('i' in value) return value.i;
  if ('d' in value) {
    if (typeof value.d !== 'number') return value.d;
    return Number.isInteger(value.d) && Math.abs(value.d) < 1e16 ? `${value.d}.0` : String(value.d);
  }
  if ('b' in value) return JSON.stringify(value.b);
  if ('m' in value) return object(entries(value.m, valueJson));
  return 'null';
}

type Entry = readonly [name: string, text: string];

function entries(attributes: Attributes, toText: (value: SpanValue) => string): readonly Entry[] {
  return [...new Map(attributes)].map(([name, value]): Entry => [name, toText(value)]);
}

function idText(hex: string): string {
  return JSON.stringify(Buffer.from(hex, 'hex').toString('base64'));
}

function object(fields: readonly Entry[]): string {
  return `{${fields.map(([name, text]) => `${JSON.stringify(name)}: ${text}`).join(', ')}}`;
}

function array(items: readonly string[]): string {
  return `[${items.join(', ')}]`;
}
