import { governanceApi } from '@esteira/contracts';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../governance/index.ts';
import { esteiraError } from '../kernel/errors.ts';
import { sessionCookie } from './authentication-hook.ts';

/**
 * Sign-in, sign-out and the answer to "who am I" stand here and not in a room: they set and clear the session's cookie,
 * which no other route can touch.
 */
export function registerSignIn(
  app: FastifyInstance,
  deps: { identity: Identity; secureCookie: boolean },
): void {
  const { identity } = deps;
  const { signIn, signOut, me } = governanceApi;

  app.post(signIn.path, { config: { access: signIn.access } }, async (request, reply) => {
    const body = signIn.body.safeParse(request.body ?? {});
    if (!body.success)
      throw esteiraError('INVALID_REQUEST', { problem: 'body.secret: the secret of a sign-in link' });
    const signedIn = await identity.signIn(body.data.secret, request.id);
    reply.setCookie(sessionCookie, signedIn.sessionToken, {
      httpOnly: true,
      sameSite: 'strict',
      secure: deps.secureCookie,
      path: '/',
      expires: new Date(signedIn.expiresAt),
    });
    return signIn.response.parse(signedIn);
  });

  app.post(signOut.path, { config: { access: signOut.access } }, async (request, reply) => {
    if (!request.authenticated) throw esteiraError('UNAUTHENTICATED');
    await identity.signOut(request.authenticated, request.id);
    reply.clearCookie(sessionCookie, { path: '/' });
    return signOut.response.parse({});
  });

  app.get(me.path, { config: { access: me.access } }, async (request) => {
    if (!request.authenticated) throw esteiraError('UNAUTHENTICATED');
    return me.response.parse(identity.describe(request.authenticated));
  });
}
