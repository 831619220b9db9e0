import type { Attributes, Span, SpanEvent, SpanLink } from './span.ts';

/** What a row of a span has in columns of its own; the rest is its body. */
type InColumns = 'id' | 'parentId' | 'name' | 'status';

/** Short names: they stand in every row. */
interface Body {
  readonly s: string;
  readonly e: string;
  readonly k?: number;
  readonly m?: string;
  readonly a: Attributes;
  readonly v?: readonly SpanEvent[];
  readonly l?: readonly SpanLink[];
  readonly t?: string;
  readonly f?: number;
  /** Dropped attributes, events, links. */
  readonly d?: readonly [number, number, number];
  /** Its name, where the column cannot hold it as it is. */
  readonly n?: string;
  readonly sc?: string;
}

/** The text that a span is kept as, beside its columns. JSON has no raw NUL, which no engine could store. */
export function encodeSpanBody(span: Span, scope: string): string {
  const dropped = [span.droppedAttributes ?? 0, span.droppedEvents ?? 0, span.droppedLinks ?? 0] as const;
  const body: Body = {
    s: span.startedAt,
    e: span.endedAt,
    ...(span.kind === 0 ? {} : { k: span.kind }),
    ...(span.statusMessage === undefined ? {} : { m: span.statusMessage }),
    a: span.attributes,
    ...(span.events.length === 0 ? {} : { v: span.events }),
    ...(span.links.length === 0 ? {} : { l: span.links }),
    ...(span.traceState === undefined ? {} : { t: span.traceState }),
    ...(span.flags === undefined ? {} : { f: span.flags }),
    ...(dropped.some((count) => count > 0) ? { d: dropped } : {}),
    ...(storableText(span.name) === span.name ? {} : { n: span.name }),
    ...(scope === '' ? {} : { sc: scope }),
  };
  return JSON.stringify(body);
}

export function decodeSpanBody(text: string): Omit<Span, InColumns> & {
  readonly name?: string;
  readonly scope: string;
} {
  const body = JSON.parse(text) as Body;
  const [attributes, events, links] = body.d ?? [0, 0, 0];
  return {
    kind: body.k ?? 0,
    startedAt: body.s,
    endedAt: body.e,
    ...(body.m === undefined ? {} : { statusMessage: body.m }),
    attributes: body.a,
    events: body.v ?? [],
    links: body.l ?? [],
    ...(body.t === undefined ? {} : { traceState: body.t }),
    ...(body.f === undefined ? {} : { flags: body.f }),
    ...(attributes === 0 ? {} : { droppedAttributes: attributes }),
    ...(events === 0 ? {} : { droppedEvents: events }),
    ...(links === 0 ? {} : { droppedLinks: links }),
    ...(body.n === undefined ? {} : { name: body.n }),
    scope: body.sc ?? '',
  };
}

/** A text as a column can hold it: without NUL and without halves of characters. */
export function storableText(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed();
  return whole.includes('\u0000') ? whole.replaceAll('\u0000', '\ufffd') : whole;
}
