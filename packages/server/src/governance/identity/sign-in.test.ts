import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { openIdentityFixture, secretOf } from './identity-fixture.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

async function open(test: TestContext) {
  const fixture = await openIdentityFixture();
  test.after(fixture.close);
  const { call, createUser, system } = fixture;
  const ana = await createUser('ana', ['data-scientist']);
  const link = async (userId = ana) => {
    const made = (await call('createSignInLink', { body: { userId } }, system)) as {
      path: string;
      expiresAt: number;
    };
    return secretOf(made.path);
  };
  const request = (sessionCookie: string, method = 'GET', csrfHeader?: string) =>
    fixture.identity.authenticate({ method, sessionCookie, csrfHeader });
  return { ...fixture, ana, link, request };
}

const invalid = { code: 'SIGN_IN_LINK_INVALID' };

describe('a sign-in link', () => {
  it('carries its secret in the fragment and signs its person in', async (test) => {
    const { call, system, ana, identity, request } = await open(test);
    const { path } = (await call('createSignInLink', { body: { userId: ana } }, system)) as { path: string };
    assert.match(path, /^\/#\/sign-in\/esl_[0-9a-z]{52}$/);
    const signedIn = await identity.signIn(secretOf(path), 'req_1');
    assert.equal(signedIn.me.id, ana);
    assert.equal(signedIn.me.csrfToken, signedIn.csrfToken);
    const outcome = await request(signedIn.sessionToken);
    assert.ok(outcome.kind === 'authenticated');
    assert.equal(outcome.authenticated.actor.id, ana);
    assert.deepEqual(identity.describe(outcome.authenticated), signedIn.me);
  });

  it('works once', async (test) => {
    const { identity, link } = await open(test);
    const secret = await link();
    await identity.signIn(secret, 'req_1');
    await assert.rejects(identity.signIn(secret, 'req_2'), invalid);
  });

  it('used many times at the same moment makes exactly one session', async (test) => {
    const { identity, link, sql } = await open(test);
    const secret = await link();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => identity.signIn(secret, 'req_1')),
    );
    assert.equal(outcomes.filter((outcome) => outcome.status === 'fulfilled').length, 1);
    const sessions = await sql
      .query<{ sessions: { id: string } }>()
      .selectFrom('sessions')
      .selectAll()
      .execute();
    assert.equal(sessions.length, 1);
  });

  it('works for 15 minutes', async (test) => {
    const { identity, link, time } = await open(test);
    const early = await link();
    time.now += 15 * minuteMs - 1;
    await identity.signIn(early, 'req_1');
    const late = await link();
    time.now += 15 * minuteMs;
    await assert.rejects(identity.signIn(late, 'req_1'), invalid);
  });

  it('ends the links before it', async (test) => {
    const { identity, link } = await open(test);
    const [first, second] = [await link(), await link()];
    await assert.rejects(identity.signIn(first, 'req_1'), invalid);
    await identity.signIn(second, 'req_1');
  });

  it('is good for nothing else: unknown secrets, tokens and hashes are refused alike', async (test) => {
    const { identity, link, sql } = await open(test);
    const secret = await link();
    const [row] = await sql
      .query<{ sign_in_links: { secret_hash: string } }>()
      .selectFrom('sign_in_links')
      .selectAll()
      .execute();
    for (const wrong of ['', 'esl_', `${secret}x`, secret.toUpperCase(), row?.secret_hash ?? '']) {
      await assert.rejects(identity.signIn(wrong, 'req_1'), invalid);
    }
    await identity.signIn(secret, 'req_1');
  });

  it('is not made for service accounts or disabled people, and dies with the person’s access', async (test) => {
    const { call, identity, link, createUser, system, ana } = await open(test);
    const bot = await createUser('bot', ['viewer'], 'service');
    await assert.rejects(link(bot), { code: 'USER_KIND_UNSUITABLE' });
    const secret = await link();
    await call('updateUser', { params: { id: ana }, body: { disabled: true } }, system);
    await assert.rejects(identity.signIn(secret, 'req_1'), invalid);
    await assert.rejects(link(), { code: 'USER_DISABLED' });
  });

  it('leaves a trace in the audit log, and no secret', async (test) => {
    const { audit, signIn, ana } = await open(test);
    const { sessionToken } = await signIn(ana);
    const { items } = await audit.list('default', {}, { limit: 10 });
    assert.deepEqual(items.map((item) => item.action).sort(), [
      'identity.session.began',
      'identity.sign-in-link.created',
      'identity.user.created',
    ]);
    assert.ok(!JSON.stringify(items).includes(sessionToken.slice(-20)));
  });
});

describe('a session', () => {
  it('needs its CSRF token for every request that may change something', async (test) => {
    const { signIn, request, ana } = await open(test);
    const { sessionToken, csrfToken } = await signIn(ana);
    const other = await signIn(ana);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      assert.equal((await request(sessionToken, method)).kind, 'csrf-failed');
      assert.equal((await request(sessionToken, method, '')).kind, 'csrf-failed');
      assert.equal((await request(sessionToken, method, `${csrfToken}x`)).kind, 'csrf-failed');
      assert.equal((await request(sessionToken, method, other.csrfToken)).kind, 'csrf-failed');
      assert.equal((await request(sessionToken, method, csrfToken)).kind, 'authenticated');
    }
    for (const method of ['GET', 'HEAD'])
      assert.equal((await request(sessionToken, method)).kind, 'authenticated');
  });

  it('gives the same CSRF token again to a reloaded page', async (test) => {
    const { signIn, request, ana } = await open(test);
    const { sessionToken, csrfToken } = await signIn(ana);
    const outcome = await request(sessionToken);
    assert.equal(outcome.kind === 'authenticated' && outcome.authenticated.session?.csrfToken, csrfToken);
  });

  it('is passed over when the request brings a token, good or bad', async (test) => {
    const { identity, signIn, ana } = await open(test);
    const { sessionToken } = await signIn(ana);
    const outcome = await identity.authenticate({
      method: 'GET',
      sessionCookie: sessionToken,
      authorization: 'Bearer bad',
    });
    assert.equal(outcome.kind, 'unauthenticated');
  });

  it('ends 12 hours after its last request', async (test) => {
    const { signIn, request, time, ana } = await open(test);
    const { sessionToken } = await signIn(ana);
    time.now += 12 * hourMs - 1;
    assert.equal((await request(sessionToken)).kind, 'authenticated');
    time.now += 12 * hourMs - 1;
    assert.equal((await request(sessionToken)).kind, 'authenticated');
    time.now += 12 * hourMs;
    assert.equal((await request(sessionToken)).kind, 'unauthenticated');
  });

  it('ends 7 days after sign-in, however busy it is', async (test) => {
    const { signIn, request, time, ana } = await open(test);
    const { sessionToken, expiresAt } = await signIn(ana);
    assert.equal(expiresAt, time.now + 7 * 24 * hourMs);
    while (time.now + 6 * hourMs < expiresAt) {
      time.now += 6 * hourMs;
      assert.equal((await request(sessionToken)).kind, 'authenticated');
    }
    time.now = expiresAt;
    assert.equal((await request(sessionToken)).kind, 'unauthenticated');
  });

  it('ends with sign-out, alone', async (test) => {
    const { identity, signIn, request, ana } = await open(test);
    const [first, second] = [await signIn(ana), await signIn(ana)];
    const outcome = await request(first.sessionToken);
    assert.ok(outcome.kind === 'authenticated');
    await identity.signOut(outcome.authenticated, 'req_1');
    assert.equal((await request(first.sessionToken)).kind, 'unauthenticated');
    assert.equal((await request(second.sessionToken)).kind, 'authenticated');
  });

  it('ends when its person is disabled, and does not come back', async (test) => {
    const { call, signIn, request, system, ana } = await open(test);
    const { sessionToken } = await signIn(ana);
    await call('updateUser', { params: { id: ana }, body: { disabled: true } }, system);
    assert.equal((await request(sessionToken)).kind, 'unauthenticated');
    await call('updateUser', { params: { id: ana }, body: { disabled: false } }, system);
    assert.equal((await request(sessionToken)).kind, 'unauthenticated');
  });

  it('is stored as a hash only, and a hash does not open it', async (test) => {
    const { signIn, request, sql, ana } = await open(test);
    const { sessionToken } = await signIn(ana);
    const [row] = await sql
      .query<{ sessions: { secret_hash: string } }>()
      .selectFrom('sessions')
      .selectAll()
      .execute();
    assert.ok(!JSON.stringify(row).includes(sessionToken.slice(-20)));
    assert.equal((await request(row?.secret_hash ?? '')).kind, 'unauthenticated');
  });
});
