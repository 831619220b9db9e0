import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EsteiraError, esteiraError } from '../kernel/errors.ts';
import type { IdGenerator } from '../kernel/ids.ts';
import type { Logger } from '../kernel/logger.ts';
import { storageError } from '../storage/blobs/storage-error.ts';

/** Answers a request with what went wrong. */
export type ErrorAnswer = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * The one place where errors become answers: RFC 9457 problem details with the texts of the error table and an instance
 * id that finds the cause in the log. Nothing of an unexpected error reaches the caller.
 */
export function createErrorAnswer(deps: {
  ids: IdGenerator;
  logger: Logger;
  bodyLimit: number;
}): ErrorAnswer {
  return (thrown, request, reply) => {
    const error = toEsteiraError(thrown, request, deps.bodyLimit);
    const instance = deps.ids.next('err');
    const level = error.status >= 500 && !isCutOff(request) ? 'error' : 'debug';
    deps.logger[level](
      {
        instance,
        code: error.code,
        requestId: request.id,
        // A path that leads nowhere may be anything, a secret pasted into the wrong place too.
        details: error.code === 'ROUTE_NOT_FOUND' ? {} : error.details,
        err: error.cause,
      },
      'request failed',
    );
    // Set for the file that could not be given; the problem is none to be saved under its name, nor to be cached.
    reply.removeHeader('content-disposition').removeHeader('content-length').removeHeader('cache-control');
    // The rest of the body is read and thrown away: a closed connection would cut off the answer on its way.
    if (error.code === 'BODY_TOO_LARGE') reply.removeHeader('connection');
    const { retryAfterSeconds } = error.details;
    if (typeof retryAfterSeconds === 'number') reply.header('retry-after', retryAfterSeconds);
    if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="esteira"');
    return reply.code(error.status).type('application/problem+json').send(toProblem(error, instance));
  };
}

/** Errors that no route told in words of its own; `refuseOnWire` answers for paths of foreign protocols. */
export function mapErrors(
  app: FastifyInstance,
  answer: ErrorAnswer,
  refuseOnWire: (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined,
): void {
  app.setErrorHandler(
    (thrown, request, reply) => refuseOnWire(thrown, request, reply) ?? answer(thrown, request, reply),
  );
  app.setNotFoundHandler((request) => {
    throw esteiraError('ROUTE_NOT_FOUND', { method: request.method, path: request.url.split('?')[0] ?? '' });
  });
}

/** The client went away in the middle of its own request: whatever failed then is no fault of the server. */
export function isCutOff(request: FastifyRequest): boolean {
  return request.raw.destroyed && !request.raw.complete;
}

function toProblem(error: EsteiraError, instance: string): Record<string, unknown> {
  return {
    type: `urn:esteira:error:${error.code}`,
    title: error.what,
    status: error.status,
    detail: error.why,
    instance,
    code: error.code,
    what: error.what,
    why: error.why,
    todo: error.todo,
    details: error.details,
  };
}

function toEsteiraError(thrown: unknown, request: FastifyRequest, bodyLimit: number): EsteiraError {
  const error = readError(thrown, request, bodyLimit);
  return error instanceof EsteiraError ? error : esteiraError('INTERNAL', {}, error);
}

/** Errors of the framework and of the operating system as entries of the table; any other as it is. */
export function readError(thrown: unknown, request: FastifyRequest, bodyLimit: number): unknown {
  if (thrown instanceof EsteiraError) return thrown;
  const code = typeof thrown === 'object' && thrown !== null && 'code' in thrown ? String(thrown.code) : '';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return esteiraError('BODY_TOO_LARGE', { limit: bodyLimit }, thrown);
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const contentType = (request.headers['content-type'] ?? 'of nothing').slice(0, 100);
    return esteiraError('UNSUPPORTED_MEDIA_TYPE', { contentType }, thrown);
  }
  if (code.startsWith('FST_') && hasClientStatus(thrown)) {
    return esteiraError(
      'INVALID_REQUEST',
      { problem: thrown instanceof Error ? thrown.message : 'malformed' },
      thrown,
    );
  }
  if (thrown instanceof SyntaxError && hasClientStatus(thrown)) {
    return esteiraError('INVALID_REQUEST', { problem: 'the body is not valid JSON' }, thrown);
  }
  return storageError(thrown);
}

function hasClientStatus(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown)) return false;
  return typeof thrown.statusCode === 'number' && thrown.statusCode >= 400 && thrown.statusCode < 500;
}
