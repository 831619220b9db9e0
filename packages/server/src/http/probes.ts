import type { FastifyInstance } from 'fastify';

/** `/health`: the process answers. `/ready`: its engines answer too. Both say nothing but their status. */
export function registerProbes(app: FastifyInstance, checkReady: () => Promise<void>): void {
  app.get('/health', { config: { access: 'open' } }, async (_request, reply) =>
    reply.type('text/plain').send('OK'),
  );
  app.get('/ready', { config: { access: 'open' } }, async (_request, reply) => {
    try {
      await checkReady();
      return await reply.type('text/plain').send('OK');
    } catch {
      return reply.code(503).type('text/plain').send('NOT READY');
    }
  });
}
