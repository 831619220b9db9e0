import type { FastifyInstance } from 'fastify';
import type { Readiness } from './readiness.ts';

/** `/health`: the process answers. `/ready`: its engines answer too, and it is not about to end. Both say only their status. */
export function registerProbes(
  app: FastifyInstance,
  readiness: Readiness,
  isDegraded: () => boolean = () => false,
): void {
  app.get('/health', { config: { access: 'open' } }, async (_request, reply) =>
    reply.type('text/plain').send('OK'),
  );
  app.get('/ready', { config: { access: 'open' } }, async (_request, reply) => {
    if (await readiness.check()) return await reply.type('text/plain').send(isDegraded() ? 'DEGRADED' : 'OK');
    return reply.code(503).type('text/plain').send('NOT READY');
  });
}
