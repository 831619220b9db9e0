import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { openIdentityFixture, secretOf } from './identity-fixture.ts';

const publicUrl = 'https://esteira.example.com/';
const bootstrapToken = 'correct-horse-battery-staple-and-more';

async function open(test: TestContext) {
  const fixture = await openIdentityFixture();
  test.after(fixture.close);
  const file = join(fixture.dataDirectory, 'first-sign-in');
  const start = (options: { bootstrapToken?: string; interactive?: boolean; othersAlive?: boolean } = {}) =>
    fixture.identity.bootstrap({ publicUrl, interactive: true, ...options });
  return { ...fixture, file, start };
}

describe('the first start', () => {
  it('shows a link that signs the owner in, where somebody sees it', async (test) => {
    const { start, identity, file } = await open(test);
    const outcome = await start();
    assert.ok(outcome.kind === 'link');
    assert.match(outcome.url, /^https:\/\/esteira\.example\.com\/#\/sign-in\/esl_/);
    assert.ok(!existsSync(file));
    const { me } = await identity.signIn(secretOf(outcome.url), 'req_1');
    assert.deepEqual([me.name, me.roles, me.workspace], ['owner', ['owner'], 'default']);
    assert.deepEqual(await identity.workspaces(), ['default']);
  });

  it('puts the link into a private file, where nobody sees it, until it is used', async (test) => {
    const { start, identity, file } = await open(test);
    assert.deepEqual(await start({ interactive: false }), { kind: 'link-file', path: file });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await identity.signIn(secretOf(await readFile(file, 'utf8')), 'req_1');
    assert.ok(!existsSync(file));
    assert.deepEqual(await start({ interactive: false }), { kind: 'none' });
  });

  it('makes one owner, however many start at once', async (test) => {
    const { start, call, system } = await open(test);
    await Promise.all([start(), start(), start()]);
    const { items } = (await call('listUsers', {}, system)) as { items: unknown[] };
    assert.equal(items.length, 1);
  });
});

describe('a later start', () => {
  it('leaves the link good that a server beside it has given', async (test) => {
    const { start, identity, time } = await open(test);
    const first = await start();
    assert.ok(first.kind === 'link');
    const beside = await start({ othersAlive: true });
    assert.ok(beside.kind === 'none' && beside.warning?.includes('another server'));
    await identity.signIn(secretOf(first.url), 'req_1');
    time.now += 16 * 60_000;
    assert.deepEqual(await start({ othersAlive: true }), { kind: 'none' });
  });

  it('makes a new link while the owner has never been in, and ends the old one', async (test) => {
    const { start, identity, time } = await open(test);
    const first = await start();
    time.now += 16 * 60_000;
    const second = await start();
    assert.ok(first.kind === 'link' && second.kind === 'link');
    await assert.rejects(identity.signIn(secretOf(first.url), 'req_1'), { code: 'SIGN_IN_LINK_INVALID' });
    await identity.signIn(secretOf(second.url), 'req_1');
    assert.deepEqual(await start(), { kind: 'none' });
  });

  it('takes the link out of the file when it is shown instead', async (test) => {
    const { start, file } = await open(test);
    await start({ interactive: false });
    await start({ interactive: true });
    assert.ok(!existsSync(file));
  });
});

describe('the bootstrap token', () => {
  it('becomes the token of the owner, as a hash', async (test) => {
    const { start, identity, sql, file } = await open(test);
    assert.deepEqual(await start({ bootstrapToken }), { kind: 'token' });
    assert.ok(!existsSync(file));
    const outcome = await identity.authenticate({
      method: 'POST',
      authorization: `Bearer ${bootstrapToken}`,
    });
    assert.ok(outcome.kind === 'authenticated');
    assert.deepEqual(outcome.authenticated.actor.roles, ['owner']);
    const rows = await sql
      .query<{ api_tokens: { id: string } }>()
      .selectFrom('api_tokens')
      .selectAll()
      .execute();
    assert.ok(!JSON.stringify(rows).includes('horse'));
  });

  it('of the usual form of tokens works too', async (test) => {
    const { start, identity } = await open(test);
    const token = `est_${'a'.repeat(16)}_${'b'.repeat(52)}`;
    await start({ bootstrapToken: token });
    assert.equal(
      (await identity.authenticate({ method: 'GET', authorization: `Bearer ${token}` })).kind,
      'authenticated',
    );
  });

  it('is no matter at a later start while it is the same, and a warning when it differs', async (test) => {
    const { start, identity } = await open(test);
    await start({ bootstrapToken });
    assert.deepEqual(await start({ bootstrapToken }), { kind: 'none' });
    assert.deepEqual(await start(), { kind: 'none' });
    const other = 'another-token-of-more-than-32-characters';
    const outcome = await start({ bootstrapToken: other });
    assert.ok(outcome.kind === 'none');
    assert.match(outcome.warning ?? '', /ignored/);
    assert.ok(!outcome.warning?.includes(other));
    assert.equal(
      (await identity.authenticate({ method: 'GET', authorization: `Bearer ${other}` })).kind,
      'unauthenticated',
    );
  });

  it('is ignored, with a warning, when the owner came in by a link', async (test) => {
    const { start, identity } = await open(test);
    await start();
    const outcome = await start({ bootstrapToken });
    assert.ok(outcome.kind === 'none' && outcome.warning !== undefined);
    const attempt = await identity.authenticate({ method: 'GET', authorization: `Bearer ${bootstrapToken}` });
    assert.equal(attempt.kind, 'unauthenticated');
  });

  it('that is short, long or cannot travel in a header stops the start', async (test) => {
    const { start, call, system } = await open(test);
    for (const bad of ['', 'x'.repeat(31), 'x'.repeat(513), `${'x'.repeat(40)} y`, `${'x'.repeat(40)}é`]) {
      await assert.rejects(start({ bootstrapToken: bad }), { code: 'BAD_CONFIG' });
    }
    const { items } = (await call('listUsers', {}, system)) as { items: unknown[] };
    assert.equal(items.length, 0);
  });
});
