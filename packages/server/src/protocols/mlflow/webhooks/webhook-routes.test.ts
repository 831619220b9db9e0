import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openWebhooks, startReceiver, until } from '../../../governance/webhooks/webhooks.fixture.ts';
import { systemClock } from '../../../kernel/clock.ts';
import { createIdGenerator } from '../../../kernel/ids.ts';
import { silentLogger } from '../../../kernel/logger.ts';
import { systemRandom } from '../../../kernel/random-source.ts';
import { createEventBus } from '../../../storage/events/event-bus.ts';
import { openTestDatabase } from '../../../storage/sql/open-test-database.ts';
import { ana } from '../../../tracking/tracking.fixture.ts';
import { openMlflow } from '../mlflow.fixture.ts';
import { tellWebhooks } from './tell-webhooks.ts';
import { webhookRoutes } from './webhook-routes.ts';

const base = '/api/2.0/mlflow/webhooks';
const events = [{ entity: 'MODEL_VERSION', action: 'CREATED' }];

interface Message {
  readonly webhook_id: string;
  readonly [field: string]: unknown;
}

async function open() {
  const house = openWebhooks(await openTestDatabase());
  const mlflow = await openMlflow(webhookRoutes({ webhooks: house.webhooks }));
  return {
    ...house,
    ...mlflow,
    create: async (body: object) =>
      (await mlflow.call<{ webhook: Message }>('POST', base, { body: { name: 'hook', events, ...body } }))
        .webhook,
    async close() {
      await mlflow.close();
      await house.close();
    },
  };
}

describe('webhooks over the wire', () => {
  it('are made, read, listed, changed and removed, and never show their secret', async () => {
    const { create, call, refused, close } = await open();
    const made = await create({
      url: 'https://93.184.216.34/hook',
      secret: 's3cret',
      description: 'what for',
    });
    const { webhook_id: id, creation_timestamp, last_updated_timestamp, ...rest } = made;
    assert.deepEqual(rest, {
      name: 'hook',
      url: 'https://93.184.216.34/hook',
      events,
      description: 'what for',
      status: 'ACTIVE',
    });
    assert.equal(last_updated_timestamp, creation_timestamp);
    assert.deepEqual(await call('GET', `${base}/${id}`), { webhook: made });
    const body = { name: '', status: 'DISABLED', events: [{ entity: 'PROMPT', action: 'CREATED' }] };
    const { webhook } = await call<{ webhook: Message }>('PATCH', `${base}/${id}`, { body });
    assert.deepEqual([webhook.name, webhook.status, webhook.events], ['hook', 'DISABLED', body.events]);
    await create({ url: 'https://93.184.216.34/second' });
    const first = await call<{ webhooks: Message[]; next_page_token: string }>(
      'GET',
      `${base}?max_results=1`,
    );
    const second = await call<{ webhooks: Message[] }>('GET', `${base}?page_token=${first.next_page_token}`);
    assert.deepEqual(second, { webhooks: [webhook] });
    await call('DELETE', `${base}/${id}`);
    for (const method of ['GET', 'PATCH', 'DELETE'] as const)
      assert.equal(await refused(method, `${base}/${id}`, { body: {} }), '404 RESOURCE_DOES_NOT_EXIST');
    assert.equal(
      await refused('GET', `${base}/${first.webhooks[0]?.webhook_id}`, { workspace: 'other' }),
      '404 RESOURCE_DOES_NOT_EXIST',
    );
    await close();
  });

  it('are refused with bad names, URLs, events and states', async () => {
    const { refused, create, send, close } = await open();
    const good = { name: 'hook', url: 'https://93.184.216.34/', events };
    const { webhook_id: id } = await create(good);
    for (const change of [
      { name: 'bad name!' },
      { name: 'a'.repeat(64) },
      { name: '-a' },
      { name: 1 },
      { url: '   ' },
      { url: 'ftp://93.184.216.34' },
      { url: 'not a url' },
      { url: 'http://[invalid' },
      { url: 'http://93.184.216.34/' },
      { url: 'https://169.254.169.254/' },
      { url: 'https://me:secret@93.184.216.34/' },
      { events: [{ entity: 'REGISTERED_MODEL', action: 'SET' }] },
      { events: [{ entity: 'NONE', action: 'CREATED' }] },
      { events: [{}] },
      { events: 'x' },
      { status: 'AWAY' },
      { secret: 1 },
      { description: 'x'.repeat(5_001) },
    ]) {
      const expected = '400 INVALID_PARAMETER_VALUE';
      assert.equal(
        await refused('POST', base, { body: { ...good, ...change } }),
        expected,
        JSON.stringify(change),
      );
      assert.equal(
        await refused('PATCH', `${base}/${id}`, { body: change }),
        expected,
        JSON.stringify(change),
      );
    }
    for (const left of ['name', 'url', 'events']) {
      const answer = await send('POST', base, { body: { ...good, [left]: undefined } });
      assert.match(answer.body, new RegExp(`Missing value for required parameter '${left}'`));
    }
    assert.equal(await refused('GET', `${base}?max_results=1001`), '400 INVALID_PARAMETER_VALUE');
    assert.equal(await refused('GET', `${base}?page_token=x`), '400 INVALID_PARAMETER_VALUE');
    await close();
  });

  it('are tested with an example', async () => {
    const { create, call, close } = await open();
    const receiver = await startReceiver((_received, count) => ({ status: count === 1 ? 200 : 401 }));
    const { webhook_id: id } = await create({ url: receiver.url });
    const event = { entity: 'MODEL_VERSION_TAG', action: 'SET' };
    const { result } = await call<{ result: object }>('POST', `${base}/${id}/test`, { body: { event } });
    assert.deepEqual(result, { success: true, response_status: 200, response_body: '2 bytes, not shown' });
    assert.deepEqual(JSON.parse(receiver.got[0]?.body ?? '').data, {
      name: 'example_model',
      version: '1',
      key: 'example_key',
      value: 'example_value',
    });
    const failed = await call<{ result: { success: boolean } }>('POST', `${base}/${id}/test`, { body: {} });
    assert.equal(failed.result.success, false);
    await receiver.close();
    await close();
  });

  it('are told what happens in the registry in the words of MLflow', async () => {
    const house = openWebhooks(await openTestDatabase());
    const { sql, webhooks } = house;
    const ids = createIdGenerator({ clock: systemClock, random: systemRandom });
    const bus = createEventBus({ database: sql, clock: systemClock, ids, logger: silentLogger });
    tellWebhooks({ sql, events: bus, webhooks });
    const receiver = await startReceiver();
    await webhooks.create(ana, {
      name: 'all',
      url: receiver.url,
      events: [
        'registered_model.created',
        'model_version.created',
        'model_version_tag.set',
        'model_version_alias.deleted',
        'prompt.created',
        'prompt_version.created',
        'prompt_tag.deleted',
        'prompt_alias.created',
      ],
      description: '',
      status: 'active',
      secret: undefined,
    });
    await bus.start();
    await house.jobs.start();
    await sql.transaction(async (tx) => {
      const model = { model: 'm', kind: 'model' as const };
      const prompt = { model: 'p', kind: 'prompt' as const };
      const promptTags = { 'mlflow.prompt.is_prompt': 'true', 'mlflow.prompt.text': 'hi {{x}}', own: 'tag' };
      await bus.emit(tx, ana, 'registry.model.created', { ...model, tags: { a: '1' }, description: 'd' });
      await bus.emit(tx, ana, 'registry.model.tag.set', { ...model, key: 'k', value: 'v' });
      const version = {
        modelVersionId: 'mv',
        version: 3,
        source: 's3://b',
        runId: 'run',
        tags: {},
        description: '',
      };
      await bus.emit(tx, ana, 'registry.version.created', { ...model, ...version });
      await bus.emit(tx, ana, 'registry.version.tag.set', { ...model, version: 3, key: 'k', value: 'v' });
      await bus.emit(tx, ana, 'registry.alias.deleted', { ...model, alias: 'champion' });
      await bus.emit(tx, ana, 'registry.model.created', { ...prompt, tags: promptTags, description: '' });
      await bus.emit(tx, ana, 'registry.version.created', { ...prompt, ...version, tags: promptTags });
      await bus.emit(tx, ana, 'registry.model.tag.deleted', { ...prompt, key: 'k' });
      await bus.emit(tx, ana, 'registry.alias.set', { ...prompt, alias: 'live', version: 3 });
    });
    await until(() => receiver.got.length >= 8);
    const told = Object.fromEntries(
      receiver.got.map(({ body }) => {
        const { entity, action, data } = JSON.parse(body);
        return [`${entity}.${action}`, data];
      }),
    );
    assert.deepEqual(told, {
      'registered_model.created': { name: 'm', tags: { a: '1' }, description: 'd' },
      'model_version.created': {
        name: 'm',
        version: '3',
        source: 's3://b',
        run_id: 'run',
        tags: {},
        description: null,
      },
      'model_version_tag.set': { name: 'm', version: '3', key: 'k', value: 'v' },
      'model_version_alias.deleted': { name: 'm', alias: 'champion' },
      'prompt.created': { name: 'p', tags: { own: 'tag' }, description: '' },
      'prompt_version.created': {
        name: 'p',
        version: '3',
        template: 'hi {{x}}',
        tags: { own: 'tag' },
        description: null,
      },
      'prompt_tag.deleted': { name: 'p', key: 'k' },
      'prompt_alias.created': { name: 'p', alias: 'live', version: '3' },
    });
    assert.equal(receiver.got.length, 8);
    await receiver.close();
    await bus.stop();
    await house.close();
  });
});
