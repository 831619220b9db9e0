import type {
  Attributes,
  ReceivedSpan,
  Span,
  SpanEvent,
  SpanLink,
  SpanStatus,
  SpanValue,
} from '../../llm/index.ts';
import { type ProtobufReader, readProtobuf } from './protobuf-reader.ts';

/** The spans of a request, and how many groups of a resource it had. */
export interface ExportRequest {
  readonly groups: number;
  readonly spans: readonly ReceivedSpan[];
}

/** Where a span lies in a request. */
interface SpanPlace {
  readonly from: number;
  readonly to: number;
  readonly resource: Attributes;
  readonly scope: { name: string };
}

// Some ten milliseconds; others are served between.
const spansAtOnce = 1000;

/**
 * Decodes `ExportTraceServiceRequest` (opentelemetry/proto/collector/trace/v1/trace_service.proto). Ids come as they are,
 * whatever their length. Throws `MalformedMessage`.
 */
export async function decodeExportRequest(bytes: Buffer): Promise<ExportRequest> {
  const reader = readProtobuf(bytes);
  const places: SpanPlace[] = [];
  let groups = 0;
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field !== 1) {
      reader.skip();
      continue;
    }
    groups++;
    reader.message(() => findSpans(reader, places));
  }
  const spans: ReceivedSpan[] = [];
  for (const [index, place] of places.entries()) {
    if (index > 0 && index % spansAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    reader.moveTo(place.from, place.to);
    spans.push(readSpan(reader, place.resource, place.scope.name));
  }
  return { groups, spans };
}

// Resource and scope may stand behind the spans they belong to, so spans are read once everything else is known.
function findSpans(reader: ProtobufReader, places: SpanPlace[]): void {
  const resource: (readonly [string, SpanValue])[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) reader.message(() => readResource(reader, resource));
    else if (field === 2) reader.message(() => findSpansOfScope(reader, resource, places));
    else reader.skip();
  }
}

function readResource(reader: ProtobufReader, resource: (readonly [string, SpanValue])[]): void {
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) resource.push(reader.message(() => readKeyValue(reader)));
    else reader.skip();
  }
}

function findSpansOfScope(reader: ProtobufReader, resource: Attributes, places: SpanPlace[]): void {
  const scope = { name: '' };
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) scope.name = reader.message(() => readScope(reader));
    else if (field === 2) places.push({ ...reader.place(), resource, scope });
    else reader.skip();
  }
}

function readScope(reader: ProtobufReader): string {
  let name = '';
  let version = '';
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) name = reader.text();
    else if (field === 2) version = reader.text();
    else reader.skip();
  }
  return version === '' ? name : `${name} ${version}`;
}

const statuses: readonly SpanStatus[] = ['UNSET', 'OK', 'ERROR'];

function readSpan(reader: ProtobufReader, resource: Attributes, scope: string): ReceivedSpan {
  let traceId = '';
  let id = '';
  let parentId = '';
  let name = '';
  let kind = 0;
  let startedAt = '0';
  let endedAt = '0';
  let status: SpanStatus = 'UNSET';
  let statusMessage = '';
  let traceState = '';
  let flags = 0;
  let droppedAttributes = 0;
  let droppedEvents = 0;
  let droppedLinks = 0;
  const attributes: (readonly [string, SpanValue])[] = [];
  const events: SpanEvent[] = [];
  const links: SpanLink[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) traceId = reader.hex();
    else if (field === 2) id = reader.hex();
    else if (field === 3) traceState = reader.text();
    else if (field === 4) parentId = reader.hex();
    else if (field === 5) name = reader.text();
    else if (field === 6) kind = reader.uint32();
    else if (field === 7) startedAt = reader.fixed64();
    else if (field === 8) endedAt = reader.fixed64();
    else if (field === 9) attributes.push(reader.message(() => readKeyValue(reader)));
    else if (field === 10) droppedAttributes = reader.uint32();
    else if (field === 11) events.push(reader.message(() => readEvent(reader)));
    else if (field === 12) droppedEvents = reader.uint32();
    else if (field === 13) links.push(reader.message(() => readLink(reader)));
    else if (field === 14) droppedLinks = reader.uint32();
    else if (field === 15)
      reader.message(() => {
        for (let inner = reader.field(); inner !== 0; inner = reader.field()) {
          if (inner === 2) statusMessage = reader.text();
          else if (inner === 3) status = statuses[reader.uint32()] ?? 'UNSET';
          else reader.skip();
        }
      });
    else if (field === 16) flags = reader.fixed32();
    else reader.skip();
  }
  const span: Span = {
    id,
    // Some senders fill the absent parent with zeros.
    ...(/^0*$/.test(parentId) ? {} : { parentId }),
    name,
    kind,
    startedAt,
    endedAt,
    status,
    ...(statusMessage === '' ? {} : { statusMessage }),
    attributes,
    events,
    links,
    ...(traceState === '' ? {} : { traceState }),
    ...(flags === 0 ? {} : { flags }),
    ...(droppedAttributes === 0 ? {} : { droppedAttributes }),
    ...(droppedEvents === 0 ? {} : { droppedEvents }),
    ...(droppedLinks === 0 ? {} : { droppedLinks }),
  };
  return { traceId, span, resource, scope };
}

function readEvent(reader: ProtobufReader): SpanEvent {
  let name = '';
  let at = '0';
  let dropped = 0;
  const attributes: (readonly [string, SpanValue])[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) at = reader.fixed64();
    else if (field === 2) name = reader.text();
    else if (field === 3) attributes.push(reader.message(() => readKeyValue(reader)));
    else if (field === 4) dropped = reader.uint32();
    else reader.skip();
  }
  return { name, at, attributes, ...(dropped === 0 ? {} : { dropped }) };
}

function readLink(reader: ProtobufReader): SpanLink {
  let traceId = '';
  let spanId = '';
  let traceState = '';
  let dropped = 0;
  let flags = 0;
  const attributes: (readonly [string, SpanValue])[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) traceId = reader.hex();
    else if (field === 2) spanId = reader.hex();
    else if (field === 3) traceState = reader.text();
    else if (field === 4) attributes.push(reader.message(() => readKeyValue(reader)));
    else if (field === 5) dropped = reader.uint32();
    else if (field === 6) flags = reader.fixed32();
    else reader.skip();
  }
  return {
    traceId,
    spanId,
    attributes,
    ...(traceState === '' ? {} : { traceState }),
    ...(flags === 0 ? {} : { flags }),
    ...(dropped === 0 ? {} : { dropped }),
  };
}

function readKeyValue(reader: ProtobufReader): readonly [string, SpanValue] {
  let key = '';
  let value: SpanValue = null;
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) key = reader.text();
    else if (field === 2) value = reader.message(() => readAnyValue(reader));
    else reader.skip();
  }
  return [key, value];
}

function readAnyValue(reader: ProtobufReader): SpanValue {
  let value: SpanValue = null;
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) value = reader.text();
    else if (field === 2) value = reader.bool();
    else if (field === 3) value = toInteger(reader.int64());
    else if (field === 4) value = toDouble(reader.double());
    else if (field === 5) value = reader.message(() => readValues(reader));
    else if (field === 6) value = { m: reader.message(() => readKeyValues(reader)) };
    else if (field === 7) value = { b: reader.base64() };
    else reader.skip();
  }
  return value;
}

function readValues(reader: ProtobufReader): readonly SpanValue[] {
  const values: SpanValue[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) values.push(reader.message(() => readAnyValue(reader)));
    else reader.skip();
  }
  return values;
}

function readKeyValues(reader: ProtobufReader): Attributes {
  const entries: (readonly [string, SpanValue])[] = [];
  for (let field = reader.field(); field !== 0; field = reader.field()) {
    if (field === 1) entries.push(reader.message(() => readKeyValue(reader)));
    else reader.skip();
  }
  return entries;
}

function toInteger(value: number | string): SpanValue {
  return typeof value === 'string' ? { i: value } : value;
}

export function toDouble(value: number): SpanValue {
  if (Number.isFinite(value)) return { d: value };
  return { d: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
}
