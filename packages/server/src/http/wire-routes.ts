import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { isNestedTooDeep, nestedTooDeep } from '../kernel/nesting.ts';
import type { Wire, WireAnswer, WireRequest, WireRoute } from '../kernel/wire-route.ts';
import { answerRequest } from './answer-request.ts';
import { isCutOff, readError } from './error-mapper.ts';
import { parseWireJson } from './parse-wire-json.ts';

export interface WireDeps {
  readonly ids: IdGenerator;
  readonly logger: Logger;
  readonly bodyLimit: number;
}

/** JSON of a wire may carry a data set's whole profile; ours need less. */
const jsonLimit = 32 * 1024 * 1024;

/**
 * Registers the routes of foreign protocols. They pass the same hosts, identities, permissions and limits as all others;
 * what goes wrong, there or later, is told in the protocol's own words.
 */
export function registerWires(
  app: FastifyInstance,
  wires: readonly Wire[],
  closing: AbortSignal,
  deps: WireDeps,
): void {
  for (const wire of wires) {
    const refuse = createRefusal(wire, deps);
    app.register(async (scope) => {
      scope.setErrorHandler(refuse);
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: jsonLimit }, parseJson);
      for (const route of wire.routes)
        if (route.body !== 'bytes') registerWireRoute(scope, wire.name, route, closing);
    });
    app.register(async (scope) => {
      scope.setErrorHandler(refuse);
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
      for (const route of wire.routes)
        if (route.body === 'bytes') registerWireRoute(scope, wire.name, route, closing);
    });
  }
}

/** The protocol whose path was asked for although it leads nowhere answers itself. */
export function refuseOnWire(
  wires: readonly Wire[],
  deps: WireDeps,
): (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined {
  const refusals = wires.map((wire) => ({ prefixes: wire.prefixes, refuse: createRefusal(wire, deps) }));
  return (error, request, reply) =>
    refusals
      .find(({ prefixes }) => prefixes.some((prefix) => request.url.startsWith(prefix)))
      ?.refuse(error, request, reply);
}

function registerWireRoute(app: FastifyInstance, wire: string, route: WireRoute, closing: AbortSignal): void {
  app.route({
    method: route.method,
    url: route.path,
    config: { access: route.access, wire },
    ...(route.body === 'bytes' ? { bodyLimit: Number.MAX_SAFE_INTEGER } : {}),
    handler: (request, reply) =>
      answerRequest(request, reply, closing, async (signal) =>
        send(await route.handle(toWireRequest(route, request), signal), reply),
      ),
  });
}

function toWireRequest(route: WireRoute, request: FastifyRequest): WireRequest {
  const streamed = route.body === 'bytes' ? request.body : undefined;
  return {
    params: request.params as Record<string, string>,
    query: request.query as Record<string, string | string[]>,
    headers: request.headers,
    origin: `${request.protocol}://${request.host}`,
    body: route.body === 'json' ? request.body : undefined,
    text: () => writtenBodies.get(request)?.toString('utf8') ?? '',
    bytes: (streamed as AsyncIterable<Uint8Array> | undefined) ?? Readable.from([]),
    context: request.esteira,
  };
}

function send(answer: WireAnswer, reply: FastifyReply): FastifyReply {
  const { status = 200, headers = {}, body } = answer;
  reply.code(status).headers(headers);
  if (body === undefined) return reply.send();
  if (typeof body === 'string' || body instanceof Uint8Array || body instanceof Readable)
    return reply.send(body);
  if (typeof body === 'object' && body !== null && Symbol.asyncIterator in body)
    return reply.send(Readable.from(body as AsyncIterable<Uint8Array>));
  return reply.type('application/json').send(JSON.stringify(body));
}

/** What was parsed, as it was written. */
const writtenBodies = new WeakMap<FastifyRequest, Buffer>();

function parseJson(
  request: FastifyRequest,
  body: string | Buffer,
  done: (error: Error | null, value?: unknown) => void,
): void {
  if (typeof body !== 'string') writtenBodies.set(request, body);
  let value: unknown;
  try {
    value = body.length === 0 ? undefined : parseWireJson(body.toString('utf8'));
  } catch (error) {
    done(esteiraError('INVALID_REQUEST', { problem: 'the body is not valid JSON' }, error));
    return;
  }
  done(isNestedTooDeep(value) ? nestedTooDeep() : null, value);
}

function createRefusal(
  wire: Wire,
  deps: WireDeps,
): (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (thrown, request, reply) => {
    const error = readError(thrown, request, deps.bodyLimit);
    const instance = deps.ids.next('err');
    const answer = wire.refuse(error, instance, request.headers);
    const status = answer.status ?? 500;
    const failed = status >= 500 && status !== 501;
    const level = failed && !isCutOff(request) ? 'error' : 'debug';
    deps.logger[level]({ instance, wire: wire.name, requestId: request.id, err: error }, 'request failed');
    reply.removeHeader('content-disposition').removeHeader('content-length').removeHeader('cache-control');
    return send(answer, reply);
  };
}
