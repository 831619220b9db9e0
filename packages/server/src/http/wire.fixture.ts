import { type FastifyInstance, fastify } from 'fastify';
import type { RequestContext } from '../kernel/actor.ts';
import { createIdGenerator } from '../kernel/ids.ts';
import { silentLogger } from '../kernel/logger.ts';
import { systemRandom } from '../kernel/random-source.ts';
import type { Wire } from '../kernel/wire-route.ts';
import { registerWires } from './wire-routes.ts';

/**
 * A wire behind HTTP in the name of a caller; who is let in is the business of others. The header `x-workspace` puts a
 * request into another workspace.
 */
export async function openWire(wire: Wire, caller: RequestContext): Promise<FastifyInstance> {
  const ids = createIdGenerator({ clock: { now: Date.now }, random: systemRandom });
  const app = fastify({ routerOptions: { maxParamLength: 512 } });
  app.addHook('onRequest', async (request) => {
    const workspace = request.headers['x-workspace'];
    request.esteira = { ...caller, ...(typeof workspace === 'string' ? { workspace } : {}) };
  });
  registerWires(app, [wire], new AbortController().signal, { ids, logger: silentLogger, bodyLimit: 1 << 20 });
  await app.ready();
  return app;
}
