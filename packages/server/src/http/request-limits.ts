import { isIPv6 } from 'node:net';
import { governanceApi } from '@esteira/contracts';
import type { LeasedLimits, LimitSpec } from '@esteira/model-server/leased-limits';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { esteiraError } from '../kernel/errors.ts';

interface Rule {
  readonly limit: string;
  readonly spec: LimitSpec;
}

/** Twenty tries, then one every three seconds, for each address. */
const signIns: LimitSpec = { perSecond: 1 / 3, capacity: 20 };
/** Of one token or session. More than a script needs and than one server answers, less than would hold up many of them. */
const requests: LimitSpec = { perSecond: 20_000, capacity: 40_000 };
/** Metric points, predictions and status count apart: what a program streams leaves its other requests alone. */
const streaming: ReadonlySet<string> = new Set(['tracking:write', 'imports:run', 'data-plane:sync']);

/**
 * Bounds what one caller can ask of all replicas together: tries to sign in by address, everything else by token or session.
 * Stands after the identity of the request is known, and before its body is read.
 */
export function limitRequests(app: FastifyInstance, limits: Pick<LeasedLimits, 'take'>): void {
  app.addHook('onRequest', async (request) => {
    const rule = ruleFor(request);
    if (rule === undefined) return;
    const allowance = await limits.take(rule.limit, rule.spec);
    if (allowance.admitted) return;
    throw esteiraError('TOO_MANY_REQUESTS', {
      limit: rule.spec.capacity,
      retryAfterSeconds: Math.max(1, Math.ceil((allowance.retryAfterMs ?? 1_000) / 1_000)),
    });
  });
}

function ruleFor(request: FastifyRequest): Rule | undefined {
  const { access } = request.routeOptions.config;
  if (access === 'open') {
    const isSignIn = request.method === 'POST' && request.routeOptions.url === governanceApi.signIn.path;
    return isSignIn ? { limit: `sign-in:${networkOf(request.ip)}`, spec: signIns } : undefined;
  }
  const caller = request.authenticated;
  if (caller === undefined) return undefined;
  const name = caller.tokenId ?? caller.session?.id ?? caller.actor.id;
  const kind = access !== undefined && streaming.has(access) ? 'stream' : 'request';
  return { limit: `${kind}:${name}`, spec: requests };
}

/** An IPv6 customer has a /64 of addresses: they count as one. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.startsWith('::ffff:')) return address;
  const [head = '', tail = ''] = address.split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last].slice(0, 4).join(':');
}
