import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** Serves the built page: `/` and hashed files below `/assets/`. Routes of the page live in the URL's fragment. */
export function serveStaticUi(app: FastifyInstance, directory: string): void {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/', { config: { access: 'open' } }, async (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send('The web page is not built. Run: npm run build:ui\n'),
    );
    return;
  }
  app.register(async (scope) => {
    scope.addHook('onRoute', (options) => {
      options.config = { ...options.config, access: 'open' };
    });
    await scope.register(fastifyStatic, {
      root: directory,
      index: 'index.html',
      cacheControl: false,
      wildcard: false,
    });
    scope.addHook('onSend', async (request, reply) => {
      reply.header(
        'cache-control',
        request.url.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    });
  });
}
