/**
 * A value of OpenTelemetry's `AnyValue` (opentelemetry/proto/common/v1). A plain number is an integer; what JSON cannot tell
 * apart has a letter: `i` an integer beyond 2^53, `d` a double, `b` bytes in base64, `m` a list of keys and values.
 */
export type SpanValue =
  | null
  | boolean
  | number
  | string
  | readonly SpanValue[]
  | { readonly i: string }
  | { readonly d: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { readonly b: string }
  | { readonly m: Attributes };

/** In the order they were set; of a key that stands twice, the last counts. */
export type Attributes = readonly (readonly [key: string, value: SpanValue])[];

export interface SpanEvent {
  readonly name: string;
  /** Nanoseconds since 1970, decimal. */
  readonly at: string;
  readonly attributes: Attributes;
  readonly dropped?: number;
}

export interface SpanLink {
  /** 32 hexadecimal characters. */
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState?: string;
  readonly attributes: Attributes;
  readonly flags?: number;
  readonly dropped?: number;
}

/** Names of `SpanKind` by its number. */
export const spanKindNames = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
] as const;

export type SpanStatus = 'UNSET' | 'OK' | 'ERROR';

/** A span of OpenTelemetry (opentelemetry/proto/trace/v1), as it was sent. */
export interface Span {
  /** 16 hexadecimal characters. */
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  /** `SpanKind`; 0 when it was not said. */
  readonly kind: number;
  /** Nanoseconds since 1970, decimal; `0` when there is none. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly status: SpanStatus;
  readonly statusMessage?: string;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly links: readonly SpanLink[];
  readonly traceState?: string;
  readonly flags?: number;
  readonly droppedAttributes?: number;
  readonly droppedEvents?: number;
  readonly droppedLinks?: number;
}

/** A span with what it came with. */
export interface ReceivedSpan {
  /** 32 hexadecimal characters. */
  readonly traceId: string;
  readonly span: Span;
  /** Of the thing that sent it. */
  readonly resource: Attributes;
  /** What made it: name and version of the instrumentation. */
  readonly scope: string;
}

/** The longest number of microseconds that is kept; what lies beyond is cut to it. */
const mostMicroseconds = Number.MAX_SAFE_INTEGER;

/** Nanoseconds as text in whole microseconds, cut to what a number holds exactly. */
export function toMicroseconds(nanoseconds: string): number {
  if (nanoseconds.length <= 3) return 0;
  return Math.min(mostMicroseconds, Number(nanoseconds.slice(0, -3)));
}

/** Nanoseconds as text in whole milliseconds, cut to what a number holds exactly. */
export function toMilliseconds(nanoseconds: string): number {
  if (nanoseconds.length <= 6) return 0;
  return Math.min(mostMicroseconds, Number(nanoseconds.slice(0, -6)));
}

/** The value of a key; the last when it stands twice. */
export function attributeOf(attributes: Attributes, key: string): SpanValue | undefined {
  for (let index = attributes.length - 1; index >= 0; index--) {
    const entry = attributes[index];
    if (entry !== undefined && entry[0] === key) return entry[1];
  }
  return undefined;
}

/** A value as JSON has it: integers and doubles alike, bytes in base64, keys and values as an object. */
export function plainValue(value: SpanValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return (value as readonly SpanValue[]).map(plainValue);
  if ('i' in value) return Number(value.i);
  if ('d' in value) return value.d;
  if ('b' in value) return value.b;
  if ('m' in value) return plainAttributes(value.m);
  return null;
}

export function plainAttributes(attributes: Attributes): Readonly<Record<string, unknown>> {
  return Object.fromEntries(attributes.map(([key, value]) => [key, plainValue(value)]));
}
