import {
  type Attributes,
  type ReceivedSpan,
  type SpanEvent,
  type SpanLink,
  type SpanStatus,
  type SpanValue,
  spanKindNames,
} from '../../llm/index.ts';
import { type ExportRequest, toDouble } from './decode-export-request.ts';
import { MalformedMessage } from './protobuf-reader.ts';

type Message = Readonly<Record<string, unknown>>;

/**
 * Decodes the JSON of `ExportTraceServiceRequest`: ids in hexadecimal, integers of 64 bits as text or number, enums as numbers
 * (their names are taken as well), unknown fields ignored (opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Throws
 * `MalformedMessage`.
 */
export function decodeExportJson(text: string): ExportRequest {
  const request = messageOf(parseExactly(text), 'the body');
  const groups = list(request, 'resourceSpans');
  const spans: ReceivedSpan[] = [];
  for (const group of groups) {
    const resource = attributesOf(optional(group, 'resource') ?? {});
    for (const scoped of list(group, 'scopeSpans')) {
      const scope = optional(scoped, 'scope') ?? {};
      const name = [textAt(scope, 'name'), textAt(scope, 'version')].filter((part) => part !== '').join(' ');
      for (const span of list(scoped, 'spans')) spans.push(toReceivedSpan(span, resource, name));
    }
  }
  return { groups: groups.length, spans };
}

/** Numbers beyond 2^53 come as their digits. */
function parseExactly(text: string): unknown {
  try {
    // Only then is it worth looking at every number.
    if (!/[:[,]\s*-?\d{16}/.test(text)) return JSON.parse(text);
    return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
      typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)
        ? (context?.source ?? value)
        : value,
    );
  } catch (error) {
    if (error instanceof SyntaxError) throw new MalformedMessage('it is not valid JSON');
    throw error;
  }
}

const statuses: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR'];
const statusNames = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'];

function toReceivedSpan(span: Message, resource: Attributes, scope: string): ReceivedSpan {
  const parentId = idOf(span, 'parentSpanId');
  const status = optional(span, 'status') ?? {};
  const statusMessage = textAt(status, 'message');
  const traceState = textAt(span, 'traceState');
  const flags = count(span, 'flags');
  const dropped = [
    count(span, 'droppedAttributesCount'),
    count(span, 'droppedEventsCount'),
    count(span, 'droppedLinksCount'),
  ] as const;
  return {
    traceId: idOf(span, 'traceId'),
    resource,
    scope,
    span: {
      id: idOf(span, 'spanId'),
      // Some senders fill the absent parent with zeros.
      ...(/^0*$/.test(parentId) ? {} : { parentId }),
      name: textAt(span, 'name'),
      kind: choice(span, 'kind', spanKindNames),
      startedAt: nanoseconds(span, 'startTimeUnixNano'),
      endedAt: nanoseconds(span, 'endTimeUnixNano'),
      status: statuses[choice(status, 'code', statusNames)] ?? 'UNSET',
      ...(statusMessage === '' ? {} : { statusMessage }),
      attributes: attributesOf(span),
      events: list(span, 'events').map(toEvent),
      links: list(span, 'links').map(toLink),
      ...(traceState === '' ? {} : { traceState }),
      ...(flags === 0 ? {} : { flags }),
      ...(dropped[0] === 0 ? {} : { droppedAttributes: dropped[0] }),
      ...(dropped[1] === 0 ? {} : { droppedEvents: dropped[1] }),
      ...(dropped[2] === 0 ? {} : { droppedLinks: dropped[2] }),
    },
  };
}

function toEvent(event: Message): SpanEvent {
  const dropped = count(event, 'droppedAttributesCount');
  return {
    name: textAt(event, 'name'),
    at: nanoseconds(event, 'timeUnixNano'),
    attributes: attributesOf(event),
    ...(dropped === 0 ? {} : { dropped }),
  };
}

function toLink(link: Message): SpanLink {
  const traceState = textAt(link, 'traceState');
  const flags = count(link, 'flags');
  const dropped = count(link, 'droppedAttributesCount');
  return {
    traceId: idOf(link, 'traceId'),
    spanId: idOf(link, 'spanId'),
    attributes: attributesOf(link),
    ...(traceState === '' ? {} : { traceState }),
    ...(flags === 0 ? {} : { flags }),
    ...(dropped === 0 ? {} : { dropped }),
  };
}

function attributesOf(holder: Message): Attributes {
  return list(holder, 'attributes').map(toKeyValue);
}

function toKeyValue(entry: Message): readonly [string, SpanValue] {
  return [textAt(entry, 'key'), toValue(entry.value, 0)];
}

const deepest = 100;

function toValue(given: unknown, depth: number): SpanValue {
  if (given === undefined || given === null) return null;
  if (depth > deepest) throw new MalformedMessage('values lie too deep in each other');
  const value = messageOf(given, 'a value');
  if (typeof value.stringValue === 'string') return value.stringValue;
  if (typeof value.boolValue === 'boolean') return value.boolValue;
  if (value.intValue !== undefined) return integer(value.intValue);
  if (value.doubleValue !== undefined) return toDouble(Number(value.doubleValue));
  if (typeof value.bytesValue === 'string') return { b: value.bytesValue };
  if (value.arrayValue !== undefined)
    return listOf(messageOf(value.arrayValue, 'an array').values).map((item) => toValue(item, depth + 1));
  if (value.kvlistValue !== undefined)
    return {
      m: listOf(messageOf(value.kvlistValue, 'a list of keys').values).map((item) => {
        const entry = messageOf(item, 'a key and its value');
        return [textAt(entry, 'key'), toValue(entry.value, depth + 1)] as const;
      }),
    };
  return null;
}

function integer(value: unknown): SpanValue {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  if (typeof value !== 'string' || !/^-?\d{1,19}$/.test(value))
    throw new MalformedMessage('an integer is none');
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { i: BigInt.asIntN(64, BigInt(value)).toString() };
}

function nanoseconds(holder: Message, name: string): string {
  const value = holder[name];
  if (value === undefined || value === null) return '0';
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^\d{1,20}$/.test(text)) throw new MalformedMessage(`${name} is no time`);
  return text.replace(/^0+(?=\d)/, '');
}

function idOf(holder: Message, name: string): string {
  const id = textAt(holder, name).toLowerCase();
  if (!/^([0-9a-f]{2})*$/.test(id)) throw new MalformedMessage(`${name} is not hexadecimal`);
  return id;
}

function choice(holder: Message, name: string, names: readonly string[]): number {
  const value = holder[name];
  return typeof value === 'string' ? Math.max(0, names.indexOf(value)) : count(holder, name);
}

function count(holder: Message, name: string): number {
  const value = holder[name] ?? 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32) return value;
  throw new MalformedMessage(`${name} is no number of 32 bits`);
}

function textAt(holder: Message, name: string): string {
  const value = holder[name] ?? '';
  if (typeof value !== 'string') throw new MalformedMessage(`${name} is no text`);
  return value;
}

function optional(holder: Message, name: string): Message | undefined {
  const value = holder[name];
  return value === undefined || value === null ? undefined : messageOf(value, name);
}

function list(holder: Message, name: string): readonly Message[] {
  return listOf(holder[name]).map((item) => messageOf(item, name));
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new MalformedMessage('a list is none');
  return value;
}

function messageOf(value: unknown, name: string): Message {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Message;
  throw new MalformedMessage(`${name} is no object`);
}
