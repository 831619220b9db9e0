import { type PythonValue, readPythonJson } from './python-json.ts';
import { inHexadecimal } from './trace-messages.ts';

type Message = Readonly<Record<string, unknown>>;
type Stored = Readonly<Record<string, PythonValue>>;

/**
 * A span as MLflow 3 stores it (`mlflow.entities.Span.to_dict`) as the message of its API: `opentelemetry.proto.trace.v1.Span`.
 * Undefined of anything else, such as a span of MLflow 2.
 */
export function spanMessageOf(stored: PythonValue, traceId: string): Message | undefined {
  const span = isObject(stored) ? stored : {};
  const { span_id: id, parent_span_id: parentId, name, status, attributes, events, links } = span;
  if (typeof id !== 'string' || typeof name !== 'string') return undefined;
  const { code, message } = isObject(status) ? status : {};
  return {
    trace_id: traceId.replace(/^tr-/, ''),
    span_id: inHexadecimal(id),
    ...(typeof parentId === 'string' && parentId !== '' ? { parent_span_id: inHexadecimal(parentId) } : {}),
    name,
    start_time_unix_nano: nanoseconds(span.start_time_unix_nano),
    end_time_unix_nano: nanoseconds(span.end_time_unix_nano),
    status: {
      code: statusCode(code),
      ...(typeof message === 'string' && message !== '' ? { message } : {}),
    },
    attributes: entriesOf(attributes).map(([key, value]) => ({ key, value: anyValue(loaded(value)) })),
    events: listOf(events).map((event) => ({
      name: String(event.name ?? ''),
      time_unix_nano: nanoseconds(event.time_unix_nano),
      attributes: attributesOf(event.attributes),
    })),
    links: listOf(links).flatMap(linkMessages),
  };
}

/** MLflow lets ids through that are too long for OpenTelemetry, and tells of such links to nobody. */
function linkMessages(link: Stored): readonly Message[] {
  const [, traceId] = /([0-9a-f]{32})$/.exec(String(link.trace_id ?? '')) ?? [];
  const spanId = String(link.span_id ?? '').replace(/^0x/, '');
  if (traceId === undefined || !/^[0-9a-f]{16}$/.test(spanId)) return [];
  return [{ trace_id: traceId, span_id: spanId, attributes: attributesOf(link.attributes) }];
}

function attributesOf(attributes: PythonValue | undefined): readonly Message[] {
  return entriesOf(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

/** The values of a span's attributes are texts of JSON; one that is not stands for itself. */
function loaded(value: PythonValue): PythonValue {
  if (typeof value !== 'string') return value;
  if (value === '') return null;
  if (/^(NaN|-?Infinity)$/.test(value)) return Number(value);
  try {
    return readPythonJson(value);
  } catch {
    return value;
  }
}

const largestInteger = 2n ** 63n;

function anyValue(value: PythonValue): Message {
  if (value === null) return {};
  if (typeof value === 'string') return { string_value: value.toWellFormed() };
  if (typeof value === 'boolean') return { bool_value: value };
  if (typeof value === 'number') return { double_value: Number.isFinite(value) ? value : String(value) };
  if (typeof value === 'bigint') {
    const fits = value >= -largestInteger && value < largestInteger;
    return fits ? { int_value: String(value) } : { double_value: Number(value) };
  }
  if (Array.isArray(value)) return { array_value: { values: value.map(anyValue) } };
  return { kvlist_value: { values: attributesOf(value) } };
}

function statusCode(code: PythonValue | undefined): string {
  return `STATUS_CODE_${String(code ?? 'UNSET').replace(/^STATUS_CODE_/, '')}`;
}

function nanoseconds(time: PythonValue | undefined): string {
  return typeof time === 'bigint' || typeof time === 'string' ? String(time) : '0';
}

function isObject(value: PythonValue | undefined): value is Stored {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: PythonValue | undefined): readonly (readonly [string, PythonValue])[] {
  return isObject(value) ? Object.entries(value) : [];
}

function listOf(value: PythonValue | undefined): readonly Stored[] {
  return Array.isArray(value) ? (value as readonly PythonValue[]).filter(isObject) : [];
}
