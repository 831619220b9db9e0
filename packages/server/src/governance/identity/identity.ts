import type { Me } from '@esteira/contracts';
import type { Actor, RequestContext } from '../../kernel/actor.ts';
import type { RouteBinding } from '../../kernel/route-binding.ts';
import type { Authenticated } from './authenticated.ts';
import { type AuthenticationOutcome, authenticate, type Credentials } from './authentication.ts';
import { type BootstrapOptions, type BootstrapOutcome, bootstrap } from './bootstrap.ts';
import type { IdentityDeps } from './identity-deps.ts';
import { createIdentityRoutes } from './identity-routes.ts';
import { actorOf, systemActor } from './principal.ts';
import { findPrincipal, listWorkspaces } from './principal-store.ts';
import { createSignInLink, describeActor, type SignedIn, signIn, signOut } from './sign-in.ts';
import { createTokenCache } from './token-cache.ts';
import { createTokensService, type TokensService } from './tokens-service.ts';
import { createUsersService } from './users-service.ts';

/** Who may come in, and as whom. */
export interface Identity {
  /** Never throws for bad credentials. */
  authenticate(credentials: Credentials): Promise<AuthenticationOutcome>;
  /** Who a job of this actor speaks for now: the platform for `system`; undefined when gone or disabled. */
  resolveActor(workspace: string, actorId: string): Promise<Actor | undefined>;
  bootstrap(options: BootstrapOptions): Promise<BootstrapOutcome>;
  /** Throws SIGN_IN_LINK_INVALID. */
  signIn(secret: string, requestId: string): Promise<SignedIn>;
  signOut(authenticated: Authenticated, requestId: string): Promise<void>;
  /** The answer of `GET /me`. */
  describe(authenticated: Authenticated): Me;
  issueServiceToken: TokensService['issueServiceToken'];
  revokeServiceTokens: TokensService['revokeServiceTokens'];
  workspaces(): Promise<readonly string[]>;
  /** All but sign-in, sign-out and me, which touch the cookie and are bound by the HTTP layer. */
  readonly routes: readonly RouteBinding[];
}

export function createIdentity(deps: IdentityDeps): Identity {
  const tokenCache = createTokenCache();
  deps.sql.listen('tokens', tokenCache.forgetPrincipal);
  const users = createUsersService(deps);
  const tokens = createTokensService(deps);
  const links = {
    create: (context: RequestContext, userId: string) => createSignInLink(deps, context, userId),
  };
  return {
    issueServiceToken: tokens.issueServiceToken,
    revokeServiceTokens: tokens.revokeServiceTokens,
    authenticate: (credentials) => authenticate({ ...deps, tokenCache }, credentials),
    bootstrap: (options) => bootstrap(deps, options),
    signIn: (secret, requestId) => signIn(deps, secret, requestId),
    signOut: (authenticated, requestId) => signOut(deps, authenticated, requestId),
    describe: describeActor,
    workspaces: () => listWorkspaces(deps.sql),
    routes: createIdentityRoutes({ users, tokens, links, clock: deps.clock }),

    async resolveActor(workspace, actorId) {
      if (actorId === systemActor.id) return systemActor;
      const principal = await findPrincipal(deps.sql, workspace, actorId);
      return principal === undefined || principal.disabledAt !== undefined ? undefined : actorOf(principal);
    },
  };
}
