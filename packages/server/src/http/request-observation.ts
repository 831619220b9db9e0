import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '../kernel/logger.ts';
import { type Meter, secondsBuckets } from '../kernel/meter.ts';
import type { OpenSpan, Tracer } from '../kernel/tracer.ts';
import { parentSpan, requestIdHeader } from './request-id.ts';

declare module 'fastify' {
  interface FastifyRequest {
    span?: OpenSpan;
  }
}

/** Requests that are being answered. */
export interface RunningRequests {
  count(): number;
  /** When the last one that somebody waits for came in, in ms of `performance.now()`; not probes and the like. */
  lastCame(): number;
}

const probes: ReadonlySet<string> = new Set(['/health', '/ready', '/metrics']);

/**
 * Names every request in its answer and gives it one log line, one span and its place in the histogram of its route: the
 * template, because a path holds ids and may hold secrets. Register it before every other hook.
 */
export function observeRequests(
  app: FastifyInstance,
  deps: { readonly logger: Logger; readonly meter: Meter; readonly tracer: Tracer },
): RunningRequests {
  const { logger, tracer } = deps;
  const seconds = deps.meter.histogram({
    name: 'esteira_http_request_duration_seconds',
    help: 'Time from the request’s headers to the end of the answer, by route template.',
    labels: ['method', 'route', 'status'],
    buckets: secondsBuckets,
  });
  let running = 0;
  let lastCame = Number.NEGATIVE_INFINITY;
  deps.meter.gauge(
    { name: 'esteira_http_requests_running', help: 'Requests that are being answered.', labels: [] },
    async () => [{ labels: {}, value: running }],
  );

  app.addHook('onRequest', (request, reply, done) => {
    running++;
    if (!isBackground(request)) lastCame = performance.now();
    reply.header(requestIdHeader, request.id);
    if (tracer.active && !isProbe(request)) request.span = startSpan(tracer, request);
    done();
  });

  app.addHook('onResponse', (request, reply, done) => {
    running--;
    const ms = reply.elapsedTime;
    const route = request.routeOptions.url ?? '(none)';
    seconds.observe({ method: request.method, route, status: String(reply.statusCode) }, ms / 1000);
    endSpan(request, reply);
    const quiet = reply.statusCode < 500 && isBackground(request);
    logger[quiet ? 'debug' : 'info'](
      {
        requestId: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        ms: Math.round(ms * 10) / 10,
        ...(request.esteira === undefined ? {} : { actor: request.esteira.actor.id }),
        ...(request.span?.traceId === undefined ? {} : { traceId: request.span.traceId }),
        ...(reply.raw.writableFinished ? {} : { cutOff: true }),
      },
      'request',
    );
    done();
  });

  return { count: () => running, lastCame: () => lastCame };
}

function isProbe(request: FastifyRequest): boolean {
  return probes.has(request.routeOptions.url ?? '');
}

/** Asked again and again by machines: probes, files of the page, model servers, and whoever waits for a job. */
function isBackground(request: FastifyRequest): boolean {
  const { url, config } = request.routeOptions;
  if (isProbe(request) || config.access === 'data-plane:sync' || url === '/assets/*') return true;
  return typeof request.query === 'object' && request.query !== null && 'waitSeconds' in request.query;
}

/** Named and described by the OpenTelemetry conventions of HTTP server spans; without the query, which may hold secrets. */
function startSpan(tracer: Tracer, request: FastifyRequest): OpenSpan {
  const { url: route } = request.routeOptions;
  const parent = parentSpan(request.headers);
  return tracer.start(route === undefined ? request.method : `${request.method} ${route}`, {
    kind: 'server',
    attributes: {
      'http.request.method': request.method,
      'url.path': request.url.split('?', 1)[0] ?? '',
      'url.scheme': request.protocol,
      'server.address': request.hostname,
      'network.protocol.version': request.raw.httpVersion,
      'client.address': request.ip,
      'esteira.request.id': request.id,
      ...(route === undefined ? {} : { 'http.route': route }),
      ...(request.headers['user-agent'] === undefined
        ? {}
        : { 'user_agent.original': request.headers['user-agent'] }),
    },
    ...(parent === undefined ? {} : { parent }),
  });
}

function endSpan({ span, esteira }: FastifyRequest, reply: FastifyReply): void {
  if (span === undefined) return;
  span.set('http.response.status_code', reply.statusCode);
  if (esteira !== undefined) span.set('enduser.id', esteira.actor.id);
  if (reply.statusCode >= 500) span.fail(String(reply.statusCode));
  span.end();
}
