import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { systemClock } from '../../kernel/clock.ts';
import { migrations } from '../../migrations/index.ts';
import { migrate } from '../../storage/sql/migrator.ts';
import { openTestDatabase } from '../../storage/sql/open-test-database.ts';
import { openSqliteDatabase } from '../../storage/sql/sqlite/open-sqlite-database.ts';
import { maxAttempts } from './retry-pause.ts';
import { fields, openWebhooks, type Received, someone, startReceiver, until } from './webhooks.fixture.ts';

const nameIn = ({ body }: Received): string => (JSON.parse(body) as { data: { name: string } }).data.name;

describe('webhooks of elsewhere', () => {
  it('come disabled under their ids, once, and not where they lead nowhere', async () => {
    const house = openWebhooks(await openTestDatabase());
    const { name, url, events } = fields;
    const hook = { id: 'uuid-1', name, url, events: [...events], createdAt: 5, updatedAt: 6 };
    const all = [hook, { ...hook, id: 'uuid-2', url: 'ftp://example.com' }];
    assert.deepEqual(await house.webhooks.import(someone, all), { added: 1, refused: [1] });
    assert.deepEqual(await house.webhooks.import(someone, all), { added: 0, refused: [1] });
    const { items } = await house.webhooks.list('ws_1', { limit: 10 });
    assert.deepEqual(
      items.map(({ id, status, hasSecret, createdAt }) => [id, status, hasSecret, createdAt]),
      [['uuid-1', 'disabled', false, 5]],
    );
    await assert.rejects(house.webhooks.import({ ...someone, workspace: 'ws_2' }, [hook]), {
      code: 'IMPORT_ID_TAKEN',
    });
    await house.close();
  });
});

describe('news', () => {
  it('reaches a receiver signed, in order, and once however often it is published', async () => {
    const house = openWebhooks(await openTestDatabase());
    const receiver = await startReceiver();
    await house.jobs.start();
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url, secret: 's3cret' });
    const names = Array.from({ length: 20 }, (_, index) => `model-${index}`);
    for (const [index, name] of names.entries()) {
      const id = `evt_${String(index).padStart(4, '0')}`;
      await house.publish(name, id);
      await house.publish(name, id);
    }
    await until(async () => (await states(house, hook.id)).every((state) => state === 'delivered'));
    assert.deepEqual(receiver.got.map(nameIn), names);
    const [first] = receiver.got;
    assert.ok(first);
    const { entity, action, timestamp, data } = JSON.parse(first.body);
    assert.deepEqual([entity, action], ['registered_model', 'created']);
    assert.deepEqual(data, { name: 'model-0', tags: {}, description: null });
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 60_000);
    const id = first.headers['x-mlflow-delivery-id'];
    const at = first.headers['x-mlflow-timestamp'];
    const signature = createHmac('sha256', 's3cret').update(`${id}.${at}.${first.body}`).digest('base64');
    assert.equal(first.headers['x-mlflow-signature'], `v1,${signature}`);
    await receiver.close();
    await house.close();
  });

  it('goes to active webhooks of its workspace that are told of its event', async () => {
    const house = openWebhooks(await openTestDatabase());
    const receiver = await startReceiver();
    const url = (path: string): string => receiver.url.replace('hook', path);
    await house.webhooks.create(someone, { ...fields, url: url('disabled'), status: 'disabled' });
    await house.webhooks.create(someone, { ...fields, url: url('other'), events: ['prompt.created'] });
    await house.webhooks.create({ ...someone, workspace: 'ws_2' }, { ...fields, url: url('foreign') });
    await house.webhooks.create(someone, { ...fields, url: url('told') });
    await house.publish('model');
    await house.jobs.start();
    await until(() => receiver.got.length > 0);
    const { items } = await house.webhooks.list('ws_1', { limit: 10 });
    const written = await Promise.all(items.map(async ({ id }) => (await states(house, id)).length));
    assert.deepEqual(written, [1, 0, 0]);
    assert.deepEqual(
      receiver.got.map(({ path }) => path),
      ['/told'],
    );
    await receiver.close();
    await house.close();
  });

  it('is tried again under its id when the receiver is busy or broken, and what follows waits', async () => {
    const house = openWebhooks(await openTestDatabase());
    const answers = [503, 429, 500, 200, 200];
    const receiver = await startReceiver((_received, count) => ({ status: answers[count - 1] ?? 200 }));
    await house.jobs.start();
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    await house.publish('first');
    await house.publish('second');
    await until(async () => {
      await skipPause(house, hook.id);
      return receiver.got.length >= 5;
    });
    assert.deepEqual(receiver.got.map(nameIn), ['first', 'first', 'first', 'first', 'second']);
    assert.equal(new Set(receiver.got.map(({ headers }) => headers['x-mlflow-delivery-id'])).size, 2);
    await until(async () => (await states(house, hook.id)).every((state) => state === 'delivered'));
    const { items } = await house.webhooks.deliveries('ws_1', hook.id, { limit: 10 });
    assert.deepEqual(
      items.map(({ attempts, responseStatus }) => [attempts, responseStatus]),
      [
        [1, 200],
        [4, 200],
      ],
    );
    await receiver.close();
    await house.close();
  });

  it('is given up where nobody ever answers, lets later news pass, and can be sent again', async () => {
    const house = openWebhooks(await openTestDatabase());
    let broken = true;
    const receiver = await startReceiver((received) => ({
      status: broken && nameIn(received) === 'poison' ? 500 : 200,
    }));
    await house.jobs.start();
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    await house.publish('poison');
    await house.publish('later');
    await until(async () => {
      await skipPause(house, hook.id);
      return (await states(house, hook.id)).includes('dead');
    });
    const names = receiver.got.map(nameIn);
    assert.equal(names.filter((name) => name === 'poison').length, maxAttempts);
    assert.ok(names.indexOf('later') < names.length - 1);
    const [dead] = (await house.webhooks.deliveries('ws_1', hook.id, { limit: 9, state: 'dead' })).items;
    assert.ok(dead);
    assert.match(dead.error ?? '', /answered 500/);
    broken = false;
    await house.webhooks.redeliver(someone, hook.id, dead.id);
    await until(async () => (await states(house, hook.id)).every((state) => state === 'delivered'));
    assert.equal(receiver.got.at(-1)?.headers['x-mlflow-delivery-id'], dead.id);
    await receiver.close();
    await house.close();
  });

  it('is not sent twice to who refuses it or sends it elsewhere', async () => {
    const house = openWebhooks(await openTestDatabase());
    const elsewhere = await startReceiver();
    const receiver = await startReceiver((_received, count) =>
      count === 1 ? { status: 400 } : { status: 307, headers: { location: elsewhere.url } },
    );
    await house.jobs.start();
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    await house.publish('refused');
    await house.publish('redirected');
    await until(async () => (await states(house, hook.id)).every((state) => state === 'dead'));
    assert.equal(receiver.got.length, 2);
    assert.equal(elsewhere.got.length, 0);
    await elsewhere.close();
    await receiver.close();
    await house.close();
  });

  for (const when of ['committed', 'sending'] as const) {
    it(`survives a process that is killed when it is ${when}`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'esteira-webhooks-'));
      const path = join(root, 'esteira.db');
      const empty = openSqliteDatabase({ path });
      await migrate(empty, migrations, systemClock);
      await empty.close();
      // What the process that is killed sends is never answered.
      let killed = false;
      const receiver = await startReceiver(() => (killed ? { status: 200 } : undefined));
      const script = join(import.meta.dirname, 'killed-delivery.child.ts');
      const child = spawn(process.execPath, [script, path, receiver.url, when], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      if (when === 'sending') await until(() => receiver.got.length > 0);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const before = receiver.got.splice(0);
      assert.equal(before.length, when === 'sending' ? 1 : 0);
      killed = true;
      const house = openWebhooks(openSqliteDatabase({ path }));
      await house.jobs.start();
      await until(() => receiver.got.length >= 2);
      assert.deepEqual(receiver.got.map(nameIn), ['first', 'second']);
      const [again] = receiver.got;
      for (const { headers } of before)
        assert.equal(again?.headers['x-mlflow-delivery-id'], headers['x-mlflow-delivery-id']);
      assert.ok(again?.headers['x-mlflow-signature']);
      await house.close();
      await receiver.close();
      await rm(root, { recursive: true });
    });
  }
});

describe('a webhook', () => {
  it('is made, read, listed page by page, changed and removed, each with its audit entry', async () => {
    const house = openWebhooks(await openTestDatabase());
    const { webhooks } = house;
    const made = await webhooks.create(someone, { ...fields, secret: 's3cret' });
    assert.equal(made.hasSecret, true);
    assert.ok(!JSON.stringify(made).includes('s3cret'));
    const changed = await webhooks.update(someone, made.id, {
      events: ['prompt.created', 'model_version.created'],
      secret: '',
      status: 'disabled',
    });
    assert.deepEqual(changed.events, ['model_version.created', 'prompt.created']);
    assert.deepEqual([changed.hasSecret, changed.status, changed.name], [false, 'disabled', 'hook']);
    assert.ok(changed.updatedAt > made.updatedAt);
    const second = await webhooks.create(someone, { ...fields, name: 'second' });
    const page = await webhooks.list('ws_1', { limit: 1 });
    assert.deepEqual(
      page.items.map(({ id }) => id),
      [second.id],
    );
    const rest = await webhooks.list('ws_1', { limit: 1, cursor: page.nextCursor });
    assert.deepEqual(rest, { items: [changed] });
    const missing = { code: 'WEBHOOK_NOT_FOUND' };
    await assert.rejects(webhooks.find('ws_2', made.id), missing);
    await assert.rejects(webhooks.remove({ ...someone, workspace: 'ws_2' }, made.id), missing);
    await webhooks.remove(someone, made.id);
    await assert.rejects(webhooks.find('ws_1', made.id), missing);
    await assert.rejects(webhooks.deliveries('ws_1', made.id, { limit: 1 }), missing);
    await house.audit.seal();
    const { items } = await house.audit.list('ws_1', {}, { limit: 10 });
    assert.deepEqual(items.map(({ action }) => action).sort(), [
      'webhooks.webhook.changed',
      'webhooks.webhook.created',
      'webhooks.webhook.created',
      'webhooks.webhook.removed',
    ]);
    await house.close();
  });

  it('has a secret that no table shows and only its own installation opens', async () => {
    const sql = await openTestDatabase();
    const receiver = await startReceiver();
    const house = openWebhooks(sql);
    const hook = await house.webhooks.create(someone, {
      ...fields,
      url: receiver.url,
      secret: 'open sesame',
    });
    const rows = await sql
      .query<{ webhooks: { secret: string } }>()
      .selectFrom('webhooks')
      .selectAll()
      .execute();
    const text = JSON.stringify(rows);
    assert.ok(!text.includes('open sesame') && !text.includes(Buffer.from('open sesame').toString('base64')));
    const signal = AbortSignal.timeout(60_000);
    assert.equal((await house.webhooks.test(someone, hook.id, undefined, signal)).success, true);
    const other = openWebhooks(sql, { seed: Buffer.alloc(32, 8) });
    const result = await other.webhooks.test(someone, hook.id, undefined, signal);
    assert.equal(result.success, false);
    assert.match(result.error ?? '', /set it anew/);
    assert.equal(receiver.got.length, 1);
    await receiver.close();
    await house.close();
  });

  it('is tested with an example, whose answer is described and not handed on', async () => {
    const house = openWebhooks(await openTestDatabase());
    const receiver = await startReceiver((_received, count) => ({
      status: count === 1 ? 200 : 404,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: '{"password":"of another server"}',
    }));
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    const signal = AbortSignal.timeout(60_000);
    const result = await house.webhooks.test(someone, hook.id, 'prompt_alias.deleted', signal);
    const response = '32 bytes of application/json, not shown';
    assert.deepEqual(result, { success: true, responseStatus: 200, response, error: null });
    const { entity, data } = JSON.parse(receiver.got[0]?.body ?? '');
    assert.deepEqual([entity, data], ['prompt_alias', { name: 'example_prompt', alias: 'example_alias' }]);
    const failed = await house.webhooks.test(someone, hook.id, undefined, signal);
    assert.deepEqual([failed.success, failed.responseStatus], [false, 404]);
    assert.equal(JSON.parse(receiver.got[1]?.body ?? '').entity, 'registered_model');
    await receiver.close();
    await house.close();
  });

  it('is refused where its receiver is, or has become, one that must not be called', async () => {
    const receiver = await startReceiver();
    const addresses = { value: '93.184.216.34' };
    const resolve = async () => [{ address: addresses.value, family: 4 }];
    const house = openWebhooks(await openTestDatabase(), {
      post: { rules: { allowPrivate: false }, resolve },
    });
    const { webhooks } = house;
    const refused = { code: 'WEBHOOK_RECEIVER_REFUSED' };
    for (const url of ['http://example.com', 'https://127.0.0.1', 'https://[::1]:80', 'nonsense'])
      await assert.rejects(webhooks.create(someone, { ...fields, url }), refused, url);
    const hook = await webhooks.create(someone, {
      ...fields,
      url: `https://rebound.example:${receiver.port}`,
    });
    for (const address of ['127.0.0.1', '169.254.169.254', '10.1.2.3']) {
      addresses.value = address;
      await assert.rejects(webhooks.update(someone, hook.id, { url: 'https://rebound.example' }), refused);
      const result = await webhooks.test(someone, hook.id, undefined, AbortSignal.timeout(60_000));
      assert.equal(result.success, false);
      assert.match(result.error ?? '', /non-public/);
    }
    assert.equal(receiver.got.length, 0);
    await receiver.close();
    await house.close();
  });

  it('is called at the address that was judged, whatever its name says next', async () => {
    const receiver = await startReceiver();
    let asked = 0;
    const resolve = async () => [{ address: asked++ < 2 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    const house = openWebhooks(await openTestDatabase(), { post: { resolve } });
    const url = `http://rebound.example:${receiver.port}/hook`;
    const hook = await house.webhooks.create(someone, { ...fields, url });
    const signal = AbortSignal.timeout(60_000);
    assert.equal((await house.webhooks.test(someone, hook.id, undefined, signal)).success, true);
    assert.equal(asked, 2);
    assert.equal(receiver.got[0]?.headers.host, `rebound.example:${receiver.port}`);
    assert.match((await house.webhooks.test(someone, hook.id, undefined, signal)).error ?? '', /non-public/);
    assert.equal(receiver.got.length, 1);
    await receiver.close();
    await house.close();
  });

  it('does not wait for a receiver that says nothing, nor read one that never ends', async () => {
    const house = openWebhooks(await openTestDatabase(), { post: { timeoutMs: 300 } });
    const receiver = await startReceiver(({ path }) =>
      path === '/silent' ? undefined : { status: 200, body: 'x'.repeat(5_000_000) },
    );
    const signal = AbortSignal.timeout(60_000);
    const test = async (path: string) => {
      const url = receiver.url.replace('/hook', path);
      const { id } = await house.webhooks.create(someone, { ...fields, url });
      return await house.webhooks.test(someone, id, undefined, signal);
    };
    assert.match((await test('/silent')).error ?? '', /no answer within 300 ms/);
    assert.deepEqual(await test('/endless'), {
      success: true,
      responseStatus: 200,
      response: 'more than 16384 bytes, not shown',
      error: null,
    });
    await receiver.close();
    const gone = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    const { error } = await house.webhooks.test(someone, gone.id, undefined, signal);
    assert.match(error ?? '', /no connection: ECONNREFUSED/);
    await house.close();
  });

  it('is forgotten with what was delivered long ago; what waits unsent is woken', async () => {
    const house = openWebhooks(await openTestDatabase());
    const receiver = await startReceiver();
    const hook = await house.webhooks.create(someone, { ...fields, url: receiver.url });
    await house.jobs.start();
    await house.publish('old');
    await until(async () => (await states(house, hook.id))[0] === 'delivered');
    const month = 31 * 86_400_000;
    await house.webhooks.tend(Date.now(), AbortSignal.timeout(60_000));
    assert.deepEqual(await states(house, hook.id), ['delivered']);
    await house.webhooks.tend(Date.now() + month, AbortSignal.timeout(60_000));
    assert.deepEqual(await states(house, hook.id), []);
    await receiver.close();
    await house.close();
  });
});

async function states(house: ReturnType<typeof openWebhooks>, id: string): Promise<string[]> {
  const { items } = await house.webhooks.deliveries('ws_1', id, { limit: 100 });
  return items.map(({ state }) => state);
}

/** Sets the clock to the next attempt, where one is waited for. */
async function skipPause(house: ReturnType<typeof openWebhooks>, id: string): Promise<void> {
  const { items } = await house.webhooks.deliveries('ws_1', id, { limit: 100, state: 'pending' });
  const next = Math.min(...items.map(({ nextAt }) => nextAt ?? 0));
  const pause = next - (Date.now() + house.ahead.ms);
  if (items.length > 0 && pause > 0) house.ahead.ms += pause;
}
