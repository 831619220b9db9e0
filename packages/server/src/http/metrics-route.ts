import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';
import { createFailureLimit } from './failure-limit.ts';

/** What Prometheus reads. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `/metrics`, for whoever shows the scrape token; the tokens of people and services open nothing here. */
export function registerMetrics(
  app: FastifyInstance,
  deps: { readonly token: string; readonly exposition: Exposition; readonly monotonic: () => number },
): void {
  const limit = createFailureLimit(deps);
  const expected = digest(deps.token);
  app.get('/metrics', { config: { access: 'scrape-token' } }, async (request, reply) => {
    const retryAfterSeconds = limit.wait(request.ip);
    if (retryAfterSeconds > 0) {
      reply.header('retry-after', retryAfterSeconds);
      throw esteiraError('TOO_MANY_FAILURES', { retryAfterSeconds });
    }
    const [, shown = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    // Digests have one length, so the comparison tells nothing of the token's.
    if (!timingSafeEqual(digest(shown), expected)) {
      limit.failed(request.ip);
      throw esteiraError('UNAUTHENTICATED');
    }
    limit.succeeded(request.ip);
    return reply.type(deps.exposition.contentType).send(await deps.exposition.text());
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
