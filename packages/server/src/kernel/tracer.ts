/** Where time goes, as spans of a distributed trace. Rooms know this seam alone, never who collects the spans. */
export interface Tracer {
  /** Nothing is collected otherwise, and callers may leave out what costs. */
  readonly active: boolean;
  /** Begins a span; `end` it. What is begun inside `within` becomes its child. */
  start(name: string, options?: SpanOptions): OpenSpan;
  /** Does work inside a span that ends with it, and fails when it throws. */
  span<R>(name: string, options: SpanOptions, work: (span: Span) => Promise<R>): Promise<R>;
  /** The current span as a W3C `traceparent`, for another process or a later time. */
  traceparent(): string | undefined;
  /** Runs later work where this call was made, whoever calls it. */
  capture(): <R>(work: () => R) => R;
  /** Runs work outside every span. */
  detached<R>(work: () => R): R;
  /** Sends what was collected, and ends. */
  stop(): Promise<void>;
}

interface Span {
  set(attribute: string, value: AttributeValue): void;
  fail(error: unknown): void;
  /** 32 hexadecimal digits; undefined when nothing is collected. */
  readonly traceId: string | undefined;
}

export interface OpenSpan extends Span {
  within<R>(work: () => R): R;
  end(): void;
}

type AttributeValue = string | number | boolean;

export interface SpanOptions {
  /** `internal` unless given. */
  readonly kind?: 'internal' | 'server' | 'client' | 'consumer';
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  /** The caller's span, as a W3C `traceparent`; without it the current span is the parent. */
  readonly parent?: string;
  /** Begins a trace of its own, linked to the span of this `traceparent` when there is one. */
  readonly linkTo?: string | null;
}

const nothing: OpenSpan = {
  set() {},
  fail() {},
  traceId: undefined,
  within: (work) => work(),
  end() {},
};

/** Collects nothing and costs nothing. */
export const noTracer: Tracer = {
  active: false,
  start: () => nothing,
  span: (_name, _options, work) => work(nothing),
  traceparent: () => undefined,
  capture: () => (work) => work(),
  detached: (work) => work(),
  async stop() {},
};
