import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Role } from '@esteira/contracts';
import type { RequestContext } from '../../kernel/actor.ts';
import { createIdGenerator } from '../../kernel/ids.ts';
import { silentLogger } from '../../kernel/logger.ts';
import { systemRandom } from '../../kernel/random-source.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { createAuditLog } from '../audit/audit-log.ts';
import { createIdentity } from './identity.ts';
import { systemActor } from './principal.ts';

/** Identity and audit log on a database in memory, with a clock that tests set. For tests. */
export async function openIdentityFixture() {
  const time = { now: Date.UTC(2026, 0, 1) };
  const clock = { now: () => time.now };
  const sql = await openTestDatabase();
  const ids = createIdGenerator({ clock, random: systemRandom });
  const signingKey = generateKeyPairSync('ed25519').privateKey;
  const audit = createAuditLog({ sql, clock, ids, logger: silentLogger, signingKey });
  const dataDirectory = await mkdtemp(join(tmpdir(), 'esteira-identity-'));
  const deps = { sql, clock, ids, random: systemRandom, logger: silentLogger, audit, dataDirectory };
  const identity = createIdentity(deps);
  const system: RequestContext = { workspace: 'default', actor: systemActor, requestId: 'req_test' };

  /** Calls a route as its HTTP layer would, the request parsed by the contract. */
  async function call(
    id: string,
    request: Record<string, unknown>,
    context: RequestContext,
  ): Promise<unknown> {
    const binding = identity.routes.find((candidate) => candidate.route.id === `governance.${id}`);
    if (binding === undefined) throw new Error(`no route governance.${id}`);
    const { params, query, body } = binding.route;
    const parsed = {
      ...(params === undefined ? {} : { params: params.parse(request.params ?? {}) }),
      ...(query === undefined ? {} : { query: query.parse(request.query ?? {}) }),
      ...(body === undefined || body === 'stream' ? {} : { body: body.parse(request.body ?? {}) }),
    };
    return binding.handle(parsed, context, new AbortController().signal);
  }

  async function createUser(
    name: string,
    roles: readonly Role[],
    kind: 'user' | 'service' = 'user',
  ): Promise<string> {
    const user = (await call('createUser', { body: { name, roles, kind } }, system)) as { id: string };
    return user.id;
  }

  async function contextOf(id: string): Promise<RequestContext> {
    const actor = await identity.resolveActor('default', id);
    if (actor === undefined) throw new Error(`nobody is ${id}`);
    return { workspace: 'default', actor, requestId: 'req_test' };
  }

  /** Makes a user with these roles and acts as it. */
  async function contextWith(...roles: readonly Role[]): Promise<RequestContext> {
    const kind = roles.includes('data-plane') ? 'service' : 'user';
    return contextOf(await createUser(`u-${ids.next('x')}`, roles, kind));
  }

  /** Makes a link for the user and signs in with it. */
  async function signIn(userId: string) {
    const link = (await call('createSignInLink', { body: { userId } }, system)) as { path: string };
    return identity.signIn(secretOf(link.path), 'req_test');
  }

  async function close(): Promise<void> {
    await sql.close();
    await rm(dataDirectory, { recursive: true, force: true });
  }

  return {
    time,
    sql,
    audit,
    identity,
    deps,
    dataDirectory,
    system,
    signingKey,
    call,
    createUser,
    contextOf,
    contextWith,
    signIn,
    close,
  };
}

/** The secret in the fragment of a sign-in link. */
export function secretOf(link: string): string {
  return link.slice(link.indexOf('#/sign-in/') + '#/sign-in/'.length).trim();
}
