import type { FastifyReply, FastifyRequest } from 'fastify';
import { withinActivity } from '../kernel/activity.ts';
import { esteiraError } from '../kernel/errors.ts';

/**
 * Does the work of a request within its activity and span. The signal tells that nobody waits for the answer any longer, or
 * that the server is `ending`. Throws CLIENT_GONE in place of whatever failed once the caller went away.
 */
export async function answerRequest<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  ending: AbortSignal,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  const aborted = new AbortController();
  let gone = false;
  const forget = abortWith(ending, aborted);
  // The response closes when the caller goes away; the request already closes when its body has been read.
  reply.raw.once('close', () => {
    forget();
    if (reply.raw.writableEnded) return;
    gone = true;
    aborted.abort();
  });
  const run = (): Promise<R> => work(aborted.signal);
  try {
    return await withinActivity({ requestId: request.id }, () =>
      request.span === undefined ? run() : request.span.within(run),
    );
  } catch (error) {
    // Nobody hears the answer; what broke off because of it is no failure of the server.
    throw gone ? esteiraError('CLIENT_GONE', {}, error) : error;
  }
}

const running = new WeakMap<AbortSignal, Set<AbortController>>();

/**
 * Aborts what a request still does with the server, until the returned function is called. A signal that follows two others would cost each
 * request more than most of its hooks.
 */
function abortWith(ending: AbortSignal, request: AbortController): () => void {
  if (ending.aborted) request.abort();
  const requests = running.get(ending) ?? new Set();
  if (!running.has(ending)) {
    running.set(ending, requests);
    ending.addEventListener('abort', () => {
      for (const each of requests) each.abort();
    });
  }
  requests.add(request);
  return () => requests.delete(request);
}
