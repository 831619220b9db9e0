import { createScrapeAccess } from '@esteira/model-server/scrape-access';
import type { FastifyInstance } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';

/** What Prometheus reads. */
export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** `/metrics`, for whoever shows the scrape token; the tokens of people and services open nothing here. */
export function registerMetrics(
  app: FastifyInstance,
  deps: { readonly token: () => string; readonly exposition: Exposition; readonly monotonic: () => number },
): void {
  const access = createScrapeAccess(deps);
  app.get('/metrics', { config: { access: 'scrape-token' } }, async (request, reply) => {
    const verdict = access.judge(request.headers.authorization, request.ip);
    if (verdict.kind === 'slowed-down') {
      const { retryAfterSeconds } = verdict;
      reply.header('retry-after', retryAfterSeconds);
      throw esteiraError('TOO_MANY_FAILURES', { retryAfterSeconds });
    }
    if (verdict.kind === 'refused') throw esteiraError('UNAUTHENTICATED');
    return reply.type(deps.exposition.contentType).send(await deps.exposition.text());
  });
}
