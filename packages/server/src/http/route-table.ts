import { Readable } from 'node:stream';
import type { StreamReply } from '@esteira/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { RequestContext } from '../kernel/actor.ts';
import { esteiraError } from '../kernel/errors.ts';
import { isNestedTooDeep, nestedTooDeep } from '../kernel/nesting.ts';
import type { RouteBinding } from '../kernel/route-binding.ts';
import { answerRequest } from './answer-request.ts';

declare module 'fastify' {
  interface FastifyRequest {
    esteira?: RequestContext;
  }
  interface FastifyContextConfig {
    /** `scrape-token`: the handler asks for one itself. */
    access?: RouteBinding['route']['access'] | 'scrape-token';
    /** Name of the foreign protocol that the route belongs to. */
    wire?: string;
  }
}

const closingPollMs = 300;

/**
 * Registers every route of the rooms. Routes with raw bodies live in a scope of their own, where any content type is
 * handed over as a stream; everywhere else a body is JSON or refused. The signal of a handler tells that nobody waits for
 * its answer any longer, or that the server is `closing`.
 */
export function registerRoutes(
  app: FastifyInstance,
  bindings: readonly RouteBinding[],
  closing: AbortSignal,
): void {
  app.removeContentTypeParser('text/plain');
  for (const binding of bindings.filter(({ route }) => route.body !== 'stream'))
    registerRoute(app, binding, closing);
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    for (const binding of bindings.filter(({ route }) => route.body === 'stream'))
      registerRoute(scope, binding, closing);
  });
}

function registerRoute(app: FastifyInstance, binding: RouteBinding, closing: AbortSignal): void {
  const { route } = binding;
  app.route({
    method: route.method,
    url: route.path,
    config: { access: route.access },
    ...(route.body === 'stream' ? { bodyLimit: Number.MAX_SAFE_INTEGER } : {}),
    ...(route.maximumBytes === undefined ? {} : { bodyLimit: route.maximumBytes }),
    handler: async (request, reply) => {
      const context = request.esteira;
      if (!context) throw esteiraError('UNAUTHENTICATED');
      // A long poll that comes now is answered soon, but not at once: whoever polls would come back without a pause.
      const ending = closing.aborted ? AbortSignal.timeout(closingPollMs) : closing;
      return await answerRequest(request, reply, ending, async (signal) =>
        sendAnswer(binding, await binding.handle(parseRequest(binding, request), context, signal), reply),
      );
    },
  });
}

function parseRequest({ route }: RouteBinding, request: FastifyRequest): Record<string, unknown> {
  const parsed: Record<string, unknown> = {};
  if (route.params) parsed.params = parsePart(route.params, request.params, 'path');
  if (route.query) parsed.query = parsePart(route.query, request.query, 'query');
  if (route.body === 'stream') parsed.body = request.body ?? Readable.from([]);
  else if (route.body) {
    if (isNestedTooDeep(request.body)) throw nestedTooDeep();
    parsed.body = parsePart(route.body, request.body ?? {}, 'body');
  }
  return parsed;
}

function parsePart(schema: z.ZodType, value: unknown, part: string): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = result.error.issues
    .slice(0, 5)
    .map((issue) => `${[part, ...issue.path].join('.')}: ${issue.message}`)
    .join('; ');
  throw esteiraError('INVALID_REQUEST', { problem });
}

/** Parses the answer by its schema too, so that nothing leaves that the contract does not name. */
function sendAnswer({ route }: RouteBinding, answer: unknown, reply: FastifyReply): unknown {
  if (route.response !== 'stream') return reply.code(route.status ?? 200).send(route.response.parse(answer));
  const stream = answer as StreamReply;
  if (stream.redirect !== undefined) {
    // Whoever holds the address can read the content: no cache may keep it, and it goes to the caller alone.
    return reply.header('cache-control', 'no-store').redirect(stream.redirect, 307);
  }
  reply.header('content-type', stream.contentType);
  if (stream.size !== undefined) reply.header('content-length', stream.size);
  if (stream.fileName !== undefined) {
    reply.header(
      'content-disposition',
      `attachment; filename*=UTF-8''${encodeURIComponent(stream.fileName)}`,
    );
  }
  return reply.send(Readable.from(stream.bytes));
}
