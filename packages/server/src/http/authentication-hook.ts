import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authenticated, Identity } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    authenticated?: Authenticated;
  }
}

export const sessionCookie = 'esteira_session';

/**
 * Default deny: a route without a declared access does not start, and every request to one that is not `open` is
 * identified and checked before its body is read.
 */
export function authenticateRequests(app: FastifyInstance, identity: Identity): void {
  app.addHook('onRoute', (options) => {
    if (options.config?.access === undefined)
      throw new Error(`route ${options.method} ${options.url} declares no access`);
  });
  app.addHook('onRequest', async (request) => {
    const access = request.routeOptions.config.access;
    if (access === 'open' || access === 'scrape-token') return;
    const authenticated = await identify(request, identity);
    request.authenticated = authenticated;
    request.esteira = {
      workspace: authenticated.workspace,
      actor: authenticated.actor,
      requestId: request.id,
    };
    if (access === undefined || access === 'self') return;
    if (!authenticated.actor.permissions.has(access)) {
      throw esteiraError('FORBIDDEN', { actor: authenticated.actor.name, permission: access });
    }
  });
}

async function identify(request: FastifyRequest, identity: Identity): Promise<Authenticated> {
  const { authorization } = request.headers;
  const csrfHeader = request.headers['x-esteira-csrf'];
  const session = request.cookies[sessionCookie];
  const outcome = await identity.authenticate({
    method: request.method,
    ...(authorization !== undefined ? { authorization } : {}),
    ...(session !== undefined ? { sessionCookie: session } : {}),
    ...(typeof csrfHeader === 'string' ? { csrfHeader } : {}),
  });
  if (outcome.kind === 'csrf-failed') throw esteiraError('CSRF_FAILED');
  if (outcome.kind === 'unauthenticated') throw esteiraError('UNAUTHENTICATED');
  return outcome.authenticated;
}
