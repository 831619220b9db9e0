import type { Permission } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { esteiraError } from '../../kernel/errors.ts';

/** Checks what the route has checked once more where the state is changed, for callers that come another way. Throws FORBIDDEN. */
export function requirePermission(context: RequestContext, permission: Permission): void {
  if (context.actor.permissions.has(permission)) return;
  throw esteiraError('FORBIDDEN', { actor: context.actor.name, permission });
}
