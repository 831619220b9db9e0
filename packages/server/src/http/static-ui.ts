import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Serves the built page: `/`, its icon, and hashed files below `/assets/`. Routes of the page live in the URL's fragment. */
export function serveStaticUi(app: FastifyInstance, directory: string): void {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/', { config: { access: 'open' } }, async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send('The web page is not built. Run: npm run build:ui\n'),
    );
    return;
  }
  app.register(fastifyStatic, { root: directory, serve: false, cacheControl: false });
  app.get('/', { config: { access: 'open' } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').sendFile('index.html'),
  );
  app.get('/esteira.svg', { config: { access: 'open' } }, async (_request, reply) =>
    reply.header('cache-control', 'no-cache').sendFile('esteira.svg'),
  );
  app.get<{ Params: { '*': string } }>('/assets/*', { config: { access: 'open' } }, async (request, reply) =>
    reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .sendFile(`assets/${request.params['*']}`),
  );
}
