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
  // The response closes when the caller goes away; the request already closes when its body has been read.
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) aborted.abort();
  });
  const signal = AbortSignal.any([aborted.signal, ending]);
  const run = (): Promise<R> => work(signal);
  try {
    return await withinActivity({ requestId: request.id }, () =>
      request.span === undefined ? run() : request.span.within(run),
    );
  } catch (error) {
    // Nobody hears the answer; what broke off because of it is no failure of the server.
    throw aborted.signal.aborted ? esteiraError('CLIENT_GONE', {}, error) : error;
  }
}
