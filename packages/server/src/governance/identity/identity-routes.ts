import { governanceApi } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import type { Clock } from '../../kernel/clock.ts';
import { bindRoute, type RouteBinding } from '../../kernel/route-binding.ts';
import type { NewLink } from './sign-in.ts';
import type { TokensService } from './tokens-service.ts';
import type { UsersService } from './users-service.ts';

interface IdentityServices {
  readonly users: UsersService;
  readonly tokens: TokensService;
  readonly links: { create(context: RequestContext, userId: string): Promise<NewLink> };
  readonly clock: Clock;
}

const dayMs = 24 * 3_600_000;

export function createIdentityRoutes({
  users,
  tokens,
  links,
  clock,
}: IdentityServices): readonly RouteBinding[] {
  return [
    bindRoute(governanceApi.createSignInLink, ({ body }, context) => links.create(context, body.userId)),
    bindRoute(governanceApi.createUser, ({ body }, context) => users.create(context, body)),
    bindRoute(governanceApi.listUsers, ({ query }, context) => users.list(context, query)),
    bindRoute(governanceApi.updateUser, ({ params, body }, context) =>
      users.update(context, params.id, body),
    ),
    bindRoute(governanceApi.createToken, ({ body }, context) => {
      const { expiresInDays, ...token } = body;
      return tokens.create(context, { ...token, expiresAt: clock.now() + expiresInDays * dayMs });
    }),
    bindRoute(governanceApi.listTokens, ({ query }, context) => tokens.list(context, query)),
    bindRoute(governanceApi.revokeToken, ({ params }, context) => tokens.revoke(context, params.id)),
  ];
}
