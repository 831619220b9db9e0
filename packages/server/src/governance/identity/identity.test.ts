import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type Permission, type Role, type RouteAccess, rolePermissions, roles } from '@esteira/contracts';
import { silentLogger } from '../../kernel/logger.ts';
import { createAuditRoutes } from '../audit/audit-routes.ts';
import { createIdentity } from './identity.ts';
import { openIdentityFixture } from './identity-fixture.ts';

const dayMs = 24 * 3_600_000;

interface Issued {
  readonly token: { readonly id: string };
  readonly secret: string;
}

async function open(test: TestContext) {
  const fixture = await openIdentityFixture();
  test.after(fixture.close);
  const owner = await fixture.contextOf(await fixture.createUser('owner', ['owner']));
  const bearer = (secret: string) =>
    fixture.identity.authenticate({ method: 'GET', authorization: `Bearer ${secret}` });
  const issue = async (context: Parameters<typeof fixture.call>[2], body: Record<string, unknown> = {}) =>
    (await fixture.call('createToken', { body: { name: 'test', ...body } }, context)) as Issued;
  return { ...fixture, owner, bearer, issue };
}

describe('the routes of identity and audit', () => {
  it('let every role do what its permissions say and nothing else, also behind the route', async (test) => {
    const { identity, audit, call, contextWith, createUser } = await open(test);
    const routes = [...identity.routes, ...createAuditRoutes(audit)];
    const target = await createUser('target', ['viewer']);
    const requests: Record<string, Record<string, unknown>> = {
      createSignInLink: { body: { userId: target } },
      createUser: { body: { name: 'new', roles: ['viewer'] } },
      updateUser: { params: { id: target }, body: { roles: ['viewer'] } },
      createToken: { body: { name: 'mine' } },
      listTokens: {},
      auditProof: { params: { index: 0 } },
      auditConsistency: { query: { from: 0, to: 1 } },
    };
    await audit.seal();
    let made = 0;
    for (const role of roles) {
      const context = await contextWith(role);
      for (const { route } of routes) {
        const id = route.id.replace('governance.', '');
        if (id === 'revokeToken' || id === 'createToken') continue;
        const request = requests[id] ?? {};
        if (id === 'createUser') request.body = { name: `new-${made++}`, roles: ['viewer'] };
        const answer = id.toLowerCase().includes('audit')
          ? callAudit(createAuditRoutes(audit), route.id, request, context)
          : call(id, request, context);
        if (isAllowed(role, route.access)) await assert.doesNotReject(answer, `${role} ${id}`);
        else await assert.rejects(answer, { code: 'FORBIDDEN' }, `${role} ${id}`);
      }
    }
  });

  it('declare a permission each, except those about oneself', async (test) => {
    const { identity, audit } = await open(test);
    const access = [...identity.routes, ...createAuditRoutes(audit)].map(({ route }) => [
      route.id,
      route.access,
    ]);
    assert.deepEqual(Object.fromEntries(access), {
      'governance.createSignInLink': 'users:manage',
      'governance.createUser': 'users:manage',
      'governance.listUsers': 'users:read',
      'governance.updateUser': 'users:manage',
      'governance.createToken': 'self',
      'governance.listTokens': 'self',
      'governance.revokeToken': 'self',
      'governance.listAudit': 'audit:read',
      'governance.verifyAudit': 'audit:read',
      'governance.auditCheckpoint': 'audit:read',
      'governance.auditProof': 'audit:read',
      'governance.auditConsistency': 'audit:read',
    });
  });
});

describe('roles', () => {
  it('are granted by nobody who does not hold as much', async (test) => {
    const { call, contextWith, createUser } = await open(test);
    const admin = await contextWith('admin');
    const target = await createUser('target', ['viewer']);
    for (const role of ['owner', 'data-plane'] as const) {
      const body = { name: `x-${role}`, roles: [role], kind: role === 'owner' ? 'user' : 'service' };
      await assert.rejects(call('createUser', { body }, admin), { code: 'ROLE_NOT_GRANTABLE' });
    }
    const promote = call(
      'updateUser',
      { params: { id: target }, body: { roles: ['viewer', 'owner'] } },
      admin,
    );
    await assert.rejects(promote, { code: 'ROLE_NOT_GRANTABLE' });
    await call('updateUser', { params: { id: target }, body: { roles: ['admin'] } }, admin);
  });

  it('of an owner are out of reach of an administrator, as are the owner’s links and tokens', async (test) => {
    const { call, contextWith, owner, issue } = await open(test);
    const admin = await contextWith('admin');
    const { token } = await issue(owner);
    const id = owner.actor.id;
    const attempts = [
      call('updateUser', { params: { id }, body: { disabled: true } }, admin),
      call('updateUser', { params: { id }, body: { roles: ['viewer'] } }, admin),
      call('createSignInLink', { body: { userId: id } }, admin),
      call('revokeToken', { params: { id: token.id } }, admin),
    ];
    await Promise.all(attempts.map((attempt) => assert.rejects(attempt, { code: 'OWNER_PROTECTED' })));
  });

  it('never leave a workspace without an owner', async (test) => {
    const { call, owner, createUser } = await open(test);
    const params = { id: owner.actor.id };
    await assert.rejects(call('updateUser', { params, body: { disabled: true } }, owner), {
      code: 'LAST_OWNER',
    });
    await assert.rejects(call('updateUser', { params, body: { roles: ['admin'] } }, owner), {
      code: 'LAST_OWNER',
    });
    const second = await createUser('second', ['owner']);
    await call('updateUser', { params: { id: second }, body: { disabled: true } }, owner);
    await assert.rejects(call('updateUser', { params, body: { disabled: true } }, owner), {
      code: 'LAST_OWNER',
    });
    await call('updateUser', { params: { id: second }, body: { disabled: false } }, owner);
    await call('updateUser', { params, body: { roles: ['admin'] } }, owner);
  });

  it('survive two owners who remove each other at the same moment: one stays', async (test) => {
    const { call, owner, createUser, contextOf } = await open(test);
    const second = await contextOf(await createUser('second', ['owner']));
    const outcomes = await Promise.allSettled([
      call('updateUser', { params: { id: second.actor.id }, body: { roles: ['viewer'] } }, owner),
      call('updateUser', { params: { id: owner.actor.id }, body: { roles: ['viewer'] } }, second),
    ]);
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected']);
  });

  it('fit the kind of identity', async (test) => {
    const { call, owner } = await open(test);
    const wrong = [
      { name: 'bot', kind: 'service', roles: ['owner'] },
      { name: 'ana', kind: 'user', roles: ['data-plane'] },
    ];
    for (const body of wrong)
      await assert.rejects(call('createUser', { body }, owner), { code: 'USER_KIND_UNSUITABLE' });
    await call('createUser', { body: { name: 'edge-1', kind: 'service', roles: ['data-plane'] } }, owner);
  });

  it('come with a name that is unique in the workspace', async (test) => {
    const { call, owner } = await open(test);
    const body = { name: 'ana@example.com', roles: ['viewer'] };
    const outcomes = await Promise.allSettled([
      call('createUser', { body }, owner),
      call('createUser', { body }, owner),
    ]);
    assert.deepEqual(outcomes.map((outcome) => outcome.status).sort(), ['fulfilled', 'rejected']);
    await assert.rejects(call('createUser', { body }, owner), { code: 'USER_NAME_TAKEN' });
  });
});

describe('API tokens', () => {
  it('identify their user by Bearer and, with any user name, by Basic', async (test) => {
    const { identity, issue, contextWith, bearer } = await open(test);
    const context = await contextWith('data-scientist');
    const { token, secret } = await issue(context);
    assert.match(secret, /^est_[0-9a-z]{16}_[0-9a-z]{52}$/);
    const basic = `Basic ${Buffer.from(`whoever:${secret}`).toString('base64')}`;
    for (const outcome of [
      await bearer(secret),
      await identity.authenticate({ method: 'POST', authorization: basic }),
    ]) {
      assert.ok(outcome.kind === 'authenticated');
      assert.equal(outcome.authenticated.actor.id, context.actor.id);
      assert.equal(outcome.authenticated.tokenId, token.id);
      assert.equal(outcome.authenticated.session, undefined);
      assert.deepEqual([...outcome.authenticated.actor.permissions], [...rolePermissions['data-scientist']]);
    }
  });

  it('identify nobody when any part of them is wrong', async (test) => {
    const { identity, issue, owner } = await open(test);
    const { secret } = await issue(owner);
    const [, publicId, rest = ''] = secret.split('_');
    const wrong = [
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Bearer est_${publicId}_${'0'.repeat(52)}`,
      `Bearer est_${'0'.repeat(16)}_${rest}`,
      `Bearer ${secret.toUpperCase()}`,
      `Token ${secret}`,
      secret,
      `Basic ${secret}`,
      `Basic ${Buffer.from(secret).toString('base64')}`,
      `Bearer ${'x'.repeat(100_000)}`,
      `Basic ${Buffer.from(`${secret}:`).toString('base64')}`,
    ];
    for (const authorization of wrong) {
      assert.deepEqual(await identity.authenticate({ method: 'GET', authorization }), {
        kind: 'unauthenticated',
      });
    }
    assert.deepEqual(await identity.authenticate({ method: 'GET' }), { kind: 'unauthenticated' });
  });

  it('are stored as a hash only', async (test) => {
    const { sql, issue, owner } = await open(test);
    const { secret } = await issue(owner);
    const rows = await sql
      .query<{ api_tokens: Record<string, string> }>()
      .selectFrom('api_tokens')
      .selectAll()
      .execute();
    assert.ok(!JSON.stringify(rows).includes(secret.slice(-20)));
    const entries = await sql
      .query<{ audit_entries: { entry: string } }>()
      .selectFrom('audit_entries')
      .selectAll()
      .execute();
    assert.ok(!JSON.stringify(entries).includes(secret.slice(-20)));
  });

  it('stop working when they expire', async (test) => {
    const { time, issue, owner, bearer } = await open(test);
    const { secret } = await issue(owner, { expiresInDays: 2 });
    time.now += 2 * dayMs - 1;
    assert.equal((await bearer(secret)).kind, 'authenticated');
    time.now += 1;
    assert.equal((await bearer(secret)).kind, 'unauthenticated');
  });

  it('stop working at once when they are revoked, cached or not', async (test) => {
    const { call, issue, owner, bearer } = await open(test);
    const { token, secret } = await issue(owner);
    assert.equal((await bearer(secret)).kind, 'authenticated');
    await call('revokeToken', { params: { id: token.id } }, owner);
    assert.equal((await bearer(secret)).kind, 'unauthenticated');
    await call('revokeToken', { params: { id: token.id } }, owner);
  });

  it('never work after a revocation that overtook their look-up', async (test) => {
    const { call, issue, owner, bearer } = await open(test);
    for (let round = 0; round < 20; round++) {
      const { token, secret } = await issue(owner);
      await Promise.all([
        bearer(secret),
        call('revokeToken', { params: { id: token.id } }, owner),
        bearer(secret),
      ]);
      assert.equal((await bearer(secret)).kind, 'unauthenticated');
    }
  });

  it('stop working at once when their user is disabled, and follow its roles', async (test) => {
    const { call, issue, owner, bearer, contextWith } = await open(test);
    const context = await contextWith('ml-engineer');
    const { secret } = await issue(context);
    const permits = async (permission: Permission) => {
      const outcome = await bearer(secret);
      return outcome.kind === 'authenticated' && outcome.authenticated.actor.permissions.has(permission);
    };
    const params = { id: context.actor.id };
    assert.equal(await permits('serving:write'), true);
    await call('updateUser', { params, body: { roles: ['viewer'] } }, owner);
    assert.equal(await permits('serving:write'), false);
    assert.equal(await permits('serving:read'), true);
    await call('updateUser', { params, body: { disabled: true } }, owner);
    assert.equal(await permits('serving:read'), false);
    await call('updateUser', { params, body: { disabled: false } }, owner);
    assert.equal(await permits('serving:read'), true);
  });

  it('revoked by another process stop working within half a minute', async (test) => {
    const { call, issue, owner, time, deps } = await open(test);
    const elsewhere = createIdentity(deps);
    const { token, secret } = await issue(owner);
    const authorization = `Bearer ${secret}`;
    assert.equal((await elsewhere.authenticate({ method: 'GET', authorization })).kind, 'authenticated');
    await call('revokeToken', { params: { id: token.id } }, owner);
    time.now += 30_000;
    assert.equal((await elsewhere.authenticate({ method: 'GET', authorization })).kind, 'unauthenticated');
  });

  it('may be narrower than their user, never wider', async (test) => {
    const { call, issue, bearer, owner, contextWith } = await open(test);
    const context = await contextWith('ml-engineer');
    await assert.rejects(issue(context, { roles: ['admin'] }), { code: 'TOKEN_TOO_WIDE' });
    await assert.rejects(issue(context, { roles: ['owner'] }), { code: 'TOKEN_TOO_WIDE' });
    const narrow = await issue(context, { roles: ['data-scientist'] });
    const outcome = await bearer(narrow.secret);
    assert.ok(outcome.kind === 'authenticated');
    assert.ok(!outcome.authenticated.actor.permissions.has('serving:write'));
    assert.ok(outcome.authenticated.actor.permissions.has('training:run'));
    await call('updateUser', { params: { id: context.actor.id }, body: { roles: ['viewer'] } }, owner);
    const after = await bearer(narrow.secret);
    assert.ok(after.kind === 'authenticated' && !after.authenticated.actor.permissions.has('training:run'));
  });

  it('cannot make wider tokens than themselves, nor an owner of an administrator', async (test) => {
    const { issue, bearer, owner, call } = await open(test);
    const narrow = await issue(owner, { roles: ['viewer'] });
    const asAdmin = await issue(owner, { roles: ['admin'] });
    const viewer = await bearer(narrow.secret);
    const admin = await bearer(asAdmin.secret);
    assert.ok(viewer.kind === 'authenticated' && admin.kind === 'authenticated');
    const viewerContext = { ...viewer.authenticated, requestId: 'req_1' };
    const adminContext = { ...admin.authenticated, requestId: 'req_1' };
    await assert.rejects(issue(viewerContext), { code: 'TOKEN_TOO_WIDE' });
    await assert.rejects(issue(adminContext), { code: 'TOKEN_TOO_WIDE' });
    await assert.rejects(issue(adminContext, { roles: ['owner'] }), { code: 'TOKEN_TOO_WIDE' });
    const promote = call('createUser', { body: { name: 'x', roles: ['owner'] } }, adminContext);
    await assert.rejects(promote, { code: 'ROLE_NOT_GRANTABLE' });
    await issue(viewerContext, { roles: ['viewer'] });
  });

  it('of others are made for service accounts only, and only with tokens:manage', async (test) => {
    const { issue, owner, contextWith, createUser, contextOf } = await open(test);
    const bot = await createUser('bot', ['ml-engineer'], 'service');
    const ana = await createUser('ana', ['viewer']);
    await assert.rejects(issue(await contextWith('ml-engineer'), { userId: bot }), { code: 'FORBIDDEN' });
    await assert.rejects(issue(owner, { userId: ana }), { code: 'USER_KIND_UNSUITABLE' });
    await assert.rejects(issue(owner, { userId: 'usr_none' }), { code: 'USER_NOT_FOUND' });
    await assert.rejects(issue(await contextOf(bot)), { code: 'FORBIDDEN' });
    await issue(await contextWith('admin'), { userId: bot });
  });

  it('of others can be neither listed nor revoked without tokens:manage', async (test) => {
    const { call, issue, owner, contextWith } = await open(test);
    const [ana, rui] = [await contextWith('viewer'), await contextWith('ml-engineer')];
    const { token } = await issue(ana);
    await assert.rejects(call('revokeToken', { params: { id: token.id } }, rui), { code: 'TOKEN_NOT_FOUND' });
    await assert.rejects(call('listTokens', { query: { userId: ana.actor.id } }, rui), { code: 'FORBIDDEN' });
    const seen = (await call('listTokens', { query: { userId: ana.actor.id } }, owner)) as {
      items: unknown[];
    };
    assert.equal(seen.items.length, 1);
    const own = (await call('listTokens', {}, rui)) as { items: unknown[] };
    assert.equal(own.items.length, 0);
    await call('revokeToken', { params: { id: token.id } }, owner);
  });

  it('remember when they were last used, to a minute', async (test) => {
    const { call, issue, owner, bearer, time } = await open(test);
    const { secret } = await issue(owner);
    const lastUsed = async () =>
      ((await call('listTokens', {}, owner)) as { items: { lastUsedAt?: number }[] }).items[0]?.lastUsedAt;
    const first = time.now;
    await bearer(secret);
    assert.equal(await lastUsed(), first);
    time.now += 59_000;
    await bearer(secret);
    assert.equal(await lastUsed(), first);
    time.now += 1_000;
    await bearer(secret);
    assert.equal(await lastUsed(), first + 60_000);
  });

  it('of services are issued with exactly the roles asked for, and replaced on request', async (test) => {
    const { identity, system, bearer, contextWith } = await open(test);
    const service = { name: 'local-data-plane', roles: ['data-plane'] as const };
    const first = await identity.issueServiceToken(system, service);
    const second = await identity.issueServiceToken(system, service);
    assert.equal(first.userId, second.userId);
    assert.equal((await bearer(first.secret)).kind, 'authenticated');
    const third = await identity.issueServiceToken(system, { ...service, replace: true });
    assert.equal((await bearer(first.secret)).kind, 'unauthenticated');
    assert.equal((await bearer(second.secret)).kind, 'unauthenticated');
    const outcome = await bearer(third.secret);
    assert.ok(outcome.kind === 'authenticated');
    assert.deepEqual([...outcome.authenticated.actor.permissions], ['data-plane:sync']);
    await assert.rejects(identity.issueServiceToken(await contextWith('admin'), service), {
      code: 'TOKEN_TOO_WIDE',
    });
    await assert.rejects(identity.issueServiceToken(await contextWith('viewer'), service), {
      code: 'FORBIDDEN',
    });
  });
});

describe('the look-up of an actor', () => {
  it('finds who a job speaks for, with today’s roles, in its workspace only', async (test) => {
    const { identity, call, owner, contextWith } = await open(test);
    const { actor } = await contextWith('ml-engineer');
    assert.equal((await identity.resolveActor('default', 'system'))?.kind, 'system');
    assert.deepEqual((await identity.resolveActor('default', actor.id))?.roles, ['ml-engineer']);
    assert.equal(await identity.resolveActor('other', actor.id), undefined);
    await call('updateUser', { params: { id: actor.id }, body: { disabled: true } }, owner);
    assert.equal(await identity.resolveActor('default', actor.id), undefined);
  });
});

describe('another workspace', () => {
  it('sees no user and no token of this one', async (test) => {
    const { call, issue, owner } = await open(test);
    const { token } = await issue(owner);
    const foreign = { ...owner, workspace: 'other' };
    assert.deepEqual(await call('listUsers', {}, foreign), { items: [] });
    const params = { id: owner.actor.id };
    await assert.rejects(call('updateUser', { params, body: {} }, foreign), { code: 'USER_NOT_FOUND' });
    await assert.rejects(call('createSignInLink', { body: { userId: params.id } }, foreign), {
      code: 'USER_NOT_FOUND',
    });
    await assert.rejects(call('revokeToken', { params: { id: token.id } }, foreign), {
      code: 'TOKEN_NOT_FOUND',
    });
  });
});

describe('the list of users', () => {
  it('comes newest first, page by page', async (test) => {
    const { call, owner, createUser, time } = await open(test);
    for (const name of ['a', 'b', 'c', 'd']) {
      time.now += 1;
      await createUser(name, ['viewer'], name === 'b' ? 'service' : 'user');
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 2, ...(cursor === undefined ? {} : { cursor }) };
      const page = (await call('listUsers', { query }, owner)) as {
        items: { name: string }[];
        nextCursor?: string;
      };
      seen.push(...page.items.map((item) => item.name));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(seen, ['d', 'c', 'b', 'a', 'owner']);
  });
});

describe('authentication', () => {
  it('still works when the last use of a token cannot be written', async (test) => {
    const { deps, issue, owner } = await open(test);
    const { secret } = await issue(owner);
    const full = { ...deps.sql, transaction: () => Promise.reject(new Error('the disk is full')) };
    const identity = createIdentity({ ...deps, sql: full, logger: silentLogger });
    const outcome = await identity.authenticate({ method: 'GET', authorization: `Bearer ${secret}` });
    assert.equal(outcome.kind, 'authenticated');
  });
});

function isAllowed(role: Role, access: RouteAccess): boolean {
  return access === 'self' || access === 'open' || rolePermissions[role].includes(access);
}

async function callAudit(
  routes: ReturnType<typeof createAuditRoutes>,
  id: string,
  request: Record<string, unknown>,
  context: Parameters<ReturnType<typeof createAuditRoutes>[number]['handle']>[1],
): Promise<unknown> {
  const binding = routes.find((candidate) => candidate.route.id === id);
  const query = binding?.route.query?.parse(request.query ?? {});
  return binding?.handle({ ...request, query }, context, new AbortController().signal);
}
