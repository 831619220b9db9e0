import type { Attributes, Context, Span as OtelSpan, SpanKind } from '@opentelemetry/api';
import type { Environment } from './environment.ts';
import type { Logger } from './logger.ts';
import { noTracer, type OpenSpan, type SpanOptions, type Tracer } from './tracer.ts';

const stopPatienceMs = 5_000;

/**
 * A tracer that speaks OTLP, configured by the standard OpenTelemetry variables alone. Loads the SDK only when they name a
 * receiver (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, `OTEL_TRACES_EXPORTER`) and
 * `OTEL_SDK_DISABLED` is not `true`.
 */
export async function openTracer(environment: Environment, logger: Logger): Promise<Tracer> {
  if (!isWanted(environment)) return noTracer;
  const [{ startNodeSdk }, api] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/api'),
  ]);
  const sdk = startNodeSdk({
    logLevel: environment.OTEL_LOG_LEVEL ?? 'warn',
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
    // They would tell the command line, which may hold secrets.
    resourceDetectors: [],
    resourceAttributes: { ...serviceName(environment) },
  });
  const { context, propagation, trace, ROOT_CONTEXT, SpanStatusCode } = api;
  const tracer = trace.getTracer('esteira');
  const kinds = {
    internal: api.SpanKind.INTERNAL,
    server: api.SpanKind.SERVER,
    client: api.SpanKind.CLIENT,
    consumer: api.SpanKind.CONSUMER,
  } as const satisfies Record<string, SpanKind>;

  function readParent(traceparent: string): Context {
    return propagation.extract(ROOT_CONTEXT, { traceparent });
  }

  function begin(name: string, options: SpanOptions): { span: OtelSpan; inside: Context } {
    const { linkTo, parent } = options;
    const link = typeof linkTo === 'string' ? trace.getSpanContext(readParent(linkTo)) : undefined;
    const around = linkTo !== undefined ? ROOT_CONTEXT : (parent && readParent(parent)) || context.active();
    const span = tracer.startSpan(
      name,
      {
        kind: kinds[options.kind ?? 'internal'],
        attributes: { ...options.attributes } satisfies Attributes,
        ...(link === undefined ? {} : { links: [{ context: link }] }),
      },
      around,
    );
    return { span, inside: trace.setSpan(around, span) };
  }

  function fail(span: OtelSpan, error: unknown): void {
    span.setStatus({ code: SpanStatusCode.ERROR });
    span.setAttribute('error.type', errorType(error));
  }

  function open(name: string, options: SpanOptions): OpenSpan {
    const { span, inside } = begin(name, options);
    return {
      traceId: span.spanContext().traceId,
      set: (attribute, value) => void span.setAttribute(attribute, value),
      fail: (error) => fail(span, error),
      within: (work) => context.with(inside, work),
      end: () => span.end(),
    };
  }

  return {
    active: true,
    start: (name, options = {}) => open(name, options),

    async span(name, options, work) {
      const span = open(name, options);
      try {
        return await span.within(() => work(span));
      } catch (error) {
        span.fail(error);
        throw error;
      } finally {
        span.end();
      }
    },

    traceparent() {
      const carrier: Record<string, string> = {};
      propagation.inject(context.active(), carrier);
      return carrier.traceparent;
    },

    capture() {
      const here = context.active();
      return (work) => context.with(here, work);
    },

    detached: (work) => context.with(ROOT_CONTEXT, work),

    async stop() {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, stopPatienceMs);
      try {
        await Promise.race([sdk.shutdown(), late.promise]);
      } catch (error) {
        logger.warn({ err: error }, 'the last spans could not be sent');
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function isWanted(environment: Environment): boolean {
  if (environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  const exporter = environment.OTEL_TRACES_EXPORTER?.trim();
  if (exporter === 'none') return false;
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own } = environment;
  return [exporter, all, own].some((value) => value !== undefined && value !== '');
}

/** `OTEL_RESOURCE_ATTRIBUTES` is read by the SDK, and may name the service too. */
function serviceName(environment: Environment): Attributes {
  const { OTEL_SERVICE_NAME: name, OTEL_RESOURCE_ATTRIBUTES: others } = environment;
  if (name !== undefined && name !== '') return { 'service.name': name };
  return others?.includes('service.name=') ? {} : { 'service.name': 'esteira' };
}

/** Low in number, as the attribute asks: a code of the error table, of the system, or the class. */
function errorType(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
